"""`mspctl entity`: one record, as the vendor sent it and as we understand it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
import typer
from rich.columns import Columns
from rich.panel import Panel
from rich.syntax import Syntax

from mspctl.choose import id_range, only
from mspctl.knowledge import store
from mspctl.knowledge.past import as_of
from mspctl.options import UP, Dir, Json, Msp, moment
from mspctl.output import cell, console, emit_json, facts, show_rows, table
from mspctl.store import Connection, Row, open_database
from mspctl.target import find

app = typer.Typer(name="entity", help="Records, as sent and as understood.", no_args_is_help=True)

LOOK = "ids stand in mspctl finding list and in reports"
EDGES = (
    "relation",
    "direction",
    "other",
    "other_vendor",
    "other_kind",
    "state",
    "confidence",
    "rule",
    "key_value",
    "evidence",
)
HEAD = (
    *("id", "name", "vendor", "resource", "kind", "external_id", "account"),
    *("client", "client_by", "first_seen_at", "changed_at"),
)
PAST_HEAD = ("id", "vendor", "resource", "kind", "external_id", "account", "client", "deleted", "first_seen_at")
BRIEF = 120
EntityId = Annotated[str, typer.Argument(metavar="ID", help="The entity's id or its beginning.")]
ALL_STATES = ("open", "acknowledged", "suppressed", "resolved", "regressed")


@app.callback()
def entity() -> None:
    """Records, as sent and as understood."""


@app.command()
def show(
    entity_id: EntityId,
    *,
    at: Annotated[str | None, typer.Option(help="As it was at this time: 2026-11-23 or 2026-11-23T08:00Z.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows a record raw beside normalized, its keys, its relationships and why they hold, and its findings.

    Of several records of one thing: what all of them tell, and whose word counts for which field.

    With --at: what it was then, and the relationships that held then; raw records and keys of the past are not kept.
    """
    then = moment(at) if at else None
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _find(connection, entity_id)
        if then is not None:
            row = as_of(connection, row, then)
            row["relationships"] = store.relationships(connection, row["id"], then)
            emit_json(row) if as_json else _draw_past(row)
            return
        row["keys"] = store.keys(connection, row["id"])
        row["merged"] = store.merged(connection, row["id"])
        row["relationships"] = store.relationships(connection, row["id"])
        row["findings"] = store.findings(connection, states=ALL_STATES, subject_id=row["id"])
        row["issues"] = store.issues(connection, row["id"])
        row["quarantine"] = store.misfits(connection, row["id"])
    if as_json:
        emit_json(row)
    else:
        _draw(row)


@app.command()
def history(entity_id: EntityId, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists what changed of a record, the latest first, and the run that brought it."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.changes(connection, _find(connection, entity_id)["id"])
    if not as_json:
        rows = [{**row, "before": _brief(row["before"]), "after": _brief(row["after"])} for row in rows]
    columns = ("at", "path", "before", "after", "run_id")
    show_rows(rows, columns, as_json=as_json, none="Nothing changed since it was first seen.")


def _find(connection: Connection, entity_id: str) -> Row:
    first, last = id_range("entity", entity_id, look=LOOK)
    found = store.entities_between(connection, first, last)
    return dict(only("entity", entity_id, found, "vendor", "kind", "name", look=LOOK))


def _brief(value: object) -> object:
    """Items of a list, by their place, as the items alone; long values cut."""
    if isinstance(value, dict):
        value = list(value.values())
    text = cell(value)
    return text if len(text) <= BRIEF else f"{text[:BRIEF]}…"


def _draw_past(row: Row) -> None:
    console.print(facts({name: row[name] for name in PAST_HEAD}))
    console.print(Panel(_json(row["normalized_data"]), title=f"normalized, as of {cell(row['at'])} UTC"))
    if row["relationships"]:
        console.print()
        console.print(table(row["relationships"], (*EDGES, "valid_from", "valid_to"), "Relationships"))


def _draw(row: dict[str, Any]) -> None:
    console.print(
        facts({name: row[name] for name in HEAD} | ({"deleted_at": row["deleted_at"]} if row["deleted_at"] else {}))
    )
    half = max(40, console.width // 2 - 1)
    console.print(
        Columns(
            [
                Panel(_json(row["raw_data"]), title="raw", width=half),
                Panel(_json(row["normalized_data"]), title="normalized", width=half),
            ],
            padding=0,
        )
    )
    if row["merged"]:
        _draw_merged(row["merged"], row["id"])
    for name, columns in (
        ("quarantine", ("path", "value_class", "error", "since")),
        ("issues", ("rule", "field", "value", "since")),
        ("keys", ("refers", "key_type", "key_value")),
        ("relationships", EDGES),
        ("findings", ("check", "severity", "state", "title", "evidence", "opened_at")),
    ):
        if row[name]:
            console.print()
            console.print(table(row[name], columns, name.capitalize()))
    if row["repairs"]:
        console.print()
        console.print(Panel(_json(row["repairs"]), title="repairs"))


def _draw_merged(merged: Row, entity_id: UUID) -> None:
    records = [{**one, "leads": one["id"] == str(merged["leading_id"])} for one in merged["records"]]
    words = {
        name: (one["resource"], one["entity_id"], why)
        for one in merged["provenance"]
        for name, why in one["fields"].items()
    }
    fields = [
        {"field": name, "value": merged["values"][name], "from": resource, "record": record, "why": why}
        for name, (resource, record, why) in sorted(words.items())
    ]
    title = f"One thing by {merged['key_type']} {merged['key_value']}"
    if entity_id != merged["leading_id"]:
        title += f", judged as {merged['leading_id']}"
    console.print()
    console.print(table(records, ("leads", "resource", "name", "external_id", "id"), title))
    console.print()
    console.print(table(fields, ("field", "value", "from", "record", "why"), "What they tell"))


def _json(value: object) -> Syntax | str:
    if value is None:
        return "nothing yet"
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
    return Syntax(text, "json", word_wrap=True, background_color="default")
