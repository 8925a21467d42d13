"""SQL of billing rules, of what was known of clients at a time, and of reconciliations that are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import class_row
from pydantic import TypeAdapter

from mspbyte_common.db.engine import Connection
from mspbyte_common.history import Change
from mspbyte_common.reconciliation.book import RuleBook, ScopedRule
from mspbyte_common.reconciliation.rules import Rule
from svc_workers.inputs.store import FRESH_INTERVALS
from svc_workers.links import Listing

_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


async def rule_book(connection: Connection) -> RuleBook:
    """All rules of the msp of the transaction."""
    cursor = await connection.execute("SELECT scope, target_id, rule FROM billing_rule ORDER BY id")
    entries = tuple(
        ScopedRule(scope, target, _RULE.validate_python(rule)) for scope, target, rule in await cursor.fetchall()
    )
    if not any(entry.scope == "client_group" for entry in entries):
        return RuleBook(entries)
    members = await connection.execute("SELECT client_id, group_id FROM client_group_member")
    return RuleBook(entries, dict(await members.fetchall()))


async def clusters(
    connection: Connection, ids: Sequence[UUID], relations: Sequence[str], at: datetime | None = None
) -> dict[UUID, UUID]:
    """The cluster each of these records is in, or was in at a time; those in none are left out."""
    cursor = await connection.execute(
        """
        SELECT entity_id, cluster_id FROM cluster_member
        WHERE entity_id = ANY(%(ids)s) AND relation = ANY(%(relations)s)
          AND CASE WHEN %(at)s::timestamptz IS NULL THEN valid_to IS NULL
                   ELSE valid_from <= %(at)s AND (valid_to IS NULL OR valid_to > %(at)s) END
        """,
        {"ids": list(ids), "relations": list(relations), "at": at},
    )
    return dict(await cursor.fetchall())


@dataclass(frozen=True)
class PastRow:
    """A record that was known at a time, as it is now, with the thing it is a fragment of."""

    id: UUID
    kind: str
    vendor: str
    resource: str
    external_id: str
    account_id: UUID
    client_id: UUID | None
    data: dict[str, Any] | None
    deleted: bool
    merged_id: UUID | None
    place: int | None


async def past_rows(
    connection: Connection, clients: Sequence[UUID], kinds: Sequence[str], needs: Sequence[str], at: datetime
) -> list[PastRow]:
    """Records that were known at a time, of what belongs to the clients or did since; and their PSAs' services."""
    async with connection.cursor(row_factory=class_row(PastRow)) as cursor:
        await cursor.execute(
            """
            SELECT e.id, e.kind, e.vendor, e.resource, e.external_id, e.account_id, e.client_id,
                   e.normalized_data AS data, e.deleted_at IS NOT NULL AS deleted, f.merged_id, f.place
            FROM entity e JOIN account a ON a.id = e.account_id LEFT JOIN fragment f ON f.entity_id = e.id
            WHERE e.first_seen_at <= %(at)s AND e.vendor || '/' || e.resource = ANY(%(needs)s) AND a.state <> 'excluded'
              AND (e.kind = ANY(%(kinds)s) AND (
                       e.client_id = ANY(%(clients)s)
                       OR e.id IN (SELECT c.entity_id FROM entity_change c
                                   WHERE c.at > %(at)s AND c.path = 'client_id' AND c.before #>> '{}' = ANY(%(names)s)))
                   OR e.kind = 'service' AND e.account_id IN (SELECT account_id FROM client WHERE id = ANY(%(clients)s)))
            ORDER BY e.id
            """,
            {
                "at": at,
                "needs": list(needs),
                "kinds": list(kinds),
                "clients": list(clients),
                "names": [str(client) for client in clients],
            },
        )
        return await cursor.fetchall()


async def changes_since(connection: Connection, ids: Sequence[UUID], at: datetime) -> dict[UUID, list[Change]]:
    """By record, its changes later than a time, the latest first."""
    cursor = await connection.execute(
        "SELECT entity_id, path, before, after FROM entity_change WHERE entity_id = ANY(%s) AND at > %s ORDER BY id DESC",
        (list(ids), at),
    )
    found: dict[UUID, list[Change]] = defaultdict(list)
    for entity, path, before, after in await cursor.fetchall():
        found[entity].append(Change(path, before, after))
    return found


