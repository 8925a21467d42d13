"""`mspctl dead`: work that failed past its attempts."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.ledger import store
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, show_rows
from mspctl.store import Connection, open_database
from mspctl.target import find

app = typer.Typer(name="dead", help="Work that failed past its attempts.", no_args_is_help=True)

Numbers = Annotated[list[int] | None, typer.Argument(help="Numbers of dead letters.")]
Stage = Annotated[str | None, typer.Option(help="Only this stage's.")]
ErrorClass = Annotated[str | None, typer.Option("--error-class", help="Only those with this error.")]


@app.command("list")
def list_(
    *,
    state: Annotated[str, typer.Option(help="open, replayed, discarded or all.")] = "open",
    stage: Stage = None,
    error_class: ErrorClass = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists dead letters, oldest first."""
    if state not in {"open", "replayed", "discarded", "all"}:
        message = f"there is no state {state!r}: take open, replayed, discarded or all."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.letters(connection, None if state == "all" else state, stage, error_class)
    for row in rows:
        row["entities"] = len(row["entity_ids"])
    columns = ("id", "stage", "kind", "entities", "error_class", "error", "state", "created_at")
    show_rows(rows, columns, as_json=as_json, none="No dead letters.")


@app.command()
def show(number: int, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Shows a dead letter: what was to be done, to which records, and what went wrong."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = store.letter(connection, number)
    if row is None:
        message = f"there is no dead letter {number}: mspctl dead list --state all."
        raise UsageError(message)
    if as_json:
        emit_json(row)
    else:
        console.print(facts({**row, "entity_ids": " ".join(str(entity) for entity in row["entity_ids"])}))


@app.command()
def replay(
    *,
    numbers: Numbers = None,
    every: Annotated[bool, typer.Option("--all", help="All open ones that --stage and --error-class leave.")] = False,
    stage: Stage = None,
    error_class: ErrorClass = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Has dead letters' work tried again."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = _chosen(connection, numbers or [], stage, error_class, every=every)
        work = store.replay(connection, chosen)
    if as_json:
        emit_json({"replayed": chosen, "work": work})
    else:
        console.print(f"{len(work)} dead letter{'s' if len(work) != 1 else ''} replayed.")


@app.command()
def discard(
    *,
    numbers: Numbers = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it need not be done. Required.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All open ones that --stage and --error-class leave.")] = False,
    stage: Stage = None,
    error_class: ErrorClass = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Closes dead letters without doing their work."""
    if not reason.strip():
        message = "discarding needs --reason TEXT: it is kept with the dead letter."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = _chosen(connection, numbers or [], stage, error_class, every=every)
        store.discard(connection, chosen, reason)
    if as_json:
        emit_json({"discarded": chosen, "reason": reason})
    else:
        console.print(f"{len(chosen)} dead letter{'s' if len(chosen) != 1 else ''} discarded.")


def _chosen(
    connection: Connection, numbers: list[int], stage: str | None, error_class: str | None, *, every: bool
) -> list[int]:
    if bool(numbers) == every:
        message = "name dead letters by number, or say --all: mspctl dead list."
        raise UsageError(message)
    open_ones = [row["id"] for row in store.letters(connection, "open", stage, error_class)]
    closed = [number for number in numbers if number not in open_ones]
    if closed:
        message = f"there is no open dead letter {closed[0]}: mspctl dead list."
        raise UsageError(message)
    return numbers or open_ones
