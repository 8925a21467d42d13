"""`mspctl quarantine`: records that do not fit."""

from __future__ import annotations

from typing import Annotated

import typer

from mspctl.knowledge import store
from mspctl.ledger.store import replay_misfits
from mspctl.options import UP, Dir, Json, Msp, moment
from mspctl.output import console, emit_json, show_rows
from mspctl.store import open_database
from mspctl.target import find

app = typer.Typer(name="quarantine", help="Records that do not fit their kind.", no_args_is_help=True)


@app.callback()
def quarantine() -> None:
    """Records that do not fit their kind."""


@app.command("list")
def list_(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists quarantined records with the path at fault."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.misfits(connection)
    columns = ("vendor", "resource", "account", "external_id", "path", "value_class", "error", "entity_id")
    show_rows(rows, columns, as_json=as_json, none="Nothing in quarantine.")


@app.command()
def replay(
    *,
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's records.")] = None,
    resource: Annotated[str | None, typer.Option(help="Only records of this list.")] = None,
    path: Annotated[str | None, typer.Option(help="Only records with this path at fault.")] = None,
    since: Annotated[str | None, typer.Option(help="Only records there since this time: 2026-11-23T08:00Z.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Has quarantined records mapped again, after the mapper was mended."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        records = replay_misfits(connection, vendor, resource, path, moment(since) if since else None)
    if as_json:
        emit_json({"replayed": records})
    else:
        console.print(f"{records} record{'s' if records != 1 else ''} will be mapped again.")
