"""SQL of the linkers: keys, locks, decisions and entity_relationship.

Statements look up by index, value by value (`CROSS JOIN LATERAL … OFFSET 0`), whatever the planner believes about tables
that were empty a minute ago; what is found is put together in `edges.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.errors import LockNotAvailable

from mspbyte_common.db.engine import Connection
from mspbyte_common.hashing import canonical
from mspbyte_common.links import SHARED_BY
from svc_linkers.edges import Difference, Edge, Holder, Place, Stored
from svc_linkers.rule import SamenessRule, Scope

_SCOPE_COLUMN: dict[Scope, str] = {"msp": "msp_id", "client": "client_id", "account": "account_id"}


@dataclass(frozen=True)
class FormerKey:
    """A key that a record of the batch lost since it was last linked."""

    key_type: str
    key_value: str
    account_id: UUID
    client_id: UUID | None


@dataclass(frozen=True)
class WrittenRule:
    """What an edge says of the rule it comes from."""

    id: str
    version: int
    relation: str
    confidence: float


async def lock(connection: Connection, msp_id: UUID, stripes: Sequence[int]) -> None:
    """Waits for these locks, in this order."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('link:' || %s::text || ':' || s, 0)) FROM unnest(%s::int[]) AS s",
        (str(msp_id), list(stripes)),
    )


async def lock_now(connection: Connection, msp_id: UUID, stripes: Sequence[int]) -> None:
    """Takes these locks; LockNotAvailable when somebody has one."""
    cursor = await connection.execute(
        """
        SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended('link:' || %s::text || ':' || s, 0)))
        FROM unnest(%s::int[]) AS s
        """,
        (str(msp_id), list(stripes)),
    )
    row = await cursor.fetchone()
    if row is None or not row[0]:
        message = "another batch links records of one of these clients"
        raise LockNotAvailable(message)


async def moment(connection: Connection) -> datetime:
    """Now, after whatever was waited for: the edges of batches that follow each other have dates that do so too."""
    cursor = await connection.execute("SELECT clock_timestamp()")
    row: tuple[datetime] | None = await cursor.fetchone()
    if row is None:
        message = "the database has no clock"
        raise LookupError(message)
    return row[0]


async def take_former(connection: Connection, ids: Sequence[UUID]) -> list[FormerKey]:
    """What the records were known by and no longer are; noted until now, for this batch."""
    cursor = await connection.execute(
        "DELETE FROM former_key WHERE entity_id = ANY(%s::uuid[]) RETURNING key_type, key_value, account_id, client_id",
        (id_array(ids),),
    )
    return [FormerKey(*row) for row in await cursor.fetchall()]


async def scopes(connection: Connection, ids: Sequence[UUID], former: Iterable[FormerKey]) -> set[UUID]:
    """The accounts and clients within which these records may meet others, and those that pins join to them."""
    cursor = await connection.execute(
        """
        WITH RECURSIVE pin AS MATERIALIZED (
            SELECT coalesce(a.client_id, a.account_id) AS one, coalesce(b.client_id, b.account_id) AS other
            FROM link_decision d JOIN entity a ON a.id = d.one_id JOIN entity b ON b.id = d.other_id
            WHERE d.verdict = 'pinned' AND d.cleared_at IS NULL
              AND coalesce(a.client_id, a.account_id) <> coalesce(b.client_id, b.account_id)
        ), reached (id) AS (
            SELECT unnest(%(former)s::uuid[])
            UNION SELECT account_id FROM entity_key WHERE entity_id = ANY(%(ids)s::uuid[])
            UNION SELECT client_id FROM entity_key WHERE entity_id = ANY(%(ids)s::uuid[]) AND client_id IS NOT NULL
            UNION SELECT coalesce(client_id, account_id) FROM entity WHERE id = ANY(%(ids)s::uuid[])
        ), joined (id) AS (
            SELECT id FROM reached
            UNION SELECT CASE WHEN pin.one = joined.id THEN pin.other ELSE pin.one END
            FROM joined JOIN pin ON joined.id IN (pin.one, pin.other)
        )
        SELECT id FROM joined
        """,
        {
            "ids": id_array(ids),
            "former": [scope for key in former for scope in (key.account_id, key.client_id) if scope is not None],
        },
    )
    return {row[0] for row in await cursor.fetchall()}


def scope_of(key: FormerKey | OwnKey, msp_id: UUID, scope: Scope) -> UUID | None:
    """Within what a key meets others."""
    return {"msp": msp_id, "client": key.client_id, "account": key.account_id}[scope]


class OwnKey(NamedTuple):
    """A key of a record of the batch."""

    entity_id: UUID
    refers: bool
    key_type: str
    key_value: str
    account_id: UUID
    client_id: UUID | None


