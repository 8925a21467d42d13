"""`mspctl workflow`: what is to follow from findings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.trace import new_traceparent
from mspbyte_common.workflows.declaration import declared, workflow
from mspctl.author import who
from mspctl.failure import Failure
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.store import Connection, Database, Row, open_database
from mspctl.target import find
from mspctl.workflows import store
from mspctl.workflows.file import placed, read

app = typer.Typer(name="workflow", help="What is to follow from findings.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A workflow in YAML.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A workflow's name.")]
Author = Annotated[str | None, typer.Option(help="Who says so; the user of this computer when not given.")]
LOOK = "mspctl workflow list"
LOOK_SECONDS = 0.2


@app.command()
def check(file: File, *, as_json: Json = False) -> None:
    """Says whether a file is a workflow, and what is wrong with it. It asks no fleet."""
    found = read(file)
    if as_json:
        emit_json(declared(found))
    else:
        console.print(f"{file} is a workflow: {found.workflow}, {len(found.do)} actions.")


@app.command()
def apply(
    file: File,
    *,
    existing: Annotated[bool, typer.Option("--existing", help="For findings that stand already, too.")] = False,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Puts a workflow into force, in place of one of the same name. Nothing follows while its kinds are switched off."""
    found, asked = read(file), 0
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        scope, target = placed(connection, found)
        store.put(connection, database.msp, found.workflow, scope, target, declared(found), who(author))
        if existing:
            asked = store.take_up_standing(connection, new_traceparent())
    if as_json:
        emit_json({"workflow": found.workflow, "scope": scope, "looked_at_again": asked})
    else:
        console.print(f"{found.workflow} is in force. {asked} findings are looked at again in a moment.")


@app.command("list")
def list_(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists the workflows in force."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.workflows(connection)
    columns = ("name", "scope", "target", "actions", "proposed", "failed", "author", "applied_at")
    show_rows(rows, columns, as_json=as_json, none="No workflow: mspctl workflow apply FILE.")


@app.command()
def show(name: Name, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Shows a workflow as it is in force."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _named(connection, name)
    if as_json:
        emit_json(row)
    else:
        console.print(facts(row))


@app.command()
def remove(name: Name, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Takes a workflow back. What it has done stays, and is followed no more."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        _named(connection, name)
        store.remove(connection, name)
    if as_json:
        emit_json({"removed": name})
    else:
        console.print(f"{name} is no longer in force.")


@app.command("try")
def try_(
    what: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A workflow in YAML, or one in force.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run/--summary", help="The exact requests, or what they are.")] = True,
    seconds: Annotated[float, typer.Option(help="How long to wait for the answer.")] = 120.0,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows what would follow from the findings of now, were everything switched on. Nothing is written or sent."""
    with open_database(find(directory), msp) as database:
        trial = uuid4()
        with database.transaction() as connection:
            if Path(what).is_file():
                found = read(Path(what))
                scope, target = placed(connection, found)
            else:
                row = _named(connection, what)
                found, scope, target = workflow(row["declaration"]), row["scope"], row["target_id"]
            store.request_trial(
                connection, database.msp, trial, found.workflow, scope, target, declared(found), new_traceparent()
            )
        answer = _answer(database, trial, seconds)
    if answer["state"] == "failed":
        raise Failure(answer["error"])
    result = answer["result"]
    if as_json:
        emit_json(result)
        return
    console.print(f"{len(result['actions'])} actions would follow from {result['findings']} findings.")
    if dry_run:
        for action in result["actions"]:
            console.print()
            console.print(facts(action))
    elif result["actions"]:
        console.print(table(result["actions"], ("kind", "summary", "due_at", "error")))


def _named(connection: Connection, name: str) -> Row:
    row = store.workflow_named(connection, name)
    if row is None:
        message = f"there is no workflow {name!r}: {LOOK}."
        raise UsageError(message)
    return row


def _answer(database: Database, trial: UUID, seconds: float) -> Row:
    deadline = time.monotonic() + seconds
    while True:
        with database.transaction() as connection:
            row = store.take_trial(connection, trial)
        if row is not None:
            return row
        if time.monotonic() > deadline:
            message = f"svc-workers has not answered within {seconds:.0f} s: mspctl status says whether it runs."
            raise Failure(message)
        time.sleep(LOOK_SECONDS)
