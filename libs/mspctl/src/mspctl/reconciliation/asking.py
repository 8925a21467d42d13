"""Asks svc-workers for a reconciliation and waits for it."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from mspbyte_common.trace import new_traceparent
from mspctl.failure import Failure
from mspctl.reconciliation import store
from mspctl.store import Database

LOOK_SECONDS = 0.2
COLUMNS = (
    "client",
    "service",
    "state",
    "billed",
    "actual",
    "difference",
    "unit_price",
    "money_difference",
    "currency",
    "why",
)
"""Of a position, what a table and a CSV file show."""


def ask(database: Database, client_id: UUID | None, at: datetime | None, seconds: float) -> dict[str, Any]:
    """The reconciliation of a client, or of all, as of now or of a time. Failure when svc-workers does not deliver."""
    request_id = uuid4()
    with database.transaction() as connection:
        store.request(connection, database.msp, request_id, client_id, at, new_traceparent())
    deadline = time.monotonic() + seconds
    while True:
        with database.transaction() as connection:
            row = store.take(connection, request_id)
        if row is not None and row["state"] == "ready":
            result: dict[str, Any] = row["result"]
            return result
        if row is not None:
            raise Failure(row["error"])
        if time.monotonic() > deadline:
            message = f"svc-workers has not answered within {seconds:.0f} s: mspctl status says whether it runs."
            raise Failure(message)
        time.sleep(LOOK_SECONDS)


def dearest(positions: Iterable[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """The positions that differ, those with the most money in it first."""
    differing = [one for one in positions if one["difference"]]
    return sorted(differing, key=lambda one: (-abs(Decimal(one["money_difference"] or 0)), one["client"], one["id"]))[
        :most
    ]


def as_csv(positions: Iterable[Mapping[str, Any]]) -> str:
    """Positions as CSV with a header; what nobody knows is empty. Text a spreadsheet would compute is quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", *COLUMNS))
    for one in positions:
        writer.writerow([_plain(one[name]) for name in ("id", *COLUMNS)])
    return text.getvalue()


def _plain(value: object) -> object:
    """Amounts stay what they are; a name that begins as a formula does not run."""
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value
    number = value.replace(".", "", 1).removeprefix("-")
    return value if number.isdecimal() else f"'{value}"