async def keys_at(connection: Connection, ids: Sequence[UUID]) -> list[OwnKey]:
    """Every key of the batch's records."""
    cursor = await connection.execute(
        """
        SELECT entity_id, refers, key_type, key_value, account_id, client_id FROM entity_key
        WHERE entity_id = ANY(%s::uuid[])
        """,
        (id_array(ids),),
    )
    return [OwnKey(*row) for row in await cursor.fetchall()]


async def keys_of(
    connection: Connection, msp_id: UUID, scope: Scope, places: Collection[Place], key_type: str, *, refers: bool
) -> list[tuple[UUID, str, Place]]:
    """(entity, kind, place) of all who have a key of that type at these places."""
    if not places:
        return []
    cursor = await connection.execute(
        f"""
        SELECT k.entity_id, k.kind, p.scope_id, p.value
        FROM json_to_recordset(%(places)s::json) AS p (scope_id uuid, value text) CROSS JOIN LATERAL (
            SELECT entity_id, kind FROM entity_key
            WHERE msp_id = %(msp)s AND key_type = %(type)s AND key_value = p.value AND refers = %(refers)s
              AND {_SCOPE_COLUMN[scope]} = p.scope_id OFFSET 0) AS k
        """,  # noqa: S608 - the column is one of three
        {**_places(places), "msp": msp_id, "type": key_type, "refers": refers},
    )
    return [(row[0], row[1], (row[2], row[3])) for row in await cursor.fetchall()]


async def holders(
    connection: Connection, msp_id: UUID, rule: SamenessRule, places: Collection[Place]
) -> dict[Place, list[Holder]]:
    """Who is known by these values; of a value that too many are known by, one more than may be."""
    cursor = await connection.execute(
        f"""
        SELECT p.scope_id, p.value, k.*
        FROM json_to_recordset(%(places)s::json) AS p (scope_id uuid, value text) CROSS JOIN LATERAL (
            SELECT h.entity_id, h.key_type, h.kind, h.resource FROM entity_key h
            WHERE h.msp_id = %(msp)s AND h.key_type = ANY(%(types)s) AND h.key_value = p.value AND NOT h.refers
              AND h.{_SCOPE_COLUMN[rule.scope]} = p.scope_id
              AND (h.key_type = %(left_key)s AND h.kind = %(left)s OR h.key_type = %(right_key)s AND h.kind = %(right)s)
            LIMIT %(most)s) AS k
        """,  # noqa: S608 - the column is one of three
        {
            **_places(places),
            "msp": msp_id,
            "types": sorted({rule.left_key, rule.right_key}),
            "left": rule.left,
            "left_key": rule.left_key,
            "right": rule.right,
            "right_key": rule.right_key,
            "most": SHARED_BY + 1,
        },
    )
    found: dict[Place, list[Holder]] = {}
    for row in await cursor.fetchall():
        found.setdefault((row[0], row[1]), []).append(Holder(*row[2:]))
    return found


async def traits(
    connection: Connection, ids: Collection[UUID], key_types: Collection[str]
) -> dict[tuple[UUID, str], frozenset[str]]:
    """(entity, key type) → the values of these types that the entities are known by."""
    cursor = await connection.execute(
        """
        SELECT i.id, k.key_type, k.key_value FROM unnest(%s::uuid[]) AS i (id) CROSS JOIN LATERAL (
            SELECT key_type, key_value FROM entity_key
            WHERE entity_id = i.id AND NOT refers AND key_type = ANY(%s) OFFSET 0) AS k
        """,
        (id_array(ids), list(key_types)),
    )
    found: dict[tuple[UUID, str], set[str]] = {}
    for entity, key_type, value in await cursor.fetchall():
        found.setdefault((entity, key_type), set()).add(value)
    return {place: frozenset(values) for place, values in found.items()}


_STORED = "x.id, x.rule_version, x.source_id, x.target_id, x.scope_id, x.key_value, x.held_back"


async def edges_at(
    connection: Connection, ids: Sequence[UUID], relations: Collection[str]
) -> dict[tuple[str, str], list[Stored]]:
    """The edges that hold at these records, by (relation, rule)."""
    cursor = await connection.execute(
        f"""
        SELECT DISTINCT x.relation, x.rule, {_STORED}
        FROM unnest(%(ids)s::uuid[]) AS i (id) CROSS JOIN LATERAL (
            SELECT * FROM entity_relationship
            WHERE source_id = i.id AND valid_to IS NULL AND relation = ANY(%(relations)s)
            UNION ALL
            SELECT * FROM entity_relationship
            WHERE target_id = i.id AND valid_to IS NULL AND relation = ANY(%(relations)s) OFFSET 0) AS x
        """,  # noqa: S608 - built from constants
        {"ids": id_array(ids), "relations": list(relations)},
    )
    found: dict[tuple[str, str], list[Stored]] = {}
    for row in await cursor.fetchall():
        found.setdefault((row[0], row[1]), []).append(Stored.of(row[2:]))
    return found


