"""SQL of the linkers: entity_relationship. One set-based statement per rule and batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.errors import LockNotAvailable

from mspbyte_common.db.engine import Connection
from mspbyte_common.links import PERSON, SHARED_BY
from svc_linkers.rule import FRAGMENTS, ReferenceRule, SamenessRule, Scope

_SCOPE_COLUMN: dict[Scope, str] = {"msp": "msp_id", "client": "client_id", "account": "account_id"}


@dataclass(frozen=True)
class FormerKey:
    """A key that a record of the batch lost since it was last linked."""

    key_type: str
    key_value: str
    account_id: UUID
    client_id: UUID | None

    def scope(self, msp_id: UUID, scope: Scope) -> UUID | None:
        """Within what the key met others."""
        return {"msp": msp_id, "client": self.client_id, "account": self.account_id}[scope]


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
        "DELETE FROM former_key WHERE entity_id = ANY(%s) RETURNING key_type, key_value, account_id, client_id",
        (list(ids),),
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
            UNION SELECT account_id FROM entity_key WHERE entity_id = ANY(%(ids)s)
            UNION SELECT client_id FROM entity_key WHERE entity_id = ANY(%(ids)s) AND client_id IS NOT NULL
            UNION SELECT coalesce(client_id, account_id) FROM entity WHERE id = ANY(%(ids)s)
        ), joined (id) AS (
            SELECT id FROM reached
            UNION SELECT CASE WHEN pin.one = joined.id THEN pin.other ELSE pin.one END
            FROM joined JOIN pin ON joined.id IN (pin.one, pin.other)
        )
        SELECT id FROM joined
        """,
        {
            "ids": list(ids),
            "former": [scope for key in former for scope in (key.account_id, key.client_id) if scope is not None],
        },
    )
    return {row[0] for row in await cursor.fetchall()}


async def relink_reference(
    connection: Connection, msp_id: UUID, at: datetime, rule: ReferenceRule, ids: Sequence[UUID]
) -> set[UUID]:
    """Brings a reference rule's edges at these entities up to date; returns both ends of each edge begun or ended."""
    column = _SCOPE_COLUMN[rule.scope]
    near, far = ("target_id", "source_id") if rule.reverse else ("source_id", "target_id")
    cursor = await connection.execute(
        f"""
        WITH pairs AS MATERIALIZED (
            SELECT s.entity_id AS {near}, t.entity_id AS {far}, s.key_value, s.{column} AS scope_id
            FROM entity_key s JOIN entity_key t ON t.msp_id = s.msp_id AND t.key_type = %(known_by)s
                 AND t.key_value = s.key_value AND NOT t.refers AND t.{column} = s.{column}
            WHERE s.entity_id = ANY(%(ids)s) AND s.refers AND s.key_type = %(refers)s AND s.kind = %(source)s
              AND t.kind = ANY(%(targets)s)
            UNION
            SELECT s.entity_id, t.entity_id, s.key_value, s.{column}
            FROM entity_key t JOIN entity_key s ON s.msp_id = t.msp_id AND s.key_type = %(refers)s
                 AND s.key_value = t.key_value AND s.refers AND s.{column} = t.{column}
            WHERE t.entity_id = ANY(%(ids)s) AND NOT t.refers AND t.key_type = %(known_by)s
              AND t.kind = ANY(%(targets)s) AND s.kind = %(source)s
        ), desired AS (
            SELECT DISTINCT source_id, target_id, key_value, scope_id, NULL::text AS held_back, {_EVIDENCE}
            FROM pairs WHERE source_id <> target_id
        ), existing AS MATERIALIZED (
            SELECT * FROM entity_relationship
            WHERE source_id = ANY(%(ids)s) AND rule = %(rule)s AND valid_to IS NULL
            UNION ALL
            SELECT * FROM entity_relationship
            WHERE target_id = ANY(%(ids)s) AND rule = %(rule)s AND valid_to IS NULL AND source_id <> ALL(%(ids)s)
        ){_DIFF}
        """,  # noqa: S608 - built from the declaration's own words
        {
            **_common(msp_id, at, rule.relation, rule.id, rule.version, 1, ids),
            "refers": rule.refers,
            "known_by": rule.known_by,
            "left_key": rule.refers,
            "right_key": rule.known_by,
            "source": rule.source,
            "targets": list(rule.targets),
        },
    )
    return {entity for row in await cursor.fetchall() for entity in row}


