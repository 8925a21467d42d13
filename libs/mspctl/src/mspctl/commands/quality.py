"""`mspctl quality`: what is wrong with the data itself, counted."""

from __future__ import annotations

from typing import Annotated

import typer

from mspctl.choose import choose
from mspctl.knowledge import store
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import show_rows
from mspctl.store import open_database
from mspctl.target import find
from mspctl.tenants.store import clients

app = typer.Typer(name="quality", help="What is wrong with the data itself.", no_args_is_help=True)


@app.callback()
def quality() -> None:
    """What is wrong with the data itself."""


@app.command("list")
def list_(
    *,
    client: Annotated[str | None, typer.Option(help="A client's id, company id or name.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Counts, per client and rule, what could not be repaired and what did not fit, the most frequent first."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = client and choose(
            "client", client, clients(connection), "company_id", "name", look="mspctl account clients"
        )
        rows = store.data_quality(connection, chosen["id"] if chosen else None)
    columns = ("client", "vendor", "resource", "state", "rule", "field", "records", "since", "example")
    show_rows(rows, columns, as_json=as_json, none="Nothing is wrong with the data.")
