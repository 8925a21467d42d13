"""`mspctl entity`: one record, as the vendor sent it and as we understand it."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer
from rich.columns import Columns
from rich.panel import Panel
from rich.syntax import Syntax

from mspctl.choose import id_range, only
from mspctl.knowledge import store
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, table
from mspctl.store import open_database
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
HEAD = ("id", "name", "vendor", "resource", "kind", "external_id", "account", "client", "first_seen_at", "changed_at")
ALL_STATES = ("open", "acknowledged", "suppressed", "resolved", "regressed")


@app.callback()
def entity() -> None:
    """Records, as sent and as understood."""


@app.command()
def show(
    entity_id: Annotated[str, typer.Argument(metavar="ID", help="The entity's id or its beginning.")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows a record raw beside normalized, its keys, its relationships and why they hold, and its findings."""
    first, last = id_range("entity", entity_id, look=LOOK)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        found = store.entities_between(connection, first, last)
        row = dict(only("entity", entity_id, found, "vendor", "kind", "name", look=LOOK))
        row["keys"] = store.keys(connection, row["id"])
        row["relationships"] = store.relationships(connection, row["id"])
        row["findings"] = store.findings(connection, states=ALL_STATES, subject_id=row["id"])
        row["issues"] = store.issues(connection, row["id"])
        row["quarantine"] = store.misfits(connection, row["id"])
    if as_json:
        emit_json(row)
    else:
        _draw(row)


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


def _json(value: object) -> Syntax | str:
    if value is None:
        return "nothing yet"
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
    return Syntax(text, "json", word_wrap=True, background_color="default")
