"""`mspctl link`: which records are one thing, and a person's word on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.links import HELD_BACK, RELATION_OF
from mspbyte_common.trace import new_traceparent
from mspctl.author import who
from mspctl.choose import choose
from mspctl.links import store
from mspctl.links.pairs import pair, record, relation_of
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.store import Connection, Database, Row, open_database
from mspctl.target import find
from mspctl.tenants.store import clients

app = typer.Typer(name="link", help="Which records are one thing, and a person's word on it.", no_args_is_help=True)

Record = Annotated[str, typer.Argument(metavar="RECORD", help="A record's id or its beginning.")]
Reason = Annotated[str, typer.Option(help="Why, for whoever looks later.")]
Author = Annotated[str | None, typer.Option(help="Who says so; the user of this computer when not given.")]
DECIDED = ("verdict", "relation", "one", "other", "author", "reason", "decided_at", "one_id", "other_id")
WAITING = (
    "relation",
    "one",
    "one_vendor",
    "other",
    "other_vendor",
    "client",
    "confidence",
    "rules",
    "held_back",
    "one_id",
    "other_id",
)
RELATIONS = tuple(sorted(set(RELATION_OF.values())))


@app.command("list")
def list_(
    *,
    relation: Annotated[str | None, typer.Option(help=f"{' or '.join(RELATIONS)}.")] = None,
    client: Annotated[str | None, typer.Option(help="A client's id, company id or name.")] = None,
    held_back: Annotated[str | None, typer.Option(help=f"Only those held back so: {', '.join(HELD_BACK)}.")] = None,
    decided: Annotated[bool, typer.Option("--decided", help="What people decided, in place of what waits.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, the most likely first.")] = 200,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists pairs that may be one thing and wait for a person."""
    for given, allowed in ((relation, RELATIONS), (held_back, HELD_BACK)):
        if given is not None and given not in allowed:
            message = f"there is no {given!r}: take {', '.join(allowed)}."
            raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        if decided:
            rows = [row for row in store.decisions(connection) if relation in {None, row["relation"]}]
        else:
            look = "mspctl account clients"
            chosen = choose("client", client, clients(connection), "company_id", "name", look=look) if client else None
            rows = store.to_decide(connection, relation, chosen["id"] if chosen else None, held_back, limit)
    if decided:
        show_rows(rows, DECIDED, as_json=as_json, none="Nobody has decided anything yet.")
    else:
        show_rows(rows, WAITING, as_json=as_json, none="No pair waits for a person.")


@app.command()
def show(
    one: Record,
    *,
    at: Annotated[str | None, typer.Option(help="As it was then: 2026-03-01 or 2026-03-01T14:30:00, in UTC.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows what a record is one thing with: the cluster, each edge with its reason, what was decided, how it came."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = record(connection, one)
        relation = relation_of(row)
        moment = _moment(at) if at else store.now(connection)
        cluster, members = store.cluster(connection, relation, row["id"], moment)
        known = store.records(connection, members)
        shown: dict[str, list[Row]] = {
            "members": [known[member] for member in members],
            "edges": store.edges(connection, relation, members, moment),
            "decisions": store.decisions(connection, members, cleared=True),
            "history": store.memberships(connection, relation, members),
        }
    if as_json:
        emit_json({"relation": relation, "record": row, "cluster": cluster, **shown})
        return
    console.print(facts({"relation": relation, "cluster": cluster or "none: the record is alone"}))
    for name, columns in (
        ("members", ("vendor", "kind", "name", "account", "client", "id")),
        ("edges", ("source", "target", "state", "held_back", "rule", "confidence", "key_value", "valid_from")),
        ("decisions", ("verdict", "one", "other", "author", "reason", "decided_at", "cleared_at")),
        ("history", ("valid_from", "valid_to", "cluster_id", "name", "entity_id")),
    ):
        if shown[name]:
            console.print()
            console.print(table(shown[name], columns, name.capitalize()))


@app.command()
def confirm(
    one: Record,
    other: Record,
    *,
    reason: Reason,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Says that a pair the rules hold possible is one thing. It stays so while both belong to one client."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        relation, row, its = pair(connection, one, other)
        if not store.proposed(connection, relation, row["id"], its["id"]):
            message = "no rule holds the two possible (mspctl why): mspctl link pin puts them together all the same."
            raise UsageError(message)
        _decide(connection, database, relation, [(row["id"], its["id"])], "confirmed", who(author), reason)
    _said(f"{row['name']} and {its['name']} are confirmed as one", "confirmed", 1, as_json=as_json)


@app.command()
def reject(
    one: Record,
    other: Record,
    *,
    reason: Reason,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Says that two records are two things. No rule links them again, nor puts them into one cluster."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        relation, row, its = pair(connection, one, other)
        _decide(connection, database, relation, [(row["id"], its["id"])], "rejected", who(author), reason)
    _said(f"{row['name']} and {its['name']} are two", "rejected", 1, as_json=as_json)


@app.command()
def pin(
    one: Record,
    other: Record,
    *,
    reason: Reason,
    author: Author = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Says that two records are one thing whatever their keys and sources say, even at different clients."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        relation, row, its = pair(connection, one, other)
        _decide(connection, database, relation, [(row["id"], its["id"])], "pinned", who(author), reason)
    _said(f"{row['name']} and {its['name']} are pinned together", "pinned", 1, as_json=as_json)


@app.command()
def unmerge(
    one: Record, *, reason: Reason, author: Author = None, msp: Msp = None, directory: Dir = UP, as_json: Json = False
) -> None:
    """Takes a record out of its cluster: it and each of the others are two things from now on."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = record(connection, one)
        relation = relation_of(row)
        _, members = store.cluster(connection, relation, row["id"], store.now(connection))
        pairs = [(row["id"], member) for member in members if member != row["id"]]
        if not pairs:
            message = f"{row['name']} is alone: there is nothing to take it out of."
            raise UsageError(message)
        _decide(connection, database, relation, pairs, "rejected", who(author), reason)
    _said(f"{row['name']} is told apart from {len(pairs)} others", "rejected", len(pairs), as_json=as_json)


@app.command()
def clear(
    one: Record, other: Record, *, author: Author = None, msp: Msp = None, directory: Dir = UP, as_json: Json = False
) -> None:
    """Takes back what was decided of two records: the rules decide again. The decision stays in the history."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        relation, row, its = pair(connection, one, other)
        cleared = store.clear(connection, relation, [(row["id"], its["id"])], who(author))
        if not cleared:
            message = f"nothing is decided of {row['name']} and {its['name']}: mspctl link list --decided."
            raise UsageError(message)
        store.relink(connection, [row["id"], its["id"]], new_traceparent())
    _said(f"what was decided of {row['name']} and {its['name']} is cleared", "cleared", cleared, as_json=as_json)


def _decide(
    connection: Connection,
    database: Database,
    relation: str,
    pairs: list[tuple[UUID, UUID]],
    verdict: str,
    author: str,
    reason: str,
) -> None:
    store.decide(connection, database.msp, relation, pairs, verdict, author, reason)
    store.relink(connection, {record for pair in pairs for record in pair}, new_traceparent())


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no time: write 2026-03-01 or 2026-03-01T14:30:00."
        raise UsageError(message) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _said(text: str, verdict: str, pairs: int, *, as_json: bool) -> None:
    if as_json:
        emit_json({"verdict": verdict, "pairs": pairs})
    else:
        console.print(f"{text}; the linkers follow in a moment.")