async def relink_sameness(
    connection: Connection,
    msp_id: UUID,
    at: datetime,
    rule: SamenessRule,
    ids: Sequence[UUID],
    former: Iterable[FormerKey],
) -> set[UUID]:
    """Brings a sameness rule's edges up to date for every key value that a record of the batch has or had.

    Whether a value is ambiguous depends on all who have it, so each value is looked at as a whole; of one that too many
    have no more is read than it takes to know that.
    """
    column = _SCOPE_COLUMN[rule.scope]
    symmetric = rule.left == rule.right and rule.left_key == rule.right_key
    pairing = "l.entity_id < r.entity_id" if symmetric else "l.entity_id <> r.entity_id"
    lost = [
        (scope, key.key_value)
        for key in former
        if key.key_type in (rule.left_key, rule.right_key) and (scope := key.scope(msp_id, rule.scope)) is not None
    ]
    cursor = await connection.execute(
        f"""
        WITH affected AS MATERIALIZED (
            SELECT {column} AS scope_id, key_value FROM entity_key
            WHERE entity_id = ANY(%(ids)s) AND NOT refers AND {column} IS NOT NULL
              AND (kind = %(left)s AND key_type = %(left_key)s OR kind = %(right)s AND key_type = %(right_key)s)
            UNION
            SELECT * FROM unnest(%(lost_scopes)s::uuid[], %(lost_values)s::text[])
            UNION
            SELECT scope_id, key_value FROM entity_relationship WHERE source_id = ANY(%(ids)s) AND rule = %(rule)s {_SAME}
            UNION
            SELECT scope_id, key_value FROM entity_relationship WHERE target_id = ANY(%(ids)s) AND rule = %(rule)s {_SAME}
        ), holders AS MATERIALIZED (
            SELECT a.scope_id, a.key_value, k.*,
                   coalesce((SELECT min(s.key_value) FROM entity_key s WHERE s.entity_id = k.entity_id AND NOT s.refers
                             AND s.key_type = %(counted_by)s), k.entity_id::text) AS thing,
                   count(*) OVER (PARTITION BY a.scope_id, a.key_value) AS in_all
            FROM affected a CROSS JOIN LATERAL (
                SELECT h.entity_id, h.key_type, h.kind, h.resource FROM entity_key h
                WHERE h.msp_id = %(msp)s AND h.key_type IN (%(left_key)s, %(right_key)s) AND h.key_value = a.key_value
                  AND NOT h.refers AND h.{column} = a.scope_id
                  AND (h.key_type = %(left_key)s AND h.kind = %(left)s
                       OR h.key_type = %(right_key)s AND h.kind = %(right)s)
                LIMIT %(shared_by)s + 1) AS k
        ), shared AS MATERIALIZED (
            SELECT scope_id, key_value, key_type, kind, resource FROM holders WHERE in_all <= %(shared_by)s
            GROUP BY scope_id, key_value, key_type, kind, resource
            HAVING count(DISTINCT thing) > %(most)s OR count(DISTINCT entity_id) > %(fragments)s
        ), pairs AS MATERIALIZED (
            SELECT DISTINCT l.entity_id AS source_id, r.entity_id AS target_id, l.key_value, l.scope_id,
                   EXISTS (SELECT 1 FROM shared s WHERE s.scope_id = l.scope_id AND s.key_value = l.key_value
                           AND (s.key_type, s.kind, s.resource) IN ((l.key_type, l.kind, l.resource),
                                                                    (r.key_type, r.kind, r.resource))) AS ambiguous
            FROM holders l JOIN holders r ON r.scope_id = l.scope_id AND r.key_value = l.key_value AND {pairing}
            WHERE l.key_type = %(left_key)s AND l.kind = %(left)s AND r.key_type = %(right_key)s AND r.kind = %(right)s
              AND l.in_all <= %(shared_by)s AND (%(most)s > 1 OR l.resource <> r.resource)
        ), desired AS MATERIALIZED (
            SELECT source_id, target_id, key_value, scope_id,
                   CASE WHEN %(candidate_only)s THEN 'suggested' WHEN ambiguous THEN 'ambiguous'
                        {_contradicted(rule)} END AS held_back, {_EVIDENCE}
            FROM pairs p
            WHERE NOT EXISTS (SELECT 1 FROM link_decision d
                              WHERE d.one_id = least(source_id, target_id) AND d.other_id = greatest(source_id, target_id)
                                AND d.relation = %(relation)s AND d.verdict = 'rejected' AND d.cleared_at IS NULL)
        ), existing AS MATERIALIZED (
            SELECT x.* FROM affected a JOIN entity_relationship x ON x.rule = %(rule)s AND x.scope_id = a.scope_id
                 AND x.key_value = a.key_value {_SAME}
        ){_DIFF}
        """,  # noqa: S608 - built from the declaration's own words
        {
            **_common(msp_id, at, rule.relation, rule.id, rule.version, rule.confidence, ids),
            "left": rule.left,
            "left_key": rule.left_key,
            "right": rule.right,
            "right_key": rule.right_key,
            "most": rule.most_per_resource,
            "fragments": FRAGMENTS,
            "counted_by": rule.counted_by,
            "shared_by": SHARED_BY,
            "candidate_only": rule.candidate_only,
            "agree": list(rule.agree),
            "disagree": list(rule.disagree),
            "lost_scopes": [scope for scope, _ in lost],
            "lost_values": [value for _, value in lost],
        },
    )
    return {entity for row in await cursor.fetchall() for entity in row}


