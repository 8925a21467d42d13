"""Due jobs become runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection, Pool, transaction
from mspbyte_common.fault_points import reach
from mspbyte_common.jetstream.topology import VENDORS
from mspbyte_common.metrics import INSTANTS
from mspbyte_common.schedule import Schedule, fires, jitter
from mspbyte_common.trace import new_traceparent, opened
from mspbyte_common.vendors.breaker import FIRST_PAUSE, PROBE, next_probe
from svc_scheduler.jobs import store
from svc_scheduler.jobs.instants import Entry, Policy, Standing, account_for, without
from svc_scheduler.jobs.store import ROW_INSTANTS, Due, NewRun

BATCH = 200
"""Jobs that are decided in one transaction."""
BATCHES = 50
"""The most of them in one turn: after a long outage other steps of the scheduler have their turn as well."""

OUTCOMES = ("queued", "waiting", "skipped", "missed", "backfilled")

Counted = Counter[tuple[str, str]]
"""(vendor, what became of it) → instants."""


def show_none() -> None:
    """Shows what has not happened yet as 0: a rate needs a beginning."""
    for vendor in VENDORS:
        for outcome in OUTCOMES:
            INSTANTS.labels(vendor, outcome)


async def tick(pool: Pool) -> int:
    """Decides every instant that has come, and opens the runs; returns how many jobs it looked at.

    Any replica may do any job, each once.
    """
    looked_at = 0
    for _ in range(BATCHES):
        counted: Counted = Counter()
        async with transaction(pool, None) as connection:
            now = await store.database_now(connection)
            claimed = await store.claim_jobs(connection, BATCH)
            reach("scheduler.jobs.claimed")
            for due in await store.due(connection, claimed):
                await _decide(connection, due, now, counted)
                reach("scheduler.instants.written")
        reach("scheduler.instants.committed")
        for (vendor, outcome), number in counted.items():
            INSTANTS.labels(vendor, outcome).inc(number)
        looked_at += len(claimed)
        if len(claimed) < BATCH:
            break
    async with transaction(pool, None) as connection:
        await store.queue_waiting(connection, await store.claim_waiting(connection, BATCH))
    return looked_at


async def _decide(connection: Connection, due: Due, now: datetime, counted: Counted) -> None:
    """A person's wish first, then the schedule, then a probe: whichever opens a run makes the job busy for the others."""
    busy = due.busy
    if due.backfill_from is not None and due.backfill_to is not None:
        await _backfill(connection, due, due.backfill_from, due.backfill_to, counted)
    if due.manual and not busy:
        await store.forget_wish(connection, due.id)
        await store.insert_runs(connection, due, [_open(due, _beside(due, now), "manual")])
        busy = True
    if due.next_fire_at <= now:
        busy = await _scheduled(connection, due, now, counted, busy=busy)
    if due.probe_at is not None and due.probe_at <= now and not busy:
        pause = next_probe(due.failures, Schedule(due.schedule, due.time_zone).pause(now))
        await store.move_probe(connection, due.id, pause or FIRST_PAUSE)
        await store.insert_runs(connection, due, [_open(due, _beside(due, now), PROBE)])


async def _scheduled(connection: Connection, due: Due, now: datetime, counted: Counted, *, busy: bool) -> bool:
    """Writes what becomes of every instant up to now; returns whether a run of the job is open."""
    schedule = Schedule(due.schedule, due.time_zone)
    policy, standing = Policy(due.overlap, due.catch_up), Standing(busy, due.waiting, due.rests)
    entries, following = account_for(schedule, due.next_fire_at, now, policy, standing)
    await store.move_job(connection, due.id, following + jitter(schedule, due.id) if due.first else following)
    reach("scheduler.job.moved")
    for entry in entries:
        await _write(connection, due, entry)
        counted[due.vendor, entry.state] += len(entry.instants)
    return busy or any(entry.state == "queued" for entry in entries)


def _beside(due: Due, now: datetime) -> datetime:
    """A moment for a run that the schedule did not ask for: now, unless that is an instant, which has a row of its own."""
    if due.next_fire_at > now:
        return now
    instants = fires(Schedule(due.schedule, due.time_zone), due.next_fire_at, now).due
    return now + timedelta.resolution if now in instants else now


async def _write(connection: Connection, due: Due, entry: Entry) -> None:
    if entry.why is None:
        await store.insert_runs(connection, due, [_open(due, entry.instants[0], "schedule", entry.state)])
        return
    if await store.join_last(connection, due.id, entry.instants, entry.state, entry.why):
        return
    rows = [
        NewRun(_run_id(due, part[0]), part, "schedule", entry.state, entry.why, new_traceparent())
        for part in _parts(entry.instants)
    ]
    await store.insert_runs(connection, due, rows)


async def _backfill(connection: Connection, due: Due, first: datetime, last: datetime, counted: Counted) -> None:
    """Instants that did not run become runs that wait, the earliest first."""
    for row in await store.unrun(connection, due.id, first, last):
        stay, taken = without(row.instants, first, last)
        await store.keep_instants(connection, row.run_id, stay)
        await store.insert_runs(connection, due, [_open(due, instant, "backfill", "waiting") for instant in taken])
        counted[due.vendor, "backfilled"] += len(taken)
    await store.forget_backfill(connection, due.id)


def _open(due: Due, instant: datetime, trigger: str, state: str = "queued") -> NewRun:
    run_id = ids.derive(trigger, due.id, instant.isoformat()) if trigger == "backfill" else _run_id(due, instant)
    trace = opened(f"open {due.vendor} {due.resource}", msp=str(due.msp_id), run=str(run_id), trigger=trigger)
    return NewRun(run_id, (instant,), trigger, state, None, trace)


def _run_id(due: Due, instant: datetime) -> UUID:
    return ids.derive("run", due.id, instant.isoformat())


def _parts(instants: Sequence[datetime]) -> Iterable[Sequence[datetime]]:
    return (instants[start : start + ROW_INSTANTS] for start in range(0, len(instants), ROW_INSTANTS))
