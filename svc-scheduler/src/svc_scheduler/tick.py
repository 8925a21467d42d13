"""Due jobs become runs."""

from __future__ import annotations

from datetime import datetime

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection, Pool, transaction
from mspbyte_common.trace import new_traceparent
from svc_scheduler import store
from svc_scheduler.schedule import Schedule, fires, jitter
from svc_scheduler.store import Due, RunAnnouncement

BATCH = 200


async def tick(pool: Pool) -> list[RunAnnouncement]:
    """Opens a run for each due job; returns what is to be announced. Any replica may do any job, each once."""
    async with transaction(pool, None) as connection:
        now = await store.database_now(connection)
        announcements: list[RunAnnouncement] = []
        for due in await store.claim_due_jobs(connection, BATCH):
            announcements += await _fire(connection, due, now)
        return announcements


async def _fire(connection: Connection, due: Due, now: datetime) -> list[RunAnnouncement]:
    if due.manual:
        await store.move_job(connection, due.id, due.next_fire_at)
        return [await _open(connection, due, now, "manual")]
    schedule = Schedule(due.schedule)
    found = fires(schedule, due.next_fire_at, now)
    for instant in found.missed:
        await _account_for(connection, due, instant, "missed", "the scheduler was not there")
    await store.move_job(connection, due.id, found.next + jitter(schedule, due.id) if due.first else found.next)
    if due.busy:
        await _account_for(connection, due, found.run, "skipped", "the run before it was still open")
        return []
    return [await _open(connection, due, found.run, "schedule")]


async def _open(connection: Connection, due: Due, instant: datetime, trigger: str) -> RunAnnouncement:
    trace = new_traceparent()
    run_id = ids.derive("run", due.id, instant.isoformat())
    await store.insert_run(connection, run_id, due, instant, trigger, "queued", None, trace)
    return run_id, due.msp_id, due.vendor, due.resource, trace


async def _account_for(connection: Connection, due: Due, instant: datetime, state: str, why: str) -> None:
    run_id = ids.derive("run", due.id, instant.isoformat())
    await store.insert_run(connection, run_id, due, instant, "schedule", state, why, new_traceparent())
