"""The page on the data model says what the declarations say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from mspbyte_common.models import KINDS

SCRIPT = Path(__file__).parents[3] / "docs" / "data_model.py"


@pytest.fixture(scope="module")
def data_model() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("data_model", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_make_docs_writes(data_model: ModuleType) -> None:
    assert data_model.PAGE.read_text() == data_model.page(), "run `make docs`"


def test_every_field_is_on_the_page_with_where_it_comes_from(data_model: ModuleType) -> None:
    sections = {part.partition("\n")[0]: part for part in data_model.page().split("\n## ")}
    for kind in KINDS.values():
        rows = [line for line in sections[kind.NAME].splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == list(kind.model_fields)
        assert all(row.split(" | ")[-1].strip(" |") for row in rows), [
            r for r in rows if not r.split(" | ")[-1].strip(" |")
        ]
