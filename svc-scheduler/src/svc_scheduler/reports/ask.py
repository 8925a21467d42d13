"""Asks for the reports that are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection, Pool, transaction
from mspbyte_common.ledger.item import batches
from mspbyte_common.ledger.store import Announcement, insert_work
from mspbyte_common.schedule import Schedule, fires
from mspbyte_common.trace import new_traceparent
from svc_scheduler.jobs.store import database_now
from svc_scheduler.reports import store
from svc_scheduler.reports.store import DueReport

BATCH = 50


async def ask(pool: Pool) -> list[Announcement]:
    """Asks for each due report once, whichever replica does; returns what is to be announced.

    The latest instant is made; of those before it, which nobody was there for, each report is noted as missed.
    """
    async with transaction(pool, None) as connection:
        now = await database_now(connection)
        announcements: list[Announcement] = []
        for due in await store.claim_due_reports(connection, BATCH):
            found = fires(Schedule(due.schedule), due.next_fire_at, now)
            await store.move(connection, due.id, found.next)
            clients = await store.clients_of(connection, due)
            *missed, latest = found.due
            for instant in missed:
                await store.insert_reports(connection, due, _ids(due, instant, clients), instant, "missed")
            asked = _ids(due, latest, clients)
            await store.insert_reports(connection, due, asked, latest, "requested")
            announcements += await _work(connection, due.msp_id, [report for report, _ in asked])
        return announcements


def _ids(due: DueReport, instant: datetime, clients: Iterable[UUID | None]) -> list[tuple[UUID, UUID | None]]:
    """(report, client) of an instant; the same again if it is asked for again."""
    return [(ids.derive("report", due.id, instant.isoformat(), client or due.scope), client) for client in clients]


async def _work(connection: Connection, msp_id: UUID, reports: list[UUID]) -> list[Announcement]:
    """Each report is a piece of work of its own: they are made side by side, and one that fails holds up none."""
    following = [piece for report in reports for piece in batches("report", "client", None, [report])]
    return await insert_work(connection, msp_id, None, new_traceparent(), following)
