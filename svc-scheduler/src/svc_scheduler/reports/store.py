"""SQL of report_schedule, and of report as far as it is asked for and let go. It sees every msp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mspbyte_common.db.engine import Connection


@dataclass(frozen=True)
class DueReport:
    """A schedule whose time has come, locked."""

    id: UUID
    msp_id: UUID
    name: str
    scope: str
    target_id: UUID | None
    schedule: str
    next_fire_at: datetime
    keep_days: int


async def claim_due_reports(connection: Connection, limit: int) -> list[DueReport]:
    """Schedules that are due, of msps that are not being removed; those another replica holds are left to it."""
    cursor = await connection.execute(
        """
        SELECT s.id, s.msp_id, s.name, s.scope, s.target_id, s.schedule, s.next_fire_at, s.keep_days
        FROM report_schedule s
        WHERE s.next_fire_at <= clock_timestamp()
          AND NOT EXISTS (SELECT 1 FROM msp m WHERE m.id = s.msp_id AND m.removed_at IS NOT NULL)
        ORDER BY s.next_fire_at LIMIT %s FOR UPDATE SKIP LOCKED
        """,
        (limit,),
    )
    return [DueReport(*row) for row in await cursor.fetchall()]


async def move(connection: Connection, schedule_id: UUID, next_fire_at: datetime) -> None:
    """Sets when the report is made next."""
    await connection.execute("UPDATE report_schedule SET next_fire_at = %s WHERE id = %s", (next_fire_at, schedule_id))


async def clients_of(connection: Connection, due: DueReport) -> list[UUID | None]:
    """On whom it is; None stands for all clients together. Every client is every one an account is mapped to."""
    if due.scope == "fleet":
        return [None]
    if due.scope == "client":
        return [due.target_id]
    cursor = await connection.execute(
        """
        SELECT c.id FROM client c
        WHERE c.msp_id = %(msp)s
          AND CASE WHEN %(scope)s = 'client_group'
                   THEN EXISTS (SELECT 1 FROM client_group_member m WHERE m.client_id = c.id AND m.group_id = %(target)s)
                   ELSE EXISTS (SELECT 1 FROM account a WHERE a.client_id = c.id AND a.state = 'mapped') END
        ORDER BY c.id
        """,
        {"msp": due.msp_id, "scope": due.scope, "target": due.target_id},
    )
    return [row[0] for row in await cursor.fetchall()]


async def insert_reports(
    connection: Connection, due: DueReport, reports: Sequence[tuple[UUID, UUID | None]], instant: datetime, state: str
) -> None:
    """Reports of an instant; one that was asked for already stays as it is."""
    await connection.execute(
        """
        INSERT INTO report (id, msp_id, client_id, name, state, error, requested_at, schedule_id, kept_until)
        SELECT r.id, %(msp)s, r.client_id, %(name)s, %(state)s,
               CASE WHEN %(state)s = 'missed' THEN 'the scheduler was not there' END, %(at)s, %(schedule)s,
               %(at)s + make_interval(days => %(days)s)
        FROM unnest(%(ids)s::uuid[], %(clients)s::uuid[]) AS r (id, client_id)
        ON CONFLICT DO NOTHING
        """,
        {
            "msp": due.msp_id,
            "name": due.name,
            "state": state,
            "at": instant,
            "schedule": due.id,
            "days": due.keep_days,
            "ids": [report for report, _ in reports],
            "clients": [client for _, client in reports],
        },
    )
