"""Writes docs/fault-points.md from the registry and the places in the code: `make docs`."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import groupby
from pathlib import Path

from mspbyte_common.fault_points import POINTS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "fault-points.md"
CALL = re.compile(r'reach\("([^"]+)"\)')

HEAD = """# Fault points

Written by `make docs` from `mspbyte_common/fault_points.py` and the code; do not edit. At each of these places a test can make
the process that is there die as `kill -9` does. Whatever dies, what the fleet comes to is what it would have come to
undisturbed ([ADR 0026](adr/0026-fault-points-and-chaos.md)); `make chaos` arms every one of them once, then breaks whatever else
can break.

Nothing happens at a point unless `MSPBYTE_FAULT_POINTS` names it, which no deployment does. By hand:
`MSPBYTE_FAULT_POINTS=adapter.page.stored:3 MSPBYTE_FAULT_WITNESS=/tmp/witness` ends an adapter after its third page, once: the
file it leaves in the directory lets the process after it live.
"""


def places() -> dict[str, list[str]]:
    """Where each label is reached: files, relative to the repository."""
    found = defaultdict(list)
    for file in sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("svc-*/src/**/*.py")]):
        for label in CALL.findall(file.read_text()):
            found[label].append(str(file.relative_to(ROOT)))
    return dict(found)


def page() -> str:
    """The whole page."""
    found = places()
    parts = [HEAD]
    for owner, labels in groupby(POINTS, key=lambda label: label.partition(".")[0]):
        rows = [f"| `{label}` | `{found[label][0].partition('/src/')[2]}` | {POINTS[label]} |" for label in labels]
        parts.append(f"\n## {owner}\n\n| point | in | at that moment |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
