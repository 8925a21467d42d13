"""`mspctl why`: why two records are, or are not, linked."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbyte_common.links import RELATION_OF
from mspctl.links import store
from mspctl.links.pairs import record
from mspctl.links.why import Known, explain
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, table
from mspctl.store import Connection, Row, open_database
from mspctl.target import find

THROUGH = ("member_of", "holds", "applies_to")
"""Relations that are followed over several edges: groups in groups, roles through groups, policies on either."""
HEAD = ("vendor", "kind", "name", "account", "client", "id")
EDGES = ("relation", "state", "held_back", "rule", "rule_version", "confidence", "evidence", "valid_from", "valid_to")


def why(
    one: Annotated[str, typer.Argument(metavar="RECORD", help="A record's id or its beginning.")],
    other: Annotated[str, typer.Argument(metavar="RECORD", help="Another's.")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Tells why two records are, or are not, linked."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        known = _known(connection, record(connection, one), record(connection, other))
    reasons = explain(known)
    if as_json:
        emit_json(
            {"linked": known.linked, "reasons": reasons, "records": [known.one, known.other], "edges": known.edges}
        )
        return
    console.print(table([known.one, known.other], HEAD))
    console.print()
    console.print("They are linked." if known.linked else "They are not linked.", style="bold")
    for reason in reasons:
        console.print(f"- {reason}")
    if known.edges:
        console.print()
        console.print(table(known.edges, EDGES, "Edges, past and present"))


def _known(connection: Connection, one: Row, other: Row) -> Known:
    pair = {one["id"], other["id"]}
    relation = RELATION_OF.get(frozenset({one["kind"], other["kind"]}))
    cluster = store.cluster(connection, relation, one["id"], store.now(connection))[1] if relation else []
    edges = store.edges_between(connection, one["id"], other["id"])
    direct = any(edge["valid_to"] is None and edge["state"] == "active" for edge in edges)
    way = store.chain(connection, THROUGH, one["id"], other["id"]) if not direct else []
    way = way or (store.chain(connection, THROUGH, other["id"], one["id"]) if not direct else [])
    names = store.records(connection, way)
    said = store.decisions(connection, pair, cleared=True)
    return Known(
        one,
        other,
        keys=store.keys(connection, one["id"], other["id"]),
        edges=edges,
        decisions=[row for row in said if {row["one_id"], row["other_id"]} == pair],
        issues=store.issues(connection, pair),
        borrowed_macs=store.borrowed_macs(connection, pair),
        together=other["id"] in cluster,
        way=[str(names[step]["name"]) for step in way],
    )
