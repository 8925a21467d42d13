"""SQL of clusters: what the edges of sameness connect, and cluster_member."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.links import CONFLICT
from svc_linkers.clusters.partition import Edge, Pair, Record
from svc_linkers.rule import ClusterRule
from svc_linkers.store import REJECTED

_COUNTS = f"""valid_to IS NULL AND "left"(relation, 5) = 'same_' AND relation = %(relation)s
              AND (state = 'active' OR held_back = '{CONFLICT}')"""


@dataclass(frozen=True)
class StoredEdge:
    """An edge as the clusters see it."""

    id: int
    edge: Edge
    held_back: str | None


@dataclass(frozen=True)
class Member:
    """A record with what is stored of its cluster; None: it is alone.

    `scope` is within what it meets others: its client, or its account as long as it has none.
    """

    record: Record
    scope: UUID | None
    cluster_id: UUID | None


async def connected(connection: Connection, relation: str, seeds: Collection[UUID]) -> list[StoredEdge]:
    """Every edge that can be reached from the seeds and that a rule or a person found."""
    cursor = await connection.execute(
        f"""
        WITH RECURSIVE near (id) AS (
            SELECT unnest(%(seeds)s::uuid[])
            UNION
            SELECT step.id FROM near CROSS JOIN LATERAL (
                SELECT target_id AS id FROM entity_relationship WHERE source_id = near.id AND {_COUNTS}
                UNION ALL
                SELECT source_id FROM entity_relationship WHERE target_id = near.id AND {_COUNTS}) AS step
        )
        SELECT r.id, r.source_id, r.target_id, r.rule, r.confidence, coalesce(r.evidence ->> 'verdict' = 'pinned', false),
               r.held_back
        FROM near JOIN entity_relationship r ON r.source_id = near.id WHERE {_COUNTS}
        """,  # noqa: S608 - built from constants
        {"relation": relation, "seeds": list(seeds)},
    )
    return [
        StoredEdge(row[0], Edge(row[1], row[2], row[3], float(row[4]), pinned=row[5]), row[6])
        for row in await cursor.fetchall()
    ]


class Around(NamedTuple):
    """Records by id, and pairs of them of which a person said that they are two things."""

    members: dict[UUID, Member]
    rejected: set[Pair]


async def around(connection: Connection, rule: ClusterRule, ids: Collection[UUID]) -> Around:
    """These records, with the cluster each is in today."""
    given = {"ids": list(ids), "relation": rule.relation, "fragments": rule.fragments_by}
    async with connection.pipeline():
        members = await connection.execute(
            """
            SELECT i.id, e.account_id, e.resource, e.client_id, m.cluster_id,
                   ARRAY(SELECT k.key_value FROM entity_key k
                         WHERE k.entity_id = i.id AND NOT k.refers AND k.key_type = %(fragments)s)
            FROM unnest(%(ids)s::uuid[]) AS i (id)
            LEFT JOIN entity e ON e.id = i.id
            LEFT JOIN cluster_member m ON m.entity_id = i.id AND m.relation = %(relation)s AND m.valid_to IS NULL
            """,
            given,
        )
        rejected = await connection.execute(REJECTED, given)
    return Around(
        {
            row[0]: Member(Record(row[0], (row[1], row[2]), frozenset(row[5])), row[3] or row[1], row[4])
            for row in await members.fetchall()
        },
        {frozenset(row[1:]) for row in await rejected.fetchall() if row[0] == rule.relation},
    )


async def restate(connection: Connection, at: datetime, held_back: Mapping[int, str | None]) -> None:
    """Edges by id become active, or candidates for that reason; what held until now stays as history."""
    await connection.execute(
        """
        WITH changed AS (
            SELECT * FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS c (id, reason)
        ), fresh AS (
            UPDATE entity_relationship x SET held_back = c.reason,
                   state = CASE WHEN c.reason IS NULL THEN 'active' ELSE 'candidate' END
            FROM changed c WHERE x.id = c.id AND x.valid_from = %(at)s
        ), ended AS (
            UPDATE entity_relationship x SET valid_to = %(at)s
            FROM changed c WHERE x.id = c.id AND x.valid_from <> %(at)s
            RETURNING x.*, c.reason
        )
        INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version, held_back,
                                         confidence, scope_id, key_value, evidence, valid_from)
        SELECT msp_id, relation, source_id, target_id, CASE WHEN reason IS NULL THEN 'active' ELSE 'candidate' END, rule,
               rule_version, reason, confidence, scope_id, key_value, evidence, %(at)s
        FROM ended
        """,
        {"ids": list(held_back), "reasons": list(held_back.values()), "at": at},
    )


async def write_members(
    connection: Connection, msp_id: UUID, relation: str, at: datetime, rows: Sequence[tuple[UUID, UUID | None]]
) -> None:
    """(record, its cluster now or None): the membership before ends, the new one begins."""
    await connection.execute(
        """
        WITH now_in AS (
            SELECT * FROM unnest(%(ids)s::uuid[], %(clusters)s::uuid[]) AS n (entity_id, cluster_id)
        ), ended AS (
            UPDATE cluster_member m SET valid_to = %(at)s FROM now_in n
            WHERE m.entity_id = n.entity_id AND m.relation = %(relation)s AND m.valid_to IS NULL
            RETURNING m.entity_id
        )
        INSERT INTO cluster_member (msp_id, relation, entity_id, cluster_id, valid_from)
        SELECT %(msp)s, %(relation)s, n.entity_id, n.cluster_id, %(at)s
        FROM now_in n LEFT JOIN ended ON ended.entity_id = n.entity_id WHERE n.cluster_id IS NOT NULL
        """,
        {
            "ids": [row[0] for row in rows],
            "clusters": [row[1] for row in rows],
            "msp": msp_id,
            "relation": relation,
            "at": at,
        },
    )
