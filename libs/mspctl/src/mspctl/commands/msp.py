"""`mspctl msp`: who runs the system."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.options import UP, Dir, Json
from mspctl.output import console, emit_json, show_rows
from mspctl.removal.remove import remove as remove_rows
from mspctl.removal.store import msp_named
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
    show_rows(
        rows,
        ("name", "id", "weight", "created_at", "removed_at"),
        as_json=as_json,
        none="No msp yet: mspctl msp add NAME",
    )


@app.command()
def weight(
    name: str,
    share: Annotated[int, typer.Argument(min=1, max=100, help="1 unless set; 3 is three times the runs of 1.")],
    *,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Sets an msp's share of the runs that may be in hand at a time, beside the other msps."""
    with open_database(find(directory), None, needs_msp=False) as database, database.transaction() as connection:
        if not store.set_weight(connection, name, share):
            message = f"there is no msp {name!r}: mspctl msp list."
            raise UsageError(message)
    if as_json:
        emit_json({"name": name, "weight": share})
    else:
        console.print(f"{name} has weight {share}.")


@app.command()
def remove(
    name: str,
    *,
    yes_delete: Annotated[str, typer.Option("--yes-delete", metavar="NAME", help="The name once more.")] = "",
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Removes an msp with all its data, for good. Interrupted, it is simply run again."""
    with open_database(find(directory), None, needs_msp=False) as database:
        with database.transaction() as connection:
            row = msp_named(connection, name)
        if row is None:
            message = f"there is no msp {name!r}: mspctl msp list."
            raise UsageError(message)
        if yes_delete != row["name"]:
            message = f"this deletes all data of {name!r} for good: say so with --yes-delete {name!r}."
            raise UsageError(message)
        database.msp_id = row["id"]
        removed = remove_rows(database, (lambda _text: None) if as_json else console.print)
    if as_json:
        emit_json({"id": row["id"], "name": row["name"], "rows": removed.rows, "wrapped_by": removed.wrapped_by})
        return
    console.print(f"{row['name']} is removed: {removed.rows.total()} rows.")
    if removed.wrapped_by:
        console.print(
            "Backups made before still hold its data keys, wrapped. To close its credentials there as well: "
            "mspctl keys new, keys rotate, then keys drop the old key and destroy every copy of it."
        )
