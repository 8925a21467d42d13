"""`mspctl finding`: what checks have to say, and a person's word on it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.findings import Action, decided
from mspbyte_common.trace import new_traceparent
from mspctl.author import who
from mspctl.choose import choose, id_range, only
from mspctl.findings import store as life
from mspctl.findings.explain import explain
from mspctl.knowledge import store
from mspctl.options import UP, Dir, Json, Msp, moment
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.store import Connection, open_database
from mspctl.target import find
from mspctl.tenants.store import clients

app = typer.Typer(name="finding", help="What checks have to say.", no_args_is_help=True)

Finding = Annotated[str, typer.Argument(help="The finding's id or its beginning.")]
Reason = Annotated[str, typer.Option(help="Why, for whoever looks later.")]
OptionalReason = Annotated[str | None, typer.Option("--reason", help="Why, for whoever looks later.")]
Author = Annotated[str | None, typer.Option(help="Who says so; the user of this computer when not given.")]
LOOK = "mspctl finding list"
STATES = ("open", "acknowledged", "suppressed", "resolved", "regressed")


@app.command("list")
def list_(
    *,
    client: Annotated[str | None, typer.Option(help="A client's id, company id or name.")] = None,
    check: Annotated[str | None, typer.Option(help="Only this check's.")] = None,
    severity: Annotated[str | None, typer.Option(help="critical, high, medium, low or info.")] = None,
    state: Annotated[str | None, typer.Option(help=f"{', '.join(STATES)}; open and regressed when not given.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, gravest first.")] = 200,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists findings, the gravest first."""
    if state is not None and state not in STATES:
        message = f"there is no state {state!r}: take {', '.join(STATES)}."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = (
            choose("client", client, clients(connection), "company_id", "name", look="mspctl account clients")["id"]
            if client
            else None
        )
        rows = store.findings(
            connection,
            states=(state,) if state else ("open", "regressed"),
            check=check,
            severity=severity,
            client_id=chosen,
            limit=limit,
        )
    columns = ("severity", "check", "client", "title", "state", "opened_at", "id")
    show_rows(rows, columns, as_json=as_json, none="No such finding.")


@app.command()
def show(
    finding: Finding,
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows a finding: its evidence, why it stands, why it has not closed, and its history."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _one(connection, finding)
        events = store.finding_events(connection, row["id"])
        facts_known = life.why(connection, row["id"]) or {}
        inputs, settings = life.inputs(connection, row["id"]), life.related(connection, row["id"])
    because = explain(facts_known)
    if as_json:
        known = {name: facts_known[name] for name in ("why", "waits_for", "due_at", "params")}
        emit_json({**row, **known, "because": because, "inputs": inputs, "settings": settings, "events": events})
        return
    console.print(facts({**row, "remedy": facts_known["remedy"]}))
    console.print()
    for sentence in because:
        console.print(sentence)
    for title, rows, columns in (
        ("Read until", inputs, ("listing", "account", "current_at", "unavailable")),
        ("Parameters set", settings, ("param", "value", "scope", "author", "set_at")),
        ("History", events, ("at", "state", "severity", "author", "reason", "evidence")),
    ):
        if rows:
            console.print()
            console.print(table(rows, columns, title))


@app.command()
def ack(
    finding: Finding,
    *,
    reason: OptionalReason = None,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Says that somebody has seen it. It stays until the check is content."""
    _decide("ack", finding, None, reason, author, msp, directory, as_json=as_json)


@app.command()
def suppress(
    finding: Finding,
    *,
    until: Annotated[str, typer.Option(help="Until when: a date or a time, UTC.")],
    reason: Reason,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Puts it away until a moment; then it is open again, unless the check is content before."""
    ends = moment(until)
    if ends <= datetime.now(UTC):
        message = f"{until} is over: give a moment to come."
        raise UsageError(message)
    _decide("suppress", finding, ends, reason, author, msp, directory, as_json=as_json)


@app.command()
def resolve(
    finding: Finding,
    *,
    reason: Reason,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Closes it. It comes back as regressed when the check says anything new, or was content in between."""
    _decide("resolve", finding, None, reason, author, msp, directory, as_json=as_json)


@app.command()
def reopen(
    finding: Finding,
    *,
    reason: OptionalReason = None,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Takes back an acknowledgement, a suppression, or a closing by a person."""
    _decide("reopen", finding, None, reason, author, msp, directory, as_json=as_json)


@app.command()
def comment(
    finding: Finding,
    text: Annotated[str, typer.Argument(help="What is to be said.")],
    *,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Says something about it, for whoever looks later."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _one(connection, finding)
        life.write_event(connection, row["id"], who(author), text)
    _said(row["id"], row["state"], as_json=as_json)


def _one(connection: Connection, text: str) -> dict[str, Any]:
    first, last = id_range("finding", text, look=LOOK)
    return dict(only("finding", text, store.findings_between(connection, first, last), "check", "title", look=LOOK))


def _decide(
    action: Action,
    finding: str,
    until: datetime | None,
    reason: str | None,
    author: str | None,
    msp: str | None,
    directory: Path,
    *,
    as_json: bool,
) -> None:
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = life.lock(connection, _one(connection, finding)["id"])
        if row is None:
            message = f"there is no finding {finding!r} any more: {LOOK}."
            raise UsageError(message)
        state = decided(action, row["state"], by_person=row["resolved_by"] is not None)
        life.write_state(connection, row["id"], state, until, who(author))
        life.write_event(connection, row["id"], who(author), reason)
        life.look_again(connection, row["subject_id"], new_traceparent())
        life.tell_workflows(connection, row["id"], new_traceparent())
    _said(row["id"], state, as_json=as_json)


def _said(finding: object, state: str, *, as_json: bool) -> None:
    if as_json:
        emit_json({"id": finding, "state": state})
    else:
        console.print(f"The finding is {state}.")
