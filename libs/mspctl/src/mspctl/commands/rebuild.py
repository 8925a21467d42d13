"""`mspctl rebuild`: everything derived, derived anew from what the vendors sent."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.choose import choose
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, show_rows
from mspctl.rebuilds import store
from mspctl.store import open_database
from mspctl.target import find

app = typer.Typer(name="rebuild", help="Derives everything anew from the raw records, in the background.")

STAGES = {"raw": "process", "normalized": "resolve", "keys": "link", "relationships": "evaluate"}
"""What a rebuild may start from, and the stage that reads it."""


@app.callback(invoke_without_command=True)
def rebuild(
    context: typer.Context,
    *,
    start: Annotated[str | None, typer.Option("--from", help=f"What to derive from: {', '.join(STAGES)}.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's records.")] = None,
    resource: Annotated[str | None, typer.Option(help="Only records of this list.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Derives an msp's data anew: normalized data, keys, issues, relationships and findings, into the same ids.

    Nothing is taken away meanwhile; what comes out the same is not written. What a person decided stays.
    """
    if context.invoked_subcommand is not None:
        return
    if start not in STAGES:
        message = f"say what to derive from: mspctl rebuild --from raw (or {', '.join(list(STAGES)[1:])})."
        raise UsageError(message)
    stages = list(STAGES.values())
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = store.ask(
            connection, database.msp, f"asked, from {start}", stages[stages.index(STAGES[start]) :], vendor, resource
        )
    if as_json:
        emit_json(row)
    else:
        console.print("The rebuild begins within a second: mspctl rebuild status.")


@app.command()
def status(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists rebuilds, the latest first: asked for, or brought by a new version of a mapper or of rules."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.rebuilds(connection)
    columns = ("reason", "state", "stage", "records", "of", "waiting", "dead", "created_at", "finished_at", "id")
    show_rows(rows, columns, as_json=as_json, none="No rebuild yet: mspctl rebuild --from raw.")


@app.command()
def cancel(
    rebuild_id: Annotated[str, typer.Argument(metavar="ID", help="The rebuild's id or its beginning.")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Stops handing out a rebuild's work; what was handed out is still done, and does no harm."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = choose("rebuild", rebuild_id, store.rebuilds(connection), look="mspctl rebuild status")
        cancelled = store.cancel(connection, row["id"])
    if as_json:
        emit_json({"id": row["id"], "cancelled": cancelled})
    else:
        console.print("Cancelled." if cancelled else f"It was {row['state']} already.")
