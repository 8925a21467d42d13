"""Asks for a client's report, waits for it and writes its three forms."""

from __future__ import annotations

import re
import time
import unicodedata
from pathlib import Path
from uuid import UUID, uuid4

import orjson

from mspbyte_common.trace import new_traceparent
from mspctl.failure import Failure
from mspctl.knowledge import store
from mspctl.store import Database, Row

NAME = "client"
LOOK_SECONDS = 0.2


def make_report(database: Database, client_id: UUID, client: str, out: Path, seconds: float) -> list[Path]:
    """The paths of `<out>/<client>.html`, `.json` and `.csv`. Failure when svc-workers does not deliver."""
    report_id = uuid4()
    with database.transaction() as connection:
        store.request_report(connection, database.msp, report_id, client_id, NAME, new_traceparent())
    return write(_ready(database, report_id, client, seconds), client, out)


def write(report: Row, client: str, out: Path) -> list[Path]:
    """Writes the forms a report has."""
    out.mkdir(parents=True, exist_ok=True)
    forms = {
        "html": (report["html"] or "").encode(),
        "json": orjson.dumps(report["json"], option=orjson.OPT_INDENT_2) if report["json"] is not None else b"",
        "csv": (report["csv"] or "").encode(),
    }
    paths = []
    for suffix, content in forms.items():
        if content:
            path = out / f"{file_name(client)}.{suffix}"
            path.write_bytes(content)
            paths.append(path)
    return paths


def file_name(client: str) -> str:
    """A client's name as a file's: lower case, ASCII where that is possible, hyphens."""
    plain = unicodedata.normalize("NFKD", client).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "client"


def _ready(database: Database, report_id: UUID, client: str, seconds: float) -> Row:
    deadline = time.monotonic() + seconds
    while True:
        with database.transaction() as connection:
            row = store.report(connection, report_id)
        if row is not None and row["state"] == "ready":
            return row
        if row is not None and row["state"] == "failed":
            message = f"the report of {client} failed: {row['error']}"
            raise Failure(message)
        if time.monotonic() > deadline:
            message = (
                f"the report of {client} is not ready after {seconds:.0f} s: is svc-workers running? (mspctl status)"
            )
            raise Failure(message)
        time.sleep(LOOK_SECONDS)
