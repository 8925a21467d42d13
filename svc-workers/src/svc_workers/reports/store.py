"""SQL of reports: what was asked for, what is counted, and the three forms written back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import class_row, dict_row

from mspbyte_common.db.engine import Connection
from svc_workers.inputs.store import FRESH_INTERVALS


@dataclass(frozen=True)
class Request:
    """A report someone asked for."""

    id: UUID
    client_id: UUID
    name: str


@dataclass(frozen=True)
class Client:
    """Whom a report is about, and who sends it."""

    name: str | None
    msp: str


@dataclass(frozen=True)
class Source:
    """When one account's list of one resource was last read whole; `stale`: too long ago to rely on."""

    vendor: str
    resource: str
    account: str
    current_at: datetime | None
    stale: bool
    reachable: bool
    problem: str | None


@dataclass(frozen=True)
class DeviceRow:
    """A device as one source sees it, with what the coverage table needs."""

    id: UUID
    vendor: str
    resource: str
    device_class: str
    last_seen_at: datetime | None


@dataclass(frozen=True)
class FindingRow:
    """A finding that is not resolved."""

    check_name: str
    subject_kind: str
    severity: str
    state: str
    title: str
    evidence: dict[str, Any]
    opened_at: datetime


async def requested(connection: Connection, ids: list[UUID]) -> list[Request]:
    """Those of the reports that still wait to be made, locked."""
    async with connection.cursor(row_factory=class_row(Request)) as cursor:
        await cursor.execute(
            "SELECT id, client_id, name FROM report WHERE id = ANY(%s) AND state = 'requested' ORDER BY id FOR UPDATE",
            (ids,),
        )
        return await cursor.fetchall()


async def write_ready(
    connection: Connection, report_id: UUID, *, as_of: datetime, html: str, numbers: dict[str, Any], csv: str
) -> None:
    """The report in its three forms."""
    await connection.execute(
        """
        UPDATE report SET state = 'ready', as_of = %s, html = %s, json = %s::jsonb, csv = %s, error = NULL
        WHERE id = %s
        """,
        (as_of, html, orjson.dumps(numbers).decode(), csv, report_id),
    )


async def write_failed(connection: Connection, report_id: UUID, error: str) -> None:
    """Why there is no report."""
    await connection.execute("UPDATE report SET state = 'failed', error = %s WHERE id = %s", (error[:2_000], report_id))


async def client(connection: Connection, client_id: UUID) -> Client | None:
    """The client's name and its MSP's; None for a client that is not there."""
    async with connection.cursor(row_factory=class_row(Client)) as cursor:
        await cursor.execute(
            "SELECT c.name, m.name AS msp FROM client c JOIN msp m ON m.id = c.msp_id WHERE c.id = %s", (client_id,)
        )
        return await cursor.fetchone()


async def sources(connection: Connection, client_id: UUID) -> list[Source]:
    """Each listing of each account of the client, its PSA among them; excluded accounts are left out."""
    async with connection.cursor(row_factory=class_row(Source)) as cursor:
        await cursor.execute(
            """
            SELECT a.vendor, r.name AS resource, COALESCE(a.name, a.external_id) AS account, l.current_at,
                   COALESCE(l.current_at < transaction_timestamp()
                            - %(intervals)s * make_interval(secs => r.interval_seconds), false) AS stale,
                   a.unreachable_reason IS NULL AS reachable,
                   COALESCE(a.unreachable_reason, a.parked_reason, a.parked_class, l.unavailable_reason) AS problem
            FROM (SELECT id FROM account WHERE client_id = %(client)s
                  UNION SELECT account_id FROM client WHERE id = %(client)s) AS mine
            JOIN account a ON a.id = mine.id
            JOIN resource r ON r.vendor = a.vendor
            LEFT JOIN listing l ON l.account_id = a.id AND l.resource = r.name
            WHERE a.state <> 'excluded'
              AND ((r.level = 'root' AND a.is_root) OR (r.level = 'tenant' AND a.is_tenant))
            ORDER BY a.vendor, r.name, account
            """,
            {"client": client_id, "intervals": FRESH_INTERVALS},
        )
        return await cursor.fetchall()


