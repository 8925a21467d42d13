"""Asks for a report, waits for it and writes its three forms."""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from uuid import UUID, uuid4

import orjson

from mspbyte_common.trace import new_traceparent
from mspctl.failure import Failure
from mspctl.reports import store
from mspctl.store import Database, Row

FLEET = "all clients"
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Order:
    """A report by its name, on a client or, with `client_id` of None, on all; `at` of None: as things are."""

    name: str
    client_id: UUID | None = None
    client: str = FLEET
    at: datetime | None = None

    @property
    def called(self) -> str:
        """What a person calls it."""
        return f"the report {self.name} on {self.client}"


def make_report(database: Database, order: Order, out: Path, seconds: float) -> list[Path]:
    """The paths of the three files it was written to. Failure when svc-workers does not deliver."""
    report_id = uuid4()
    with database.transaction() as connection:
        store.request(connection, database.msp, report_id, order.client_id, order.name, order.at, new_traceparent())
    return write(_ready(database, report_id, order, seconds), file_name(order.client, order.name), out)


def write(report: Row, name: str, out: Path) -> list[Path]:
    """Writes the forms a report has: `<out>/<name>.html`, `.json` and `.csv`."""
    out.mkdir(parents=True, exist_ok=True)
    forms = {
        "html": (report["html"] or "").encode(),
        "json": orjson.dumps(report["json"], option=orjson.OPT_INDENT_2) if report["json"] is not None else b"",
        "csv": (report["csv"] or "").encode(),
    }
    paths = []
    for suffix, content in forms.items():
        if content:
            path = out / f"{name}.{suffix}"
            path.write_bytes(content)
            paths.append(path)
    return paths


def file_name(*words: str) -> str:
    """Names as a file's: lower case, ASCII, hyphens; a name that has nothing of that is told by its hash."""
    return "-".join(_plain(word) or blake2b(word.encode(), digest_size=4).hexdigest() for word in words)


def _plain(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _ready(database: Database, report_id: UUID, order: Order, seconds: float) -> Row:
    deadline = time.monotonic() + seconds
    while True:
        with database.transaction() as connection:
            row = store.report(connection, report_id)
        if row is not None and row["state"] == "ready":
            return row
        if row is not None and row["state"] == "failed":
            message = f"{order.called} failed: {row['error']}"
            raise Failure(message)
        if time.monotonic() > deadline:
            message = f"{order.called} is not ready after {seconds:.0f} s: is svc-workers running? (mspctl status)"
            raise Failure(message)
        time.sleep(LOOK_SECONDS)
