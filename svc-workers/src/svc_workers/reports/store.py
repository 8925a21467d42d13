"""SQL of reports: what was asked for, and what is known of clients at a moment.

Each read is one statement for all clients that are asked about. `at` is a moment of the past, or None for now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from psycopg.rows import class_row

from mspbyte_common.db.engine import Connection
from mspbyte_common.history import CLIENT, DELETED, LIST, Change
from svc_workers.inputs.store import FRESH_INTERVALS
from svc_workers.reports.estate import (
    LISTINGS,
    OPEN,
    PROJECTED,
    WHOLE,
    Client,
    Fault,
    Standing,
    StandingFinding,
    VendorAccount,
)
from svc_workers.reports.freshness import Source

FIELDS = sorted({field for fields in PROJECTED.values() for field in fields})
KINDS = [*PROJECTED, *WHOLE]


@dataclass(frozen=True)
class Request:
    """A report someone asked for. `client_id` of None: on all clients; `at` of None: as things are."""

    id: UUID
    client_id: UUID | None
    name: str
    at: datetime | None


class Row(NamedTuple):
    """A record as it is now, with the fields a report reads."""

    id: UUID
    client_id: UUID | None
    account_id: UUID
    vendor: str
    resource: str
    kind: str
    deleted: bool
    data: dict[str, Any]


async def requested(connection: Connection, ids: Sequence[UUID]) -> list[Request]:
    """Those of the reports that still wait to be made, locked."""
    async with connection.cursor(row_factory=class_row(Request)) as cursor:
        await cursor.execute(
            """
            SELECT id, client_id, name, at FROM report WHERE id = ANY(%s) AND state = 'requested'
            ORDER BY id FOR UPDATE
            """,
            (list(ids),),
        )
        return await cursor.fetchall()


async def write_ready(
    connection: Connection, report_id: UUID, *, as_of: datetime, html: str, json: dict[str, Any], csv: str
) -> None:
    """The report in its three forms."""
    await connection.execute(
        """
        UPDATE report SET state = 'ready', as_of = %s, html = %s, json = %s::jsonb, csv = %s, error = NULL
        WHERE id = %s
        """,
        (as_of, html, orjson.dumps(json).decode(), csv, report_id),
    )


async def write_failed(connection: Connection, report_id: UUID, error: str) -> None:
    """Why there is no report."""
    await connection.execute("UPDATE report SET state = 'failed', error = %s WHERE id = %s", (error[:2_000], report_id))


async def declare_reports(connection: Connection, rows: Sequence[tuple[str, str, str]]) -> None:
    """Makes report_declared exactly these (name, title, lead)."""
    names = [name for name, _, _ in rows]
    await connection.execute("DELETE FROM report_declared WHERE name <> ALL(%s)", (names,))
    await connection.execute(
        """
        INSERT INTO report_declared (name, title, lead) SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])
        ON CONFLICT (name) DO UPDATE SET title = EXCLUDED.title, lead = EXCLUDED.lead
        """,
        (names, [title for _, title, _ in rows], [lead for _, _, lead in rows]),
    )


async def msp_name(connection: Connection) -> str:
    """Who sends the report."""
    cursor = await connection.execute("SELECT name FROM msp WHERE id = current_setting('app.msp_id')::uuid")
    [(name,)] = await cursor.fetchall()
    return str(name)


async def clients(connection: Connection, client_id: UUID | None, at: datetime | None) -> list[Client]:
    """That client; or every client that an account of a vendor is mapped to, if it was known by then."""
    async with connection.cursor(row_factory=class_row(Client)) as cursor:
        await cursor.execute(
            """
            SELECT c.id, c.name, c.company_id FROM client c
            WHERE CASE WHEN %(id)s::uuid IS NOT NULL THEN c.id = %(id)s
                       ELSE EXISTS (SELECT 1 FROM account a WHERE a.client_id = c.id AND a.state = 'mapped'
                                    AND (%(at)s::timestamptz IS NULL OR a.created_at <= %(at)s)) END
            ORDER BY lower(c.name), c.company_id, c.id
            """,
            {"id": client_id, "at": at},
        )
        return await cursor.fetchall()


async def records(connection: Connection, ids: Sequence[UUID], at: datetime | None) -> list[Row]:
    """What belongs to the clients, or of the past: what may have belonged to them then, as it is now."""
    cursor = await connection.execute(
        """
        SELECT e.id, e.client_id, e.account_id, e.vendor, e.resource, e.kind, e.deleted_at IS NOT NULL,
               CASE WHEN e.kind = ANY(%(whole)s) THEN e.normalized_data
                    ELSE (SELECT jsonb_object_agg(f, e.normalized_data -> f) FROM unnest(%(fields)s::text[]) AS f
                          WHERE e.normalized_data ? f) END
        FROM (SELECT id FROM entity WHERE client_id = ANY(%(clients)s)
              UNION SELECT k.entity_id FROM entity_change k
              WHERE %(at)s::timestamptz IS NOT NULL AND k.at > %(at)s AND k.path = %(path)s
                AND (k.before #>> '{}')::uuid = ANY(%(clients)s)) AS mine
        JOIN entity e ON e.id = mine.id JOIN account a ON a.id = e.account_id
        WHERE e.kind = ANY(%(kinds)s) AND e.vendor || '/' || e.resource = ANY(%(listings)s)
          AND e.normalized_data IS NOT NULL AND a.state <> 'excluded'
          AND CASE WHEN %(at)s::timestamptz IS NULL THEN e.deleted_at IS NULL ELSE e.first_seen_at <= %(at)s END
        ORDER BY e.id
        """,
        {
            "clients": list(ids),
            "at": at,
            "path": CLIENT,
            "kinds": KINDS,
            "whole": list(WHOLE),
            "fields": FIELDS,
            "listings": list(LISTINGS),
        },
    )
    return [Row(*row) for row in await cursor.fetchall()]


async def changes_since(connection: Connection, ids: Sequence[UUID], at: datetime) -> list[tuple[UUID, Change]]:
    """What changed of these records since then, of the fields a report reads, the latest first."""
    cursor = await connection.execute(
        """
        SELECT k.entity_id, k.path, k.before, k.after FROM entity_change k JOIN entity e ON e.id = k.entity_id
        WHERE k.entity_id = ANY(%s) AND k.at > %s AND (e.kind = ANY(%s) OR k.path = ANY(%s))
        ORDER BY k.id DESC
        """,
        (list(ids), at, list(WHOLE), [*FIELDS, *(field + LIST for field in FIELDS), CLIENT, DELETED]),
    )
    return [(row[0], Change(row[1], row[2], row[3])) for row in await cursor.fetchall()]


async def same_devices(connection: Connection, ids: Sequence[UUID], at: datetime | None) -> list[tuple[UUID, UUID]]:
    """Pairs of these records that are one device: by edges that held then, and as fragments, which have no history."""
    cursor = await connection.execute(
        """
        SELECT r.source_id, r.target_id FROM entity_relationship r
        WHERE r.source_id = ANY(%(ids)s) AND r.relation = 'same_device' AND r.state = 'active'
          AND CASE WHEN %(at)s::timestamptz IS NULL THEN r.valid_to IS NULL
                   ELSE r.valid_from <= %(at)s AND (r.valid_to IS NULL OR r.valid_to > %(at)s) END
        UNION ALL
        SELECT l.entity_id, f.entity_id FROM fragment l JOIN fragment f ON f.merged_id = l.merged_id AND f.place > 0
        WHERE l.entity_id = ANY(%(ids)s) AND l.place = 0
        """,
        {"ids": list(ids), "at": at},
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def sources(connection: Connection, ids: Sequence[UUID], at: datetime | None) -> list[Source]:
    """Each listing of each account of the clients, their PSA among them; excluded accounts are left out.

    Of the past: the last run before that came to a good end.
    """
    async with connection.cursor(row_factory=class_row(Source)) as cursor:
        await cursor.execute(
            """
            SELECT mine.client_id, a.vendor, r.name AS resource, COALESCE(a.name, a.external_id) AS account,
                   known.current_at,
                   COALESCE(known.current_at < COALESCE(%(at)s, transaction_timestamp())
                            - %(intervals)s * make_interval(secs => r.interval_seconds), false) AS stale,
                   %(at)s::timestamptz IS NOT NULL OR a.unreachable_reason IS NULL AS reachable,
                   CASE WHEN %(at)s::timestamptz IS NULL
                        THEN COALESCE(a.unreachable_reason, a.parked_reason, a.parked_class, l.unavailable_reason)
                        WHEN known.current_at IS NULL THEN 'not read by then' END AS problem
            FROM (SELECT client_id, id FROM account WHERE client_id = ANY(%(clients)s)
                  UNION SELECT id, account_id FROM client WHERE id = ANY(%(clients)s)) AS mine (client_id, id)
            JOIN account a ON a.id = mine.id
            JOIN resource r ON r.vendor = a.vendor
            LEFT JOIN listing l ON l.account_id = a.id AND l.resource = r.name
            LEFT JOIN job j ON j.account_id = a.id AND j.resource = r.name
            LEFT JOIN LATERAL (
                SELECT l.current_at WHERE %(at)s::timestamptz IS NULL
                UNION ALL
                (SELECT u.finished_at FROM run u
                 WHERE %(at)s::timestamptz IS NOT NULL AND u.job_id = j.id AND u.state = 'succeeded'
                   AND u.fire_time <= %(at)s AND u.finished_at <= %(at)s
                 ORDER BY u.fire_time DESC LIMIT 1)) AS known (current_at) ON true
            WHERE a.state <> 'excluded'
              AND ((r.level = 'root' AND a.is_root) OR (r.level = 'tenant' AND a.is_tenant))
            ORDER BY a.vendor, r.name, account
            """,
            {"clients": list(ids), "at": at, "intervals": FRESH_INTERVALS},
        )
        return await cursor.fetchall()


async def findings(
    connection: Connection, ids: Sequence[UUID], at: datetime | None, *, evidence: bool
) -> list[StandingFinding]:
    """The clients' findings that are, or then were, not resolved, the gravest and oldest first.

    A finding that was rewritten since tells what its last event before says, and no title: of that there is no history.
    """
    async with connection.cursor(row_factory=class_row(StandingFinding)) as cursor:
        await cursor.execute(
            """
            SELECT f.client_id, f.check_name, f.opened_at, told.severity, told.state,
                   CASE WHEN %(at)s::timestamptz IS NULL OR f.changed_at <= %(at)s THEN f.title END AS title,
                   CASE WHEN %(evidence)s THEN told.evidence ELSE '{}' END AS evidence
            FROM finding f CROSS JOIN LATERAL (
                SELECT f.state, f.severity, f.evidence
                WHERE %(at)s::timestamptz IS NULL OR f.changed_at <= %(at)s
                UNION ALL
                (SELECT e.state, e.severity, e.evidence FROM finding_event e
                 WHERE f.changed_at > %(at)s AND e.finding_id = f.id AND e.at <= %(at)s ORDER BY e.id DESC LIMIT 1)
            ) AS told
            WHERE f.client_id = ANY(%(clients)s) AND told.state <> 'resolved'
            ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], told.severity), f.check_name,
                     f.opened_at, f.title, f.id
            """,
            {"clients": list(ids), "at": at, "evidence": evidence},
        )
        return await cursor.fetchall()


async def standing(connection: Connection, ids: Sequence[UUID], moments: Sequence[datetime]) -> list[Standing]:
    """How many findings were open at each moment, by check and severity, as their events tell."""
    async with connection.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(
            """
            SELECT m.at, f.check_name, told.severity, count(*)::int AS number
            FROM unnest(%(moments)s::timestamptz[]) AS m (at)
            JOIN finding f ON f.client_id = ANY(%(clients)s) AND f.opened_at <= m.at
            CROSS JOIN LATERAL (
                SELECT e.state, e.severity FROM finding_event e
                WHERE e.finding_id = f.id AND e.at <= m.at ORDER BY e.id DESC LIMIT 1) AS told
            WHERE told.state = ANY(%(open)s)
            GROUP BY m.at, f.check_name, told.severity ORDER BY m.at, f.check_name, told.severity
            """,
            {"clients": list(ids), "moments": list(moments), "open": sorted(OPEN)},
        )
        return await cursor.fetchall()


async def known_since(connection: Connection, ids: Sequence[UUID]) -> datetime | None:
    """When the first account of these clients was found, their PSA among them; None: none was."""
    cursor = await connection.execute(
        """
        SELECT min(a.created_at) FROM account a
        WHERE a.client_id = ANY(%(clients)s) OR a.id IN (SELECT account_id FROM client WHERE id = ANY(%(clients)s))
        """,
        {"clients": list(ids)},
    )
    [(since,)] = await cursor.fetchall()
    return since if isinstance(since, datetime) else None


async def faults(connection: Connection, ids: Sequence[UUID], *, unowned: bool) -> list[Fault]:
    """Issues and quarantined records of the clients, and those of no client where they are asked for."""
    async with connection.cursor(row_factory=class_row(Fault)) as cursor:
        await cursor.execute(
            """
            SELECT client_id, vendor, resource, state, rule, field, records, since FROM v_data_quality
            WHERE client_id = ANY(%s) OR client_id IS NULL AND %s
            ORDER BY records DESC, vendor, resource, rule, field
            """,
            (list(ids), unowned),
        )
        return await cursor.fetchall()


async def vendor_accounts(connection: Connection) -> list[VendorAccount]:
    """Every tenant of the msp."""
    async with connection.cursor(row_factory=class_row(VendorAccount)) as cursor:
        await cursor.execute(
            """
            SELECT a.vendor, COALESCE(a.name, a.external_id) AS name, a.state, c.name AS client,
                   COALESCE(a.unreachable_reason, a.parked_reason, a.parked_class) AS problem
            FROM account a LEFT JOIN client c ON c.id = a.client_id WHERE a.is_tenant
            ORDER BY a.vendor, name, a.id
            """
        )
        return await cursor.fetchall()
