"""The page on the checks says what the declarations say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from svc_workers.shipped import CHECKS

SCRIPT = Path(__file__).parents[3] / "docs" / "checks.py"


def test_the_page_is_what_make_docs_writes_and_has_every_check() -> None:
    spec = importlib.util.spec_from_file_location("checks_page", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = module.page()

    assert module.PAGE.read_text() == page, "run `make docs`"
    assert {line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")} == set(CHECKS)
