"""`mspctl operate`: plays the demo's person at a fleet that somebody else started."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated
from uuid import UUID

import orjson
import typer

from mspbyte_common import ids
from mspctl.demo.operator import MSP, Mapping, connect_vendors
from mspctl.demo.reconciled import add_reconciliation
from mspctl.demo.summary import draw, summarize
from mspctl.demo.watch import until_over
from mspctl.failure import Failure
from mspctl.options import Json
from mspctl.output import console, emit_json
from mspctl.store import Database
from mspctl.target import find
from mspctl.tenants import store

LOOK_SECONDS = 2.0
ANSWER_SECONDS = 120.0


def operate(
    addresses: Annotated[
        Path, typer.Option("--addresses", help="Where the simulators listen, as vendor-sim wrote it.")
    ],
    truth: Annotated[Path, typer.Option("--truth", help="Whose each account is, as vendor-sim wrote it.")],
    *,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long the sync may take.")] = 1_800.0,
    as_json: Json = False,
) -> None:
    """Connects simulated vendors, maps their accounts as they turn up, and sums up when everything was synced.

    Reads MSPBYTE_DATABASE_URL, MSPBYTE_DATABASE_PASSWORD_FILE and MSPBYTE_KEK_FILE. Safe to repeat.
    """
    database = Database(find(Path()))
    mapping = Mapping(orjson.loads(truth.read_bytes()))
    try:
        database.msp_id = _msp_when_the_schema_stands(database, seconds)
        started = time.monotonic()
        connect_vendors(database, addresses)
        over = asyncio.run(until_over(database, mapping, lambda _: None, seconds))
        summary = summarize(database, truth, over - started)
        add_reconciliation(database, summary, ANSWER_SECONDS)
    finally:
        database.close()
    if as_json:
        emit_json(summary)
    else:
        console.print(draw(summary))
    if not summary["ok"]:
        message = "something failed: mspctl dead list, mspctl run list --state failed, mspctl quarantine list."
        raise Failure(message)


def _msp_when_the_schema_stands(database: Database, seconds: float) -> UUID:
    """The demo's msp, made when it is not there. Waits for the bootstrap; Failure with the reason when it waits in vain."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with database.transaction() as connection:
                store.add_msp(connection, MSP)
        except Failure:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return ids.derive("msp", MSP)
