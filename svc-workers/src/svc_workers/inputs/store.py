"""SQL that reads subjects and their surroundings, and the locks under which that is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from psycopg.rows import args_row, class_row

from mspbyte_common.db.engine import Connection
from mspbyte_common.db.merged import DOCUMENT
from svc_workers.links import Listing


class EntityRow(NamedTuple):
    """An entity, in the order of `_ENTITY`'s columns.

    `data` is normalized_data as JSON text; None where it was never normalized. That of the leading one of several records
    of one thing is what all of them tell, `fragments` are the others; of one of those, `merged_into` is the leading one.
    """

    id: UUID
    kind: str
    vendor: str
    resource: str
    external_id: str
    account_id: UUID
    client_id: UUID | None
    data: str | None
    deleted: bool
    excluded: bool
    merged_into: UUID | None
    fragments: list[UUID]


@dataclass(frozen=True)
class AccountRow:
    """An account, its facts as JSON text."""

    id: UUID
    vendor: str
    external_id: str
    client_id: UUID | None
    data: str
    excluded: bool


FRESH_INTERVALS = 2
"""A listing older than this many of its intervals tells nothing; adapters say so when such a one is complete again."""

_ENTITY = f"""
    SELECT e.id, e.kind, e.vendor, e.resource, e.external_id, e.account_id, e.client_id,
           CASE WHEN f.place = 0 THEN {DOCUMENT} ELSE e.normalized_data END::text AS data,
           e.deleted_at IS NOT NULL AS deleted, COALESCE(a.state = 'excluded', false) AS excluded,
           CASE WHEN f.place > 0 THEN m.leading_id END AS merged_into,
           CASE WHEN f.place = 0 THEN ARRAY(SELECT p.entity_id FROM fragment p WHERE p.merged_id = m.id AND p.place > 0)
                ELSE '{{}}' END AS fragments
    FROM entity e LEFT JOIN account a ON a.id = e.account_id
    LEFT JOIN fragment f ON f.entity_id = e.id LEFT JOIN merged m ON m.id = f.merged_id
"""  # noqa: S608 - constants


async def lock_freshness(connection: Connection, msp_id: UUID) -> None:
    """Holds off listings of the msp that are about to become complete, until this transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended('freshness:' || %s::text, 0))", (str(msp_id),)
    )


async def lock_clients(connection: Connection, ids: Sequence[UUID]) -> None:
    """Waits until no other transaction evaluates the clients of these subjects, and keeps the next ones waiting.

    A subject without a client is serialised by its account. Locks are taken in order, so that two cannot deadlock.
    """
    cursor = await connection.execute(
        """
        SELECT COALESCE(client_id, account_id)::text FROM entity WHERE id = ANY(%(ids)s)
        UNION SELECT COALESCE(client_id, id)::text FROM account WHERE id = ANY(%(ids)s)
        """,
        {"ids": list(ids)},
    )
    keys = sorted(row[0] for row in await cursor.fetchall())
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('evaluate:' || key, 0)) FROM unnest(%s::text[]) AS key", (keys,)
    )


