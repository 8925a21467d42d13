"""`mspctl quarantine`: records that do not fit."""

from __future__ import annotations

import typer

from mspctl.knowledge import store
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import show_rows
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
