"""`mspctl budget`: what is used of the vendors' limits."""

from __future__ import annotations

from typing import Annotated

import typer

from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import show_rows
from mspctl.schedule import store
from mspctl.store import open_database
from mspctl.target import find

app = typer.Typer(name="budget", help="What is used of the vendors' limits.", no_args_is_help=True)


@app.command("list")
def list_(
    *,
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists each limit's use in its window, the share of it in force, and what a vendor's refusal has paused.

    A row without a limit is what was refused: a connection, an account, or one list of a connection.
    """
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.budgets(connection, vendor)
    columns = (
        "vendor",
        "connection",
        "account",
        "resource",
        "limit",
        "used",
        "share",
        "refused",
        "paused_until",
        "reason",
    )
    show_rows(rows, columns, as_json=as_json, none="No vendor was asked for anything yet.")