async def edges_of(connection: Connection, rule: str, places: Collection[Place]) -> list[Stored]:
    """The edges of a rule of sameness that hold because of these values."""
    cursor = await connection.execute(
        f"""
        SELECT {_STORED}
        FROM json_to_recordset(%(places)s::json) AS p (scope_id uuid, value text) CROSS JOIN LATERAL (
            SELECT * FROM entity_relationship
            WHERE rule = %(rule)s AND scope_id = p.scope_id AND key_value = p.value AND valid_to IS NULL
              AND "left"(relation, 5) = 'same_' OFFSET 0) AS x
        """,  # noqa: S608 - built from constants
        {**_places(places), "rule": rule},
    )
    return [Stored.of(row) for row in await cursor.fetchall()]


async def decided(connection: Connection, relation: str, ids: Sequence[UUID]) -> dict[Edge, dict[str, str]]:
    """Edges that a person confirmed or pinned at these records, each with its evidence.

    They hold while both records exist, whatever their keys say; a confirmed one only within one client.
    """
    cursor = await connection.execute(
        """
        SELECT DISTINCT ON (d.id)
               CASE WHEN (a.kind, a.id) < (b.kind, b.id) THEN a.id ELSE b.id END,
               CASE WHEN (a.kind, a.id) < (b.kind, b.id) THEN b.id ELSE a.id END,
               least(coalesce(a.client_id, a.account_id), coalesce(b.client_id, b.account_id)), d.id::text,
               CASE WHEN d.verdict = 'confirmed' AND a.client_id IS DISTINCT FROM b.client_id THEN 'other_client' END,
               d.verdict, d.author, d.reason, d.decided_at
        FROM unnest(%(ids)s::uuid[]) AS i (id) CROSS JOIN LATERAL (
            SELECT * FROM link_decision WHERE one_id = i.id AND cleared_at IS NULL
            UNION ALL
            SELECT * FROM link_decision WHERE other_id = i.id AND cleared_at IS NULL OFFSET 0) AS d
        JOIN entity a ON a.id = d.one_id JOIN entity b ON b.id = d.other_id
        WHERE d.relation = %(relation)s AND d.verdict <> 'rejected' AND a.deleted_at IS NULL AND b.deleted_at IS NULL
        """,
        {"ids": id_array(ids), "relation": relation},
    )
    return {
        Edge(*row[:5]): {"verdict": row[5], "author": row[6], "reason": row[7], "decided_at": row[8].isoformat()}
        for row in await cursor.fetchall()
    }


async def write(
    connection: Connection,
    msp_id: UUID,
    at: datetime,
    rule: WrittenRule,
    changes: Difference,
    evidence: Mapping[Edge, Mapping[str, Any]],
) -> None:
    """Ends edges and begins others, at one moment."""
    if changes.ended:
        await connection.execute(
            "UPDATE entity_relationship SET valid_to = %s WHERE id = ANY(%s)", (at, [one.id for one in changes.ended])
        )
    if changes.begun:
        await connection.execute(
            """
            INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version, held_back,
                                             confidence, scope_id, key_value, evidence, valid_from)
            SELECT %(msp)s, %(relation)s, b.source_id, b.target_id,
                   CASE WHEN b.held_back IS NULL THEN 'active' ELSE 'candidate' END, %(rule)s, %(version)s, b.held_back,
                   %(confidence)s, b.scope_id, b.key_value, b.evidence, %(at)s
            FROM json_to_recordset(%(begun)s::json)
                 AS b (source_id uuid, target_id uuid, scope_id uuid, key_value text, held_back text, evidence jsonb)
            """,
            {
                "msp": msp_id,
                "relation": rule.relation,
                "rule": rule.id,
                "version": rule.version,
                "confidence": rule.confidence,
                "at": at,
                "begun": canonical([{**edge._asdict(), "evidence": evidence[edge]} for edge in changes.begun]).decode(),
            },
        )


def _places(places: Collection[Place]) -> dict[str, str]:
    """Places as one JSON parameter: an array of each column takes psycopg many times as long to write."""
    return {"places": canonical([{"scope_id": scope, "value": value} for scope, value in places]).decode()}


def id_array(ids: Iterable[UUID]) -> str:
    """Ids as the text of a PostgreSQL array, for the same reason."""
    return f"{{{','.join(one.hex for one in ids)}}}"
