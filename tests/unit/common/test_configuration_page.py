"""The configuration reference says what the settings classes say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from mspbyte_common.settings import ServiceSettings

SCRIPT = Path(__file__).parents[3] / "docs" / "configuration.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("configuration", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_make_docs_writes(script: ModuleType) -> None:
    assert script.PAGE.read_text() == script.page(), "run `make docs`"


def test_every_setting_of_every_service_is_on_the_page_with_its_meaning(script: ModuleType) -> None:
    rows = [line.split(" | ") for line in script.page().splitlines() if line.startswith("| `MSPBYTE_")]
    meanings = {row[0].strip("| `"): row[-1].strip(" |") for row in rows}
    for settings in script._classes(ServiceSettings):
        for name in settings.model_fields:
            assert meanings[f"MSPBYTE_{name.upper()}"], name


def test_what_is_secret_is_told_only_by_file() -> None:
    for name, field in ServiceSettings.model_fields.items():
        if any(word in name for word in ("password", "secret", "kek")):
            assert name.endswith("_file"), name
            assert field.annotation == Path | None
