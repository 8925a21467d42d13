"""`mspctl run`: executions of jobs."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.choose import id_range, only
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.schedule import store
from mspctl.store import open_database
from mspctl.target import find

app = typer.Typer(name="run", help="Executions of jobs.", no_args_is_help=True)

LOOK = "mspctl run list"
STATES = ("waiting", "queued", "running", "succeeded", "failed", "parked", "unavailable", "skipped", "missed")


@app.command("list")
def list_(
    *,
    state: Annotated[str | None, typer.Option(help=", ".join(STATES))] = None,
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists the newest runs."""
    if state is not None and state not in STATES:
        message = f"there is no state {state!r}: take {', '.join(STATES)}."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.runs(connection, state, vendor, limit)
    columns = (
        "id",
        "vendor",
        "account",
        "resource",
        "state",
        "records",
        "changed",
        "deleted",
        "error_class",
        "finished_at",
    )
    show_rows(rows, columns, as_json=as_json, none="No such run.")


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="The run's id or its beginning.")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows a run: how it ended and why, what to do, and its pages."""
    first, last = id_range("run", run, look=LOOK)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = dict(only("run", run, store.runs_between(connection, first, last), "vendor", "resource", look=LOOK))
        pages = store.pages(connection, row["id"])
    if as_json:
        emit_json({**row, "page_list": pages})
        return
    console.print(facts(row))
    if pages:
        console.print()
        console.print(table(pages, ("number", "records", "changed", "stored_at"), "Pages"))
