"""Due jobs become runs."""

from __future__ import annotations

from datetime import datetime

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection, Pool, transaction
from mspbyte_common.schedule import Schedule, fires, jitter
from mspbyte_common.trace import new_traceparent, opened
from mspbyte_common.vendors.breaker import FIRST_PAUSE, PROBE, next_probe
from svc_scheduler import store
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
    opened = await _scheduled(connection, due, now) if due.next_fire_at <= now else []
    if due.probe_at is not None and due.probe_at <= now and not due.busy:
        pause = next_probe(due.failures, Schedule(due.schedule).pause(now))
        await store.move_probe(connection, due.id, pause or FIRST_PAUSE)
        opened.append(await _open(connection, due, now, PROBE))
    return opened


async def _scheduled(connection: Connection, due: Due, now: datetime) -> list[RunAnnouncement]:
    """Accounts for every scheduled instant up to now: the latest runs, unless the job rests or still runs."""
    schedule = Schedule(due.schedule)
    found = fires(schedule, due.next_fire_at, now)
    for instant in found.missed:
        await _account_for(connection, due, instant, "missed", "the scheduler was not there")
    await store.move_job(connection, due.id, found.next + jitter(schedule, due.id) if due.first else found.next)
    if due.busy:
        await _account_for(connection, due, found.run, "skipped", "the run before it was still open")
    elif due.rests is not None:
        await _account_for(connection, due, found.run, "skipped", f"the vendor fails: {due.rests}")
    else:
        return [await _open(connection, due, found.run, "schedule")]
    return []


async def _open(connection: Connection, due: Due, instant: datetime, trigger: str) -> RunAnnouncement:
    run_id = ids.derive("run", due.id, instant.isoformat())
    trace = opened(f"open {due.vendor} {due.resource}", msp=str(due.msp_id), run=str(run_id), trigger=trigger)
    await store.insert_run(connection, run_id, due, instant, trigger, "queued", None, trace)
    return run_id, due.msp_id, due.vendor, due.resource, trace


async def _account_for(connection: Connection, due: Due, instant: datetime, state: str, why: str) -> None:
    run_id = ids.derive("run", due.id, instant.isoformat())
    await store.insert_run(connection, run_id, due, instant, "schedule", state, why, new_traceparent())