async def people(connection: Connection, client_id: UUID) -> dict[str, int]:
    """How many identities and contacts the client has, by what they are."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            """
            SELECT count(*) FILTER (WHERE kind = 'identity') AS identities,
                   count(*) FILTER (WHERE kind = 'identity' AND normalized_data ->> 'enabled' = 'true') AS enabled,
                   count(*) FILTER (WHERE kind = 'identity' AND normalized_data ->> 'enabled' = 'false') AS disabled,
                   count(*) FILTER (WHERE kind = 'identity'
                                      AND normalized_data ->> 'identity_type' = 'guest') AS guests,
                   count(*) FILTER (WHERE kind = 'identity'
                                      AND normalized_data -> 'licence_ids' NOT IN ('[]', 'null')) AS licensed,
                   count(*) FILTER (WHERE kind = 'contact') AS contacts,
                   count(*) FILTER (WHERE kind = 'contact' AND normalized_data ->> 'active' = 'true') AS active_contacts
            FROM entity e JOIN account a ON a.id = e.account_id
            WHERE e.client_id = %s AND e.kind IN ('identity', 'contact') AND e.deleted_at IS NULL
              AND e.normalized_data IS NOT NULL AND a.state <> 'excluded'
              AND (e.vendor, e.resource) IN (('m365', 'users'), ('autotask', 'Contacts'))
            """,
            (client_id,),
        )
        return await cursor.fetchone() or {}


async def devices(connection: Connection, client_id: UUID) -> list[DeviceRow]:
    """The client's devices, once per source."""
    async with connection.cursor(row_factory=class_row(DeviceRow)) as cursor:
        await cursor.execute(
            """
            SELECT e.id, e.vendor, e.resource, e.normalized_data ->> 'device_class' AS device_class,
                   (e.normalized_data ->> 'last_seen_at')::timestamptz AS last_seen_at
            FROM entity e JOIN account a ON a.id = e.account_id
            WHERE e.client_id = %s AND e.kind = 'device' AND e.deleted_at IS NULL AND e.normalized_data IS NOT NULL
              AND a.state <> 'excluded'
            ORDER BY e.id
            """,
            (client_id,),
        )
        return await cursor.fetchall()


async def same_devices(connection: Connection, client_id: UUID) -> list[tuple[UUID, UUID]]:
    """Pairs of records of the client that are one device, by edges or as fragments."""
    cursor = await connection.execute(
        """
        SELECT r.source_id, r.target_id FROM entity e JOIN entity_relationship r ON r.source_id = e.id
        WHERE e.client_id = %(client)s AND e.kind = 'device' AND e.deleted_at IS NULL
          AND r.relation = 'same_device' AND r.state = 'active' AND r.valid_to IS NULL
        UNION ALL
        SELECT e.id, f.entity_id FROM entity e JOIN fragment l ON l.entity_id = e.id AND l.place = 0
        JOIN fragment f ON f.merged_id = l.merged_id AND f.place > 0
        WHERE e.client_id = %(client)s AND e.kind = 'device' AND e.deleted_at IS NULL
        """,
        {"client": client_id},
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def contract_lines(connection: Connection, client_id: UUID) -> list[UUID]:
    """The client's contract lines."""
    cursor = await connection.execute(
        "SELECT id FROM entity WHERE client_id = %s AND kind = 'contract_line' AND deleted_at IS NULL ORDER BY id",
        (client_id,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def findings(connection: Connection, client_id: UUID) -> list[FindingRow]:
    """The client's findings that are not resolved, the gravest and oldest first."""
    async with connection.cursor(row_factory=class_row(FindingRow)) as cursor:
        await cursor.execute(
            """
            SELECT check_name, subject_kind, severity, state, title, evidence, opened_at FROM finding
            WHERE client_id = %s AND state <> 'resolved'
            ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], severity), check_name,
                     opened_at, title, id
            """,
            (client_id,),
        )
        return await cursor.fetchall()