async def being_linked(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the entities whose keys, or whose fragments' keys, have changed but whose edges have not followed yet.

    Their link work ends in an evaluation of its own; until then what they lack proves nothing.
    """
    cursor = await connection.execute(
        """
        WITH asked (id, subject) AS (
            SELECT id, id FROM unnest(%(ids)s::uuid[]) AS id
            UNION ALL
            SELECT p.entity_id, f.entity_id FROM fragment f JOIN fragment p ON p.merged_id = f.merged_id AND p.place > 0
            WHERE f.entity_id = ANY(%(ids)s) AND f.place = 0)
        SELECT DISTINCT asked.subject FROM work w CROSS JOIN LATERAL unnest(w.entity_ids) AS waiting (id)
        JOIN asked ON asked.id = waiting.id WHERE w.stage = 'link'
        """,
        {"ids": list(ids)},
    )
    return {row[0] for row in await cursor.fetchall()}


async def now(connection: Connection) -> datetime:
    """The one moment of this transaction."""
    cursor = await connection.execute("SELECT transaction_timestamp()")
    [(moment,)] = await cursor.fetchall()
    return cast("datetime", moment)


async def entities(connection: Connection, ids: Sequence[UUID]) -> list[EntityRow]:
    """Entities by id, deleted ones too."""
    async with connection.cursor(row_factory=args_row(EntityRow)) as cursor:
        await cursor.execute(f"{_ENTITY} WHERE e.id = ANY(%s) ORDER BY e.id", (list(ids),))
        return await cursor.fetchall()


async def accounts(connection: Connection, ids: Sequence[UUID]) -> list[AccountRow]:
    """Accounts by id."""
    async with connection.cursor(row_factory=class_row(AccountRow)) as cursor:
        await cursor.execute(
            """
            SELECT a.id, a.vendor, a.external_id, a.client_id, a.state = 'excluded' AS excluded,
                   json_build_object('vendor', a.vendor, 'external_id', a.external_id, 'name', a.name, 'state', a.state,
                                     'is_root', a.is_root, 'is_tenant', a.is_tenant,
                                     'unreachable_reason', a.unreachable_reason, 'parked_class', a.parked_class,
                                     'parked_reason', a.parked_reason, 'parked_at', a.parked_at,
                                     'credential_expires_at', CASE WHEN a.is_root THEN c.expires_at END,
                                     'created_at', a.created_at, 'lists', coalesce(k.lists, '[]'),
                                     'troubles', coalesce(t.troubles, '[]'))::text AS data
            FROM account a JOIN connection c ON c.id = a.connection_id
            LEFT JOIN LATERAL (
                SELECT json_agg(json_build_object('resource', b.resource, 'since', b.failing_since,
                                                  'error_class', b.error_class, 'error', b.error, 'advice', b.advice)
                                ORDER BY b.resource) AS troubles
                FROM breaker b WHERE b.account_id = a.id AND b.open_since IS NOT NULL) t ON true
            LEFT JOIN LATERAL (
                SELECT json_agg(json_build_object('resource', j.resource, 'interval_seconds', r.interval_seconds,
                                                  'current_at', l.current_at, 'unavailable_class', refused.error_class)
                                ORDER BY j.resource) AS lists
                FROM job j JOIN resource r ON r.vendor = j.vendor AND r.name = j.resource
                LEFT JOIN listing l ON l.job_id = j.id
                LEFT JOIN LATERAL (
                    SELECT coalesce(run.error_class, 'unknown') AS error_class FROM run
                    WHERE run.job_id = j.id AND run.state = 'unavailable' AND l.unavailable_reason IS NOT NULL
                    ORDER BY run.fire_time DESC LIMIT 1) refused ON true
                WHERE j.account_id = a.id AND j.enabled AND NOT j.paused) k ON true
            WHERE a.id = ANY(%s) ORDER BY a.id
            """,
            (list(ids),),
        )
        return await cursor.fetchall()


async def edges(
    connection: Connection, ids: Sequence[UUID], relations: Sequence[str]
) -> list[tuple[UUID, str, UUID, bool]]:
    """(subject, relation, neighbour, certain) over edges that hold, from either end; not certain: only candidates.

    Records of one cluster are neighbours by its relation, whether an edge runs between the two or over others.
    """
    if not relations:
        return []
    cursor = await connection.execute(
        """
        SELECT near, relation, far, bool_or(state = 'active') FROM (
            SELECT source_id AS near, relation, target_id AS far, state FROM entity_relationship
            WHERE source_id = ANY(%(ids)s) AND valid_to IS NULL AND relation = ANY(%(relations)s)
            UNION ALL
            SELECT target_id, relation, source_id, state FROM entity_relationship
            WHERE target_id = ANY(%(ids)s) AND valid_to IS NULL AND relation = ANY(%(relations)s)
            UNION ALL
            SELECT m.entity_id, m.relation, o.entity_id, 'active' FROM cluster_member m
            JOIN cluster_member o ON o.cluster_id = m.cluster_id AND o.relation = m.relation AND o.valid_to IS NULL
                                  AND o.entity_id <> m.entity_id
            WHERE m.entity_id = ANY(%(ids)s) AND m.valid_to IS NULL AND m.relation = ANY(%(relations)s)) AS edge
        GROUP BY near, relation, far ORDER BY near, relation, far
        """,
        {"ids": list(ids), "relations": list(relations)},
    )
    return [(row[0], row[1], row[2], row[3]) for row in await cursor.fetchall()]


async def of_clients(
    connection: Connection, clients: Sequence[UUID], kinds: Sequence[str], needs: Sequence[str]
) -> list[EntityRow]:
    """What the clients have of these kinds in the listings 'vendor/resource', each thing once, but for excluded accounts."""
    async with connection.cursor(row_factory=args_row(EntityRow)) as cursor:
        await cursor.execute(
            f"""
            {_ENTITY}
            WHERE e.client_id = ANY(%s) AND e.kind = ANY(%s) AND e.vendor || '/' || e.resource = ANY(%s)
              AND e.deleted_at IS NULL AND e.normalized_data IS NOT NULL AND a.state IS DISTINCT FROM 'excluded'
              AND COALESCE(f.place, 0) = 0
            ORDER BY e.id
            """,
            (list(clients), list(kinds), list(needs)),
        )
        return await cursor.fetchall()


async def of_accounts(
    connection: Connection, accounts: Sequence[UUID], kinds: Sequence[str], needs: Sequence[str]
) -> list[EntityRow]:
    """What the accounts have of these kinds in the listings 'vendor/resource'."""
    async with connection.cursor(row_factory=args_row(EntityRow)) as cursor:
        await cursor.execute(
            f"""
            {_ENTITY}
            WHERE e.account_id = ANY(%s) AND e.resource = ANY(%s) AND e.kind = ANY(%s)
              AND e.vendor || '/' || e.resource = ANY(%s) AND e.deleted_at IS NULL AND e.normalized_data IS NOT NULL
            ORDER BY e.id
            """,
            (list(accounts), [need.partition("/")[2] for need in needs], list(kinds), list(needs)),
        )
        return await cursor.fetchall()


async def listings(
    connection: Connection, clients: Sequence[UUID], needs: Sequence[str]
) -> list[tuple[UUID, str, Listing | None]]:
    """(client, vendor, listing) for each account of a client that can be read, and each listing of `needs` it has.

    An account whose vendor has none in `needs` gives one row without. A client's accounts are those mapped to it,
    and its PSA. A listing is settled when none of its account's records of that kind is on its way to be linked, nor
    will be: a rebuild may have records before it that were never mapped, or are no longer.
    """
    cursor = await connection.execute(
        """
        SELECT k.id, a.vendor, n.resource,
               CASE WHEN l.unavailable_reason IS NULL AND (r.interval_seconds IS NULL OR l.current_at
                         >= transaction_timestamp() - %(intervals)s * make_interval(secs => r.interval_seconds))
                    THEN l.current_at END,
               NOT EXISTS (SELECT 1 FROM work w WHERE w.account_id = a.id AND w.kind = r.kind
                           AND w.stage IN ('process', 'resolve', 'link'))
               AND NOT EXISTS (
                   SELECT 1 FROM rebuild b WHERE b.msp_id = a.msp_id AND b.state = 'open' AND b.stage = 'process'
                   AND COALESCE(b.vendor, a.vendor) = a.vendor AND (b.account_id IS NULL OR b.account_id <= a.id)
                   AND EXISTS (SELECT 1 FROM entity e WHERE e.account_id = a.id AND e.resource = n.resource
                               AND e.mapper_version IS NULL AND e.deleted_at IS NULL)),
               l.unavailable_reason
        FROM unnest(%(clients)s::uuid[]) AS k (id)
        CROSS JOIN LATERAL (
            SELECT id FROM account WHERE client_id = k.id
            UNION SELECT account_id FROM client WHERE id = k.id
        ) AS mine
        JOIN account a ON a.id = mine.id
        LEFT JOIN (SELECT split_part(need, '/', 1) AS vendor, split_part(need, '/', 2) AS resource
                   FROM unnest(%(needs)s::text[]) AS need) n ON n.vendor = a.vendor
        LEFT JOIN listing l ON l.account_id = a.id AND l.resource = n.resource
        LEFT JOIN resource r ON r.vendor = a.vendor AND r.name = n.resource
        WHERE a.state <> 'excluded' AND a.unreachable_reason IS NULL
        """,
        {"clients": list(clients), "needs": list(needs), "intervals": FRESH_INTERVALS},
    )
    return [
        (client, vendor, None if resource is None else Listing(vendor, resource, current_at, settled, unavailable))
        for client, vendor, resource, current_at, settled, unavailable in await cursor.fetchall()
    ]
