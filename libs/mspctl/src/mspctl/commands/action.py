"""`mspctl action`: what is done outside, whether it may be, and what became of it."""

from __future__ import annotations

from typing import Annotated, get_args
from uuid import UUID

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.workflows.declaration import MODES, Kind
from mspctl.actions import store
from mspctl.author import who
from mspctl.choose import choose, id_range, only
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.store import Connection, Row, open_database
from mspctl.target import find
from mspctl.tenants.store import clients

app = typer.Typer(name="action", help="What is done outside: tickets, webhooks, mails.", no_args_is_help=True)

KINDS = ("all", *get_args(Kind))
STATES = ("proposed", "queued", "doing", "done", "failed", "rejected", "cancelled")
LOOK = "mspctl action list"

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Actions: their ids or beginnings of them.")]
Every = Annotated[bool, typer.Option("--all", help="All that --kind and --workflow leave.")]
OfKind = Annotated[str | None, typer.Option("--kind", help="Only of this kind.")]
OfWorkflow = Annotated[str | None, typer.Option("--workflow", help="Only of this workflow.")]
Author = Annotated[str | None, typer.Option(help="Who says so; the user of this computer when not given.")]


@app.command()
def mode(
    kind: Annotated[str | None, typer.Argument(help="all, ticket, webhook or mail.")] = None,
    to: Annotated[str | None, typer.Argument(metavar="MODE", help="off, approve or automatic.")] = None,
    *,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows the switches, or turns one. The stricter of `all` and the kind counts; all are off at first."""
    if kind is not None and (kind not in KINDS or to not in MODES):
        message = f"write mspctl action mode KIND MODE, with one of {', '.join(KINDS)} and one of {', '.join(MODES)}."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        if kind is not None and to is not None:
            store.set_mode(connection, database.msp, kind, to, who(author))
        rows = store.modes(connection)
    show_rows(rows, ("kind", "mode", "author", "set_at"), as_json=as_json, none="")


@app.command("list")
def list_(
    *,
    state: Annotated[str | None, typer.Option(help=f"{', '.join(STATES)}; all when not given.")] = None,
    kind: OfKind = None,
    workflow: OfWorkflow = None,
    client: Annotated[str | None, typer.Option(help="Only for this client: its id, company id or name.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the latest first.")] = 200,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists actions, the latest first."""
    if state is not None and state not in STATES:
        message = f"there is no state {state!r}: take {', '.join(STATES)}."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        look = "mspctl account clients"
        chosen = (
            choose("client", client, clients(connection), "company_id", "name", look=look)["id"] if client else None
        )
        rows = store.actions(connection, state=state, kind=kind, workflow=workflow, client_id=chosen, limit=limit)
    columns = ("id", "workflow", "kind", "state", "client", "summary", "external_id", "due_at", "error_class")
    show_rows(rows, columns, as_json=as_json, none="No such action.")


@app.command()
def show(
    action: Annotated[str, typer.Argument(metavar="ID", help="The action's id or its beginning.")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows an action: its exact request, what became of it, and each step."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _one(connection, action)
        steps = store.steps(connection, row["id"])
    if as_json:
        emit_json({**row, "steps": steps})
        return
    console.print(facts(row))
    console.print()
    console.print(table(steps, ("at", "step", "author", "detail"), "Steps"))


@app.command()
def approve(
    ids: Ids = None,
    *,
    every: Every = False,
    kind: OfKind = None,
    workflow: OfWorkflow = None,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lets proposed actions go. A ticket's notes and its closing follow by themselves."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = _chosen(connection, ids, "proposed", kind, workflow, every=every)
        done = store.approve(connection, chosen, who(author))
    _said("approved", "proposed", chosen, done, as_json=as_json)


@app.command()
def reject(
    ids: Ids = None,
    *,
    reason: Annotated[str, typer.Option(help="Why, for whoever looks later.")],
    every: Every = False,
    kind: OfKind = None,
    workflow: OfWorkflow = None,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Says that proposed or failed actions are not to be done. A finding that clears and returns may propose anew."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = _chosen(connection, ids, "proposed", kind, workflow, every=every)
        done = store.reject(connection, chosen, who(author), reason)
    _said("rejected", "proposed or failed", chosen, done, as_json=as_json)


@app.command()
def retry(
    ids: Ids = None,
    *,
    every: Every = False,
    kind: OfKind = None,
    workflow: OfWorkflow = None,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Has failed actions tried again. What an earlier attempt may have done is looked for first."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = _chosen(connection, ids, "failed", kind, workflow, every=every)
        done = store.retry(connection, chosen, who(author))
    _said("asked again", "failed, or because their findings have cleared", chosen, done, as_json=as_json)


def _one(connection: Connection, text: str) -> Row:
    first, last = id_range("action", text, look=LOOK)
    return dict(only("action", text, store.actions_between(connection, first, last), "kind", "summary", look=LOOK))


def _chosen(
    connection: Connection, ids: list[str] | None, state: str, kind: str | None, workflow: str | None, *, every: bool
) -> list[UUID]:
    if bool(ids) is every:
        message = f"name actions, or give --all: {LOOK} --state {state}."
        raise UsageError(message)
    if ids:
        return [_one(connection, text)["id"] for text in ids]
    return store.ids_in(connection, state, kind, workflow)


def _said(done: str, wanted: str, chosen: list[UUID], changed: list[UUID], *, as_json: bool) -> None:
    left = sorted(set(chosen) - set(changed))
    if as_json:
        emit_json({"done": done, "actions": changed, "left": left})
        return
    console.print(f"{len(changed)} {done}.")
    if left:
        console.print(f"{len(left)} left as they are, because they are not {wanted}: {', '.join(map(str, left))}.")
