"""docs/reports.md is what the declarations give, and each report has its pictures."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[3] / "docs"
MOST_BYTES = 250_000


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_reports", DOCS / "reports.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current():
    assert (DOCS / "reports.md").read_text() == _writer().page(), "make docs"


def test_each_report_has_its_pictures_and_they_are_small():
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (DOCS / "reports.md").read_text())

    assert len(pictures) == 10
    assert [picture for picture in pictures if (DOCS / picture).stat().st_size > MOST_BYTES] == []