async def past_listings(
    connection: Connection, clients: Sequence[UUID], needs: Sequence[str], at: datetime
) -> list[tuple[UUID, str, Listing | None]]:
    """(client, vendor, listing) as `inputs.store.listings`, with what runs had proved at a time; accounts as of today."""
    cursor = await connection.execute(
        """
        SELECT k.id, a.vendor, n.resource,
               CASE WHEN u.finished_at >= %(at)s - %(intervals)s * make_interval(secs => r.interval_seconds)
                    THEN u.finished_at END
        FROM unnest(%(clients)s::uuid[]) AS k (id)
        CROSS JOIN LATERAL (
            SELECT id FROM account WHERE client_id = k.id
            UNION SELECT account_id FROM client WHERE id = k.id
        ) AS mine
        JOIN account a ON a.id = mine.id
        LEFT JOIN (SELECT split_part(need, '/', 1) AS vendor, split_part(need, '/', 2) AS resource
                   FROM unnest(%(needs)s::text[]) AS need) n ON n.vendor = a.vendor
        LEFT JOIN resource r ON r.vendor = a.vendor AND r.name = n.resource
        LEFT JOIN job j ON j.account_id = a.id AND j.resource = n.resource
        LEFT JOIN LATERAL (SELECT finished_at FROM run
                           WHERE job_id = j.id AND state = 'succeeded' AND finished_at <= %(at)s
                           ORDER BY fire_time DESC LIMIT 1) u ON true
        WHERE a.state <> 'excluded' AND a.unreachable_reason IS NULL
        """,
        {"clients": list(clients), "needs": list(needs), "at": at, "intervals": FRESH_INTERVALS},
    )
    return [
        (client, vendor, None if resource is None else Listing(vendor, resource, finished_at))
        for client, vendor, resource, finished_at in await cursor.fetchall()
    ]


@dataclass(frozen=True)
class ClientRow:
    """A client, its PSA's account, and whether it is the msp itself."""

    id: UUID
    account_id: UUID
    name: str
    is_msp: bool


async def clients(connection: Connection, ids: Sequence[UUID]) -> list[ClientRow]:
    """Those of the clients that there are."""
    async with connection.cursor(row_factory=class_row(ClientRow)) as cursor:
        await cursor.execute(
            "SELECT id, account_id, coalesce(name, company_id) AS name, is_msp FROM client WHERE id = ANY(%s) ORDER BY id",
            (list(ids),),
        )
        return await cursor.fetchall()


async def every_client(connection: Connection) -> list[UUID]:
    """All clients but the msp itself, which nobody bills."""
    cursor = await connection.execute("SELECT id FROM client WHERE NOT is_msp ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]


@dataclass(frozen=True)
class Request:
    """A reconciliation as it was asked for: without a client of all, without a time as of now."""

    id: UUID
    client_id: UUID | None
    at: datetime | None


async def requested(connection: Connection, ids: Sequence[UUID]) -> list[Request]:
    """Those that are still asked for, locked."""
    async with connection.cursor(row_factory=class_row(Request)) as cursor:
        await cursor.execute(
            "SELECT id, client_id, at FROM reconciliation WHERE id = ANY(%s) AND state = 'requested' ORDER BY id FOR UPDATE",
            (list(ids),),
        )
        return await cursor.fetchall()


async def write_ready(connection: Connection, request_id: UUID, result: dict[str, Any]) -> None:
    """The answer."""
    await connection.execute(
        "UPDATE reconciliation SET state = 'ready', result = %s::jsonb WHERE id = %s",
        (orjson.dumps(result, default=str).decode(), request_id),
    )


async def write_failed(connection: Connection, request_id: UUID, error: str) -> None:
    """Why there is none."""
    await connection.execute(
        "UPDATE reconciliation SET state = 'failed', error = %s WHERE id = %s", (error[:2_000], request_id)
    )
