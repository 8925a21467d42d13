"""Which two records a command means, and what they may be together."""

from __future__ import annotations

from mspbyte_common.errors import UsageError
from mspbyte_common.links import RELATION_OF
from mspctl.choose import id_range, only
from mspctl.links import store
from mspctl.store import Connection, Row

LOOK = "ids stand in mspctl link list and in reports"


def record(connection: Connection, text: str) -> Row:
    """The record whose id begins so."""
    first, last = id_range("record", text, look=LOOK)
    found = store.records_between(connection, first, last)
    return dict(only("record", text, found, "vendor", "kind", "name", look=LOOK))


def relation_of(*records: Row) -> str:
    """What these records may be together; UsageError for those of which nobody asks that."""
    kinds = frozenset(row["kind"] for row in records)
    relation = RELATION_OF.get(kinds)
    if relation is None:
        named = " and ".join(sorted(kinds))
        message = f"a person decides about people (contact, identity) and devices, not about {named}"
        if kinds & {"company", "tenant"}:
            message += ": a tenant is given to a company with mspctl account map"
        raise UsageError(f"{message}.")
    return relation


def pair(connection: Connection, one: str, other: str) -> tuple[str, Row, Row]:
    """(relation, the two records)."""
    rows = record(connection, one), record(connection, other)
    if rows[0]["id"] == rows[1]["id"]:
        message = f"{one!r} and {other!r} are the same record: name two."
        raise UsageError(message)
    return relation_of(*rows), *rows
