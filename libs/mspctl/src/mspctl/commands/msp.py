"""`mspctl msp`: who runs the system."""

from __future__ import annotations

import typer

from mspbyte_common.errors import UsageError
from mspctl.options import UP, Dir, Json
from mspctl.output import console, emit_json, show_rows
from mspctl.store import open_database
from mspctl.target import find
from mspctl.tenants import store

app = typer.Typer(name="msp", help="MSPs: who runs the system.", no_args_is_help=True)


@app.command()
def add(name: str, *, directory: Dir = UP, as_json: Json = False) -> None:
    """Adds an msp."""
    with open_database(find(directory), None, needs_msp=False) as database, database.transaction() as connection:
        row = store.add_msp(connection, name)
    if row is None:
        message = f"there is an msp {name!r} already: mspctl msp list."
        raise UsageError(message)
    if as_json:
        emit_json(row)
    else:
        console.print(f"Added msp {name}. Next: mspctl connection add VENDOR NAME")


@app.command("list")
def list_(*, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists msps."""
    with open_database(find(directory), None, needs_msp=False) as database, database.transaction() as connection:
        rows = store.msps(connection)
    show_rows(rows, ("name", "id", "created_at"), as_json=as_json, none="No msp yet: mspctl msp add NAME")
