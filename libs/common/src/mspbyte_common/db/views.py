"""Views for people: one per kind with typed columns, one per vendor list, the edges that hold, and data quality.

They are made from the declarations by the bootstrap, not by migrations: a view follows its model. Each runs with the
rights of who asks (security_invoker), so that row-level security holds through it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import psycopg
from psycopg import sql

from mspbyte_common.db.matrix_views import COVERAGE, PEOPLE
from mspbyte_common.db.merged import DOCUMENT
from mspbyte_common.db.raw_views import RAW_VIEWS
from mspbyte_common.models import KINDS, Device, Kind

_MARK = "mspbyte "
"""The beginning of the comment that tells our views from others; the hash of the definition follows."""

MERGED_KINDS: tuple[type[Kind], ...] = (Device,)
"""Kinds of which resolvers make one thing of several records."""
_MERGED_INTO = (
    "(SELECT m.leading_id FROM fragment f JOIN merged m ON m.id = f.merged_id"
    " WHERE f.entity_id = entity.id AND f.place > 0) AS merged_into"
)

_SCALARS: dict[object, str] = {
    str: "n ->> {0}",
    bool: "(n ->> {0})::boolean",
    int: "(n ->> {0})::bigint",
    float: "(n ->> {0})::double precision",
    Decimal: "(n ->> {0})::numeric",
    datetime: "(n ->> {0})::timestamptz",
}
_TEXTS = "CASE WHEN jsonb_typeof(n -> {0}) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(n -> {0})) END"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OWN = ("id", "msp_id", "account_id", "client_id", "vendor", "resource", "external_id", "first_seen_at", "changed_at")
"""Columns of the entity that each view has."""
_MORE = ("mapper_version", "deleted_at", "raw_data")
"""Those that only views of kinds, or of lists, have."""


@dataclass(frozen=True)
class View:
    """A view's name and what it selects."""

    name: str
    query: str

    @property
    def mark(self) -> str:
        """Changes with the definition."""
        return _MARK + blake2b(self.query.encode(), digest_size=8).hexdigest()


def views() -> tuple[View, ...]:
    """Every view, by name."""
    made = [_of_kind(kind) for kind in KINDS.values()]
    made += [_of_merged(kind) for kind in MERGED_KINDS]
    made += [_of_list(vendor, resource, fields.split()) for (vendor, resource), fields in RAW_VIEWS.items()]
    made += [View("v_relationship", RELATIONSHIP), View("v_data_quality", DATA_QUALITY)]
    made += [View("v_coverage", COVERAGE), View("v_people", PEOPLE)]
    return tuple(sorted(made, key=lambda view: view.name))


def apply_views(connection: psycopg.Connection[Any]) -> list[str]:
    """Makes the views those declared, and touches none that is as declared; returns the names it made or dropped."""
    rows = connection.execute(
        """
        SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c
        WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
          AND obj_description(c.oid, 'pg_class') LIKE %s
        """,
        (_MARK + "%",),
    ).fetchall()
    held = dict(rows)
    wanted = {view.name: view for view in views()}
    stale = sorted(name for name, mark in held.items() if name not in wanted or wanted[name].mark != mark)
    for name in stale:
        connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier(name)))
    missing = [view for view in wanted.values() if view.name not in held or view.name in stale]
    for view in missing:
        name = sql.Identifier(view.name)
        connection.execute(
            sql.SQL("CREATE VIEW {} WITH (security_invoker = true) AS {}").format(name, sql.SQL(view.query))
        )
        connection.execute(sql.SQL("COMMENT ON VIEW {} IS {}").format(name, sql.Literal(view.mark)))
    return sorted({*stale, *(view.name for view in missing)})


def drop_views(connection: psycopg.Connection[Any]) -> None:
    """Takes our views away, so that a migration may change the columns they read."""
    for (name,) in connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
        " AND obj_description(oid, 'pg_class') LIKE %s",
        (_MARK + "%",),
    ).fetchall():
        connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier(name)))


def _of_kind(kind: type[Kind]) -> View:
    into = [_MERGED_INTO] if kind in MERGED_KINDS else []
    columns = ", ".join((*_OWN, "mapper_version", *into, *_columns(kind)))
    return View(
        f"v_{kind.NAME}",
        f"SELECT {columns} FROM (SELECT *, normalized_data AS n FROM entity) entity"  # noqa: S608 - the models' names
        f" WHERE kind = '{kind.NAME}' AND deleted_at IS NULL AND n IS NOT NULL",
    )


