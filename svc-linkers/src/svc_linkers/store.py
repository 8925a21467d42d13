"""SQL of the linkers: entity_relationship. One set-based statement per rule and batch."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mspbyte_common.db.engine import Connection
from svc_linkers.rule import ReferenceRule, SamenessRule, Scope

SHARED_BY = 30
"""A value that more records than this are known by, within its scope, tells none of them from the others."""

_SCOPE_COLUMN: dict[Scope, str] = {"msp": "msp_id", "client": "client_id", "account": "account_id"}


async def one_at_a_time(connection: Connection, msp_id: UUID) -> None:
    """Waits until no other batch of the msp is being linked."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('link:' || %s::text, 0))", (str(msp_id),))


async def relink_reference(connection: Connection, msp_id: UUID, rule: ReferenceRule, ids: Sequence[UUID]) -> set[UUID]:
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
            SELECT DISTINCT source_id, target_id, key_value, scope_id, 'active'::text AS state FROM pairs
            WHERE source_id <> target_id
        ), existing AS MATERIALIZED (
            SELECT id, source_id, target_id, key_value, state, scope_id FROM entity_relationship
            WHERE source_id = ANY(%(ids)s) AND rule = %(rule)s AND valid_to IS NULL
            UNION
            SELECT id, source_id, target_id, key_value, state, scope_id FROM entity_relationship
            WHERE target_id = ANY(%(ids)s) AND rule = %(rule)s AND valid_to IS NULL
        ){_DIFF}
        """,  # noqa: S608 - built from the declaration's own words
        {
            "ids": list(ids),
            "msp": msp_id,
            "rule": rule.id,
            "version": rule.version,
            "relation": rule.relation,
            "confidence": 1,
            "refers": rule.refers,
            "known_by": rule.known_by,
            "left_key": rule.refers,
            "right_key": rule.known_by,
            "source": rule.source,
            "targets": list(rule.targets),
        },
    )
    return {entity for row in await cursor.fetchall() for entity in row}


async def relink_sameness(connection: Connection, msp_id: UUID, rule: SamenessRule, ids: Sequence[UUID]) -> set[UUID]:
    """Brings a sameness rule's edges up to date for every key value that a record of the batch has or had.

    Whether a value is ambiguous depends on all who have it, so each value is looked at as a whole.
    """
    column = _SCOPE_COLUMN[rule.scope]
    symmetric = rule.left == rule.right and rule.left_key == rule.right_key
    pairing = "l.entity_id < r.entity_id" if symmetric else "l.entity_id <> r.entity_id"
    cursor = await connection.execute(
        f"""
        WITH affected AS MATERIALIZED (
            SELECT {column} AS scope_id, key_value FROM entity_key
            WHERE entity_id = ANY(%(ids)s) AND NOT refers AND {column} IS NOT NULL
              AND (kind = %(left)s AND key_type = %(left_key)s OR kind = %(right)s AND key_type = %(right_key)s)
            UNION
            SELECT scope_id, key_value FROM entity_relationship
            WHERE source_id = ANY(%(ids)s) AND rule = %(rule)s AND valid_to IS NULL
            UNION
            SELECT scope_id, key_value FROM entity_relationship
            WHERE target_id = ANY(%(ids)s) AND rule = %(rule)s AND valid_to IS NULL
        ), holders AS MATERIALIZED (
            SELECT a.scope_id, a.key_value, k.entity_id, k.key_type, k.kind, k.resource,
                   coalesce((SELECT min(s.key_value) FROM entity_key s WHERE s.entity_id = k.entity_id AND NOT s.refers
                             AND s.key_type = %(counted_by)s), k.entity_id::text) AS thing,
                   count(*) OVER (PARTITION BY a.scope_id, a.key_value) AS in_all
            FROM affected a JOIN entity_key k ON k.msp_id = %(msp)s AND k.key_value = a.key_value AND NOT k.refers
                 AND k.{column} = a.scope_id
                 AND (k.key_type = %(left_key)s AND k.kind = %(left)s OR k.key_type = %(right_key)s AND k.kind = %(right)s)
            WHERE k.key_type IN (%(left_key)s, %(right_key)s)
        ), shared AS MATERIALIZED (
            SELECT scope_id, key_value, key_type, kind, resource FROM holders
            GROUP BY scope_id, key_value, key_type, kind, resource HAVING count(DISTINCT thing) > %(most)s
        ), pairs AS MATERIALIZED (
            SELECT DISTINCT l.entity_id AS source_id, r.entity_id AS target_id, l.key_value, l.scope_id,
                   EXISTS (SELECT 1 FROM shared s WHERE s.scope_id = l.scope_id AND s.key_value = l.key_value
                           AND (s.key_type, s.kind, s.resource) IN ((l.key_type, l.kind, l.resource),
                                                                    (r.key_type, r.kind, r.resource))) AS ambiguous
            FROM holders l JOIN holders r ON r.scope_id = l.scope_id AND r.key_value = l.key_value AND {pairing}
            WHERE l.key_type = %(left_key)s AND l.kind = %(left)s AND r.key_type = %(right_key)s AND r.kind = %(right)s
              AND l.in_all <= %(shared_by)s
              AND (%(most)s > 1 OR l.resource <> r.resource)
        ), desired AS MATERIALIZED (
            SELECT source_id, target_id, key_value, scope_id,
                   CASE WHEN ambiguous OR %(candidate_only)s {_contradicted(rule)} THEN 'candidate' ELSE 'active' END AS state
            FROM pairs p
        ), existing AS MATERIALIZED (
            SELECT x.id, x.source_id, x.target_id, x.key_value, x.state, x.scope_id
            FROM affected a JOIN entity_relationship x ON x.rule = %(rule)s AND x.scope_id = a.scope_id
                 AND x.key_value = a.key_value AND x.valid_to IS NULL AND "left"(x.relation, 5) = 'same_'
        ){_DIFF}
        """,  # noqa: S608 - built from the declaration's own words
        {
            "ids": list(ids),
            "msp": msp_id,
            "rule": rule.id,
            "version": rule.version,
            "relation": rule.relation,
            "confidence": rule.confidence,
            "left": rule.left,
            "left_key": rule.left_key,
            "right": rule.right,
            "right_key": rule.right_key,
            "most": rule.most_per_resource,
            "counted_by": rule.counted_by,
            "shared_by": SHARED_BY,
            "candidate_only": rule.candidate_only,
            "agree": list(rule.agree),
            "disagree": list(rule.disagree),
        },
    )
    return {entity for row in await cursor.fetchall() for entity in row}


_DIFF = """, ended AS (
            UPDATE entity_relationship x SET valid_to = now()
            FROM existing e LEFT JOIN desired d ON d.source_id = e.source_id AND d.target_id = e.target_id
                 AND d.key_value = e.key_value AND d.state = e.state AND d.scope_id = e.scope_id
            WHERE x.id = e.id AND d.source_id IS NULL
            RETURNING x.source_id, x.target_id
        ), begun AS (
            INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version, confidence,
                                             scope_id, key_value, evidence)
            SELECT %(msp)s, %(relation)s, d.source_id, d.target_id, d.state, %(rule)s, %(version)s, %(confidence)s,
                   d.scope_id, d.key_value,
                   jsonb_build_object('left_key', %(left_key)s::text, 'right_key', %(right_key)s::text, 'value', d.key_value)
            FROM desired d LEFT JOIN existing e ON d.source_id = e.source_id AND d.target_id = e.target_id
                 AND d.key_value = e.key_value AND d.state = e.state AND d.scope_id = e.scope_id
            WHERE e.id IS NULL
            RETURNING source_id, target_id
        )
        SELECT source_id, target_id FROM ended UNION SELECT source_id, target_id FROM begun"""
"""Ends what exists but is not desired, begins what is desired but does not exist, keeps the rest untouched."""


def _contradicted(rule: SamenessRule) -> str:
    """SQL: the pair lacks the agreement the rule asks for, or disagrees in what both know."""
    clauses = ""
    if rule.agree:
        clauses += """
                   OR NOT EXISTS (SELECT 1 FROM entity_key a JOIN entity_key b
                        ON b.key_type = a.key_type AND b.key_value = a.key_value AND NOT b.refers
                        WHERE a.entity_id = p.source_id AND b.entity_id = p.target_id AND NOT a.refers
                          AND a.key_type = ANY(%(agree)s))"""
    if rule.disagree:
        clauses += """
                   OR EXISTS (SELECT 1 FROM unnest(%(disagree)s::text[]) AS d (key_type)
                        WHERE EXISTS (SELECT 1 FROM entity_key a WHERE a.entity_id = p.source_id AND NOT a.refers
                                      AND a.key_type = d.key_type)
                          AND EXISTS (SELECT 1 FROM entity_key b WHERE b.entity_id = p.target_id AND NOT b.refers
                                      AND b.key_type = d.key_type)
                          AND NOT EXISTS (SELECT 1 FROM entity_key a JOIN entity_key b
                                ON b.key_type = a.key_type AND b.key_value = a.key_value AND NOT b.refers
                                WHERE a.entity_id = p.source_id AND b.entity_id = p.target_id AND NOT a.refers
                                  AND a.key_type = d.key_type))"""
    return clauses
