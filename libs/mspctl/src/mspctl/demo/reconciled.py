"""Billed against actual in the summary of a sync."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mspctl.failure import Failure
from mspctl.reconciliation.asking import COLUMNS, ask, dearest
from mspctl.store import Database

DEAREST = 8
"""Positions that are shown: those with the most money in them."""


def add_reconciliation(database: Database, summary: dict[str, Any], seconds: float) -> None:
    """Puts into the summary what all clients are billed beside what they use. Without an answer it is not ok."""
    try:
        made = ask(database, None, None, seconds)
    except Failure as error:
        summary["ok"] = False
        summary["report_errors"].append(str(error))
        return
    summary["reconciliation"] = {
        "states": Counter(position["state"] for position in made["positions"]),
        "totals": made["totals"],
        "dearest": [{name: one[name] for name in COLUMNS} for one in dearest(made["positions"], DEAREST)],
    }
