"""Writes docs/reports/*.png: each report of the demo's estate, as headless Chromium shows it.

Needs Chromium and a demo that is up (`mspctl demo --keep`). Fails where the one-pager of a client is not one page.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson
from PIL import Image

from mspctl.cli import invoke
from mspctl.demo.summary import clients_to_report
from mspctl.reports.ordered import FLEET, file_name
from svc_workers.reports.document import REPORTS

OUT = Path(__file__).parent / "reports"
SIZE = (1100, 1500)
COLOURS = 128
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
PAGES = re.compile(rb"/Type\s*/Page\b")


def main(fleet: Path) -> None:
    """Every report, on the client with the gravest findings and on all."""
    summary = orjson.loads((fleet / "summary.json").read_bytes())
    client = max(clients_to_report(summary), key=lambda row: int(row["grave"]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for report in REPORTS:
            for on, called, chosen in (("client", client["name"], ("--client", client["id"])), ("fleet", FLEET, ())):
                if invoke(["report", "make", report, *chosen, "--out", name, "--dir", str(fleet)]):
                    sys.exit(1)
                _shoot(folder / f"{file_name(called, report)}.html", OUT / f"{report}-{on}.png")
        one = _printed(folder / f"{file_name(client['name'], 'executive')}.html")
    if one != 1:
        sys.exit(f"the one-pager of {client['name']} has {one} pages")


def _shoot(page: Path, image: Path) -> None:
    width, height = SIZE
    _chromium(page, "--hide-scrollbars", f"--window-size={width},{height}", f"--screenshot={image}")
    with Image.open(image) as shot:
        shot.convert("RGB").quantize(COLOURS).save(image, optimize=True)


def _printed(page: Path) -> int:
    """How many sheets of A4 it takes."""
    printed = page.with_suffix(".pdf")
    _chromium(page, "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    return len(PAGES.findall(printed.read_bytes()))


def _chromium(page: Path, *arguments: str) -> None:
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", *arguments, page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - the browser, and pages of ours


if __name__ == "__main__":
    main(Path(os.environ.get("MSPBYTE_DIR", "var/demo")))
