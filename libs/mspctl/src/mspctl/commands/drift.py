"""`mspctl drift`: where vendors' records left the shape they were known by."""

from __future__ import annotations

from typing import Annotated

import typer

from mspctl.drift import store
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, show_rows
from mspctl.store import open_database
from mspctl.target import find

app = typer.Typer(name="drift", help="Where vendors' records changed their shape.", no_args_is_help=True)

Vendor = Annotated[str | None, typer.Option(help="Only this vendor's.")]
Resource = Annotated[str | None, typer.Option(help="Only of this list.")]


@app.command("list")
def list_(
    *, vendor: Vendor = None, resource: Resource = None, msp: Msp = None, directory: Dir = UP, as_json: Json = False
) -> None:
    """Lists new fields, missing fields, changed types and new words of enumerations, the latest first."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.drifts(connection, vendor, resource)
    columns = ("vendor", "resource", "path", "kind", "example", "records", "first_seen_at", "last_seen_at")
    show_rows(rows, columns, as_json=as_json, none="Every list looks as it did in its first day.")


@app.command()
def accept(
    *, vendor: Vendor = None, resource: Resource = None, msp: Msp = None, directory: Dir = UP, as_json: Json = False
) -> None:
    """Takes the lists' shape as it is now for the known one: it is learned anew for a day."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        accepted = store.accept(connection, vendor, resource)
    if as_json:
        emit_json({"accepted": accepted})
    else:
        console.print(f"{accepted} departure{'s' if accepted != 1 else ''} accepted; the shape is learned for a day.")
