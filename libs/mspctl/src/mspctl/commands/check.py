"""`mspctl check`: which checks there are, what is set for them, and what they would say."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.trace import new_traceparent
from mspctl.author import who
from mspctl.checks import store
from mspctl.checks.scope import check_named, scope_of, values
from mspctl.failure import Failure
from mspctl.options import UP, Dir, Json, Msp, moment
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.store import Database, Row, open_database
from mspctl.target import find

app = typer.Typer(name="check", help="The checks: their parameters, exceptions and dry runs.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="CHECK", help="A check's name.")]
Client = Annotated[str | None, typer.Option(help="Only for this client: its id, company id or name.")]
Group = Annotated[str | None, typer.Option(help="Only for the clients of this group.")]
Entity = Annotated[str | None, typer.Option(help="Only for this record: its id or the beginning of it.")]
Author = Annotated[str | None, typer.Option(help="Who says so; the user of this computer when not given.")]
Params = Annotated[list[str] | None, typer.Option("--param", help="PARAM=VALUE; may be given more than once.")]
SET = ("param", "value", "scope", "target", "author", "set_at")
EXCEPTED = ("id", "check", "scope", "target", "expires_at", "author", "reason")
LOOK_SECONDS = 0.2


@app.command("list")
def list_(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists the checks, with how many of their findings stand."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.checks(connection)
    columns = ("check", "kind", "severity", "standing", "settings", "exceptions", "title")
    show_rows(rows, columns, as_json=as_json, none="No check: svc-workers has not started yet.")


@app.command()
def show(check: Name, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Shows a check: why it matters, what to do, its parameters as shipped and as set, and who is excepted."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = check_named(connection, check)
        settings, excepted = store.settings(connection, check), store.exceptions(connection, check)
    if as_json:
        emit_json({**row, "settings": settings, "exceptions": excepted})
        return
    console.print(facts(row))
    for title, rows, columns in (("Set", settings, SET), ("Excepted", excepted, EXCEPTED)):
        if rows:
            console.print()
            console.print(table(rows, columns, title))


@app.command("set")
def set_(
    check: Name,
    *,
    param: Params = None,
    client: Client = None,
    group: Group = None,
    entity: Entity = None,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Sets parameters for everybody, a group, a client or a record; the narrowest counts."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        said = values(check_named(connection, check)["params"], param or [])
        if not said:
            message = f"nothing to set: give --param PARAM=VALUE (mspctl check show {check})."
            raise UsageError(message)
        scope, target = scope_of(connection, client, group, entity)
        for name, value in said.items():
            store.put_setting(connection, database.msp, check, name, value, scope, target, who(author))
        asked = store.ask_again(connection, check, scope, target, new_traceparent())
    _asked("set", said, asked, as_json=as_json)


@app.command()
def unset(
    check: Name,
    param: Annotated[str, typer.Argument(help="The parameter.")],
    *,
    client: Client = None,
    group: Group = None,
    entity: Entity = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Takes back what was set for exactly that scope."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        check_named(connection, check)
        scope, target = scope_of(connection, client, group, entity)
        if not store.drop_setting(connection, check, param, scope, target):
            message = f"{param} is not set for that scope: mspctl check show {check}."
            raise UsageError(message)
        asked = store.ask_again(connection, check, scope, target, new_traceparent())
    _asked("unset", {param: None}, asked, as_json=as_json)


@app.command("except")
def except_(
    check: Name,
    *,
    until: Annotated[str, typer.Option(help="Until when: a date or a time, UTC.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever looks later.")],
    client: Client = None,
    group: Group = None,
    entity: Entity = None,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Excepts a record, a client, a group or everybody from a check until a moment; the check looks again then."""
    ends = moment(until)
    if ends <= datetime.now(UTC):
        message = f"{until} is over: give a moment to come."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        check_named(connection, check)
        scope, target = scope_of(connection, client, group, entity)
        store.except_(connection, database.msp, check, scope, target, ends, who(author), reason)
        asked = store.ask_again(connection, check, scope, target, new_traceparent())
    _asked("excepted", {"until": ends.isoformat()}, asked, as_json=as_json)


@app.command()
def exceptions(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists the exceptions that hold, the first to end first."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.exceptions(connection)
    show_rows(rows, EXCEPTED, as_json=as_json, none="Nothing is excepted.")


@app.command()
def unexcept(
    number: Annotated[int, typer.Argument(help="The exception's id (mspctl check exceptions).")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Ends an exception before its time."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        ended = store.end_exception(connection, number)
        if ended is None:
            message = f"there is no exception {number} that holds: mspctl check exceptions."
            raise UsageError(message)
        asked = store.ask_again(connection, ended["check"], ended["scope"], ended["target_id"], new_traceparent())
    _asked("ended", {"exception": number}, asked, as_json=as_json)


@app.command()
def run(
    check: Name,
    *,
    client: Client = None,
    group: Group = None,
    entity: Entity = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Has a check look at all its subjects again: after a new release, at what has not changed since."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        check_named(connection, check)
        scope, target = scope_of(connection, client, group, entity)
        asked = store.ask_again(connection, check, scope, target, new_traceparent())
    _asked("asked", {}, asked, as_json=as_json)


@app.command("try")
def try_(
    check: Name,
    *,
    param: Params = None,
    client: Client = None,
    seconds: Annotated[float, typer.Option(help="How long to wait for the answer.")] = 120.0,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows which findings a check would open and close with other parameters. Nothing is written."""
    with open_database(find(directory), msp) as database:
        trial = uuid4()
        with database.transaction() as connection:
            said = values(check_named(connection, check)["params"], param or [])
            _, target = scope_of(connection, client, None, None)
            store.request_trial(connection, database.msp, trial, check, said, target, new_traceparent())
        answer = _answer(database, trial, seconds)
    if answer["state"] == "failed":
        raise Failure(answer["error"])
    result = answer["result"]
    if as_json:
        emit_json(result)
        return
    console.print(facts({name: count for name, count in result.items() if isinstance(count, int)}))
    for title, rows in (("Would open", result["opens"]), ("Would close", result["closes"])):
        if rows:
            console.print()
            console.print(table(rows, ("severity", "title", "subject_id"), title))


def _answer(database: Database, trial: object, seconds: float) -> Row:
    deadline = time.monotonic() + seconds
    while True:
        with database.transaction() as connection:
            row = store.take_trial(connection, trial)  # type: ignore[arg-type]
        if row is not None:
            return row
        if time.monotonic() > deadline:
            message = f"svc-workers has not answered within {seconds:.0f} s: mspctl status says whether it runs."
            raise Failure(message)
        time.sleep(LOOK_SECONDS)


def _asked(done: str, what: dict[str, object], asked: int, *, as_json: bool) -> None:
    if as_json:
        emit_json({"done": done, **what, "looked_at_again": asked})
        return
    said = ", ".join(f"{name} = {value}" for name, value in what.items() if value is not None)
    console.print(
        f"{done.capitalize()}{': ' + said if said else ''}. {asked} subjects are looked at again in a moment."
    )