def _of_merged(kind: type[Kind]) -> View:
    """Things of several records, with the fields of all."""
    own = ("id", "msp_id", "account_id", "client_id", "vendor", "key_type", "key_value", "leading_id", "member_ids")
    return View(
        f"v_merged_{kind.NAME}",
        f"SELECT {', '.join((*own, 'provenance', *_columns(kind)))} FROM ("  # noqa: S608 - the models' names
        f"SELECT m.*, e.client_id, {DOCUMENT} AS n,"
        " ARRAY(SELECT f.entity_id FROM fragment f WHERE f.merged_id = m.id ORDER BY f.place) AS member_ids"
        f" FROM merged m JOIN entity e ON e.id = m.leading_id WHERE m.kind = '{kind.NAME}') AS thing",
    )


def _columns(kind: type[Kind]) -> Iterator[str]:
    for name, field in kind.model_fields.items():
        read = expression(field.annotation).format(f"'{name}'")
        yield f'{read} AS "{column(kind.NAME, name)}"'


def column(owner: str, name: str) -> str:
    """A field's column: its name, with its owner's before it where the entity has a column of that name."""
    return f"{owner}_{name}" if name in (*_OWN, *_MORE) else name


def expression(annotation: Any) -> str:
    """SQL that reads a field of this type from the document `n`; {0} stands for its name. Structures stay JSON."""
    if get_origin(annotation) in (Union, UnionType):
        known = [part for part in get_args(annotation) if part is not type(None)]
        return expression(known[0]) if len(known) == 1 else "n -> {0}"
    if get_origin(annotation) is Literal and all(isinstance(word, str) for word in get_args(annotation)):
        return _SCALARS[str]
    if get_origin(annotation) is tuple and get_args(annotation)[0] is str:
        return _TEXTS
    return _SCALARS.get(annotation, "n -> {0}")


def _of_list(vendor: str, resource: str, fields: Sequence[str]) -> View:
    sent = (f"raw_data ->> '{field}' AS \"{column(vendor, snake(field))}\"" for field in fields)
    return View(
        f"raw_{vendor}_{snake(resource)}",
        f"SELECT {', '.join((*_OWN, 'deleted_at', *sent))}, raw_data FROM entity"  # noqa: S608 - declared names
        f" WHERE vendor = '{vendor}' AND resource = '{resource}'",
    )


def snake(name: str) -> str:
    """A vendor's name as a column's: `userPrincipalName` is `user_principal_name`, `azureADDeviceId` azure_ad_device_id."""
    return _HUMP.sub("_", name).lower()


_NAME = "coalesce({0}.normalized_data ->> 'display_name', {0}.normalized_data ->> 'name', {0}.external_id)"

RELATIONSHIP = f"""
    SELECT r.id, r.msp_id, r.relation, r.source_id, s.kind AS source_kind, {_NAME.format("s")} AS source, r.target_id,
           t.kind AS target_kind, {_NAME.format("t")} AS target, r.state, r.confidence, r.rule, r.rule_version,
           r.key_value, r.evidence, r.valid_from
    FROM entity_relationship r LEFT JOIN entity s ON s.id = r.source_id LEFT JOIN entity t ON t.id = r.target_id
    WHERE r.valid_to IS NULL
"""  # noqa: S608 - constants

DATA_QUALITY = """
    SELECT i.msp_id, i.client_id, c.name AS client, e.vendor, e.resource, e.kind, i.rule, i.field, 'issue' AS state,
           count(*) AS records, min(i.since) AS since, min(i.value) AS example
    FROM issue i JOIN entity e ON e.id = i.entity_id LEFT JOIN client c ON c.id = i.client_id
    GROUP BY i.msp_id, i.client_id, c.name, e.vendor, e.resource, e.kind, i.rule, i.field
    UNION ALL
    SELECT q.msp_id, e.client_id, c.name, q.vendor, q.resource, e.kind, q.error, q.path, 'quarantined', count(*),
           min(q.since), min(q.value_class)
    FROM quarantine q JOIN entity e ON e.id = q.entity_id LEFT JOIN client c ON c.id = e.client_id
    GROUP BY q.msp_id, e.client_id, c.name, q.vendor, q.resource, e.kind, q.error, q.path
"""