async def relink_decisions(
    connection: Connection, msp_id: UUID, at: datetime, relation: str, ids: Sequence[UUID]
) -> set[UUID]:
    """Brings the edges that a person confirmed or pinned up to date; returns both ends of each edge begun or ended.

    They hold while both records exist, whatever their keys say; a confirmed one only within one client.
    """
    cursor = await connection.execute(
        f"""
        WITH held AS MATERIALIZED (
            SELECT * FROM link_decision WHERE one_id = ANY(%(ids)s) AND relation = %(relation)s AND cleared_at IS NULL
            UNION
            SELECT * FROM link_decision WHERE other_id = ANY(%(ids)s) AND relation = %(relation)s AND cleared_at IS NULL
        ), desired AS MATERIALIZED (
            SELECT CASE WHEN (a.kind, a.id) < (b.kind, b.id) THEN a.id ELSE b.id END AS source_id,
                   CASE WHEN (a.kind, a.id) < (b.kind, b.id) THEN b.id ELSE a.id END AS target_id,
                   d.id::text AS key_value, least(coalesce(a.client_id, a.account_id), coalesce(b.client_id, b.account_id))
                   AS scope_id,
                   CASE WHEN d.verdict = 'confirmed' AND a.client_id IS DISTINCT FROM b.client_id THEN 'other_client' END
                   AS held_back,
                   jsonb_build_object('verdict', d.verdict, 'author', d.author, 'reason', d.reason,
                                      'decided_at', d.decided_at) AS evidence
            FROM held d JOIN entity a ON a.id = d.one_id JOIN entity b ON b.id = d.other_id
            WHERE d.verdict <> 'rejected' AND a.deleted_at IS NULL AND b.deleted_at IS NULL
        ), existing AS MATERIALIZED (
            SELECT * FROM entity_relationship
            WHERE source_id = ANY(%(ids)s) AND rule = %(rule)s AND relation = %(relation)s AND valid_to IS NULL
            UNION ALL
            SELECT * FROM entity_relationship
            WHERE target_id = ANY(%(ids)s) AND rule = %(rule)s AND relation = %(relation)s AND valid_to IS NULL
              AND source_id <> ALL(%(ids)s)
        ){_DIFF}
        """,  # noqa: S608 - built from constants
        _common(msp_id, at, relation, PERSON, 1, 1, ids),
    )
    return {entity for row in await cursor.fetchall() for entity in row}


