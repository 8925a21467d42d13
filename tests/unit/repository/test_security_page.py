"""The threat model names the tests that prove it, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text()


def test_every_control_names_tests_that_exist():
    section = PAGE.partition("## Boundaries")[2].partition("\n## ")[0]
    controls = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")][1:]
    assert len(controls) > 10
    for boundary, _, proof in controls:
        named = re.findall(r"`(tests/[^`]+)`", proof)
        assert named, boundary
        for file in named:
            assert "def test_" in (ROOT / file).read_text(), file


def test_every_link_of_the_security_pages_leads_somewhere():
    for page in (ROOT / "docs" / "security.md", ROOT / "SECURITY.md"):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), (page.name, target)