def _common(
    msp_id: UUID, at: datetime, relation: str, rule: str, version: int, confidence: float, ids: Sequence[UUID]
) -> dict[str, Any]:
    return {
        "msp": msp_id,
        "at": at,
        "relation": relation,
        "rule": rule,
        "version": version,
        "confidence": confidence,
        "ids": list(ids),
    }


_SAME = """AND valid_to IS NULL AND "left"(relation, 5) = 'same_'"""
"""What the indexes of sameness ask for."""

_EVIDENCE = """jsonb_build_object('left_key', %(left_key)s::text, 'right_key', %(right_key)s::text, 'value', key_value)
                   AS evidence"""

_SAME_EDGE = """d.source_id = e.source_id AND d.target_id = e.target_id AND d.key_value = e.key_value
                 AND d.scope_id = e.scope_id AND d.held_back IS NOT DISTINCT FROM nullif(e.held_back, 'conflict')
                 AND e.rule_version = %(version)s"""
"""Whether an edge is what the rule says. That a cluster holds it back is not the rule's affair."""

_DIFF = f""", ended AS (
            UPDATE entity_relationship x SET valid_to = %(at)s
            FROM existing e LEFT JOIN desired d ON {_SAME_EDGE}
            WHERE x.id = e.id AND d.source_id IS NULL
            RETURNING x.source_id, x.target_id
        ), begun AS (
            INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version, held_back,
                                             confidence, scope_id, key_value, evidence, valid_from)
            SELECT %(msp)s, %(relation)s, d.source_id, d.target_id,
                   CASE WHEN d.held_back IS NULL THEN 'active' ELSE 'candidate' END, %(rule)s, %(version)s, d.held_back,
                   %(confidence)s, d.scope_id, d.key_value, d.evidence, %(at)s
            FROM desired d LEFT JOIN existing e ON {_SAME_EDGE}
            WHERE e.id IS NULL
            RETURNING source_id, target_id
        )
        SELECT source_id, target_id FROM ended UNION SELECT source_id, target_id FROM begun"""  # noqa: S608 - built from constants
"""Ends what exists but is not desired, begins what is desired but does not exist, keeps the rest untouched."""


def _contradicted(rule: SamenessRule) -> str:
    """SQL: the pair lacks the agreement the rule asks for, or disagrees in what both know."""
    clauses = ""
    if rule.agree:
        clauses += """
                        WHEN NOT EXISTS (SELECT 1 FROM entity_key a JOIN entity_key b
                             ON b.key_type = a.key_type AND b.key_value = a.key_value AND NOT b.refers
                             WHERE a.entity_id = p.source_id AND b.entity_id = p.target_id AND NOT a.refers
                               AND a.key_type = ANY(%(agree)s)) THEN 'unconfirmed'"""
    if rule.disagree:
        clauses += """
                        WHEN EXISTS (SELECT 1 FROM unnest(%(disagree)s::text[]) AS d (key_type)
                             WHERE EXISTS (SELECT 1 FROM entity_key a WHERE a.entity_id = p.source_id AND NOT a.refers
                                           AND a.key_type = d.key_type)
                               AND EXISTS (SELECT 1 FROM entity_key b WHERE b.entity_id = p.target_id AND NOT b.refers
                                           AND b.key_type = d.key_type)
                               AND NOT EXISTS (SELECT 1 FROM entity_key a JOIN entity_key b
                                     ON b.key_type = a.key_type AND b.key_value = a.key_value AND NOT b.refers
                                     WHERE a.entity_id = p.source_id AND b.entity_id = p.target_id AND NOT a.refers
                                       AND a.key_type = d.key_type)) THEN 'contradicted'"""
    return clauses
