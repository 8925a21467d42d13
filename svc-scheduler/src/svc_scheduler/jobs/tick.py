"""Due jobs become runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from mspbyte_common.db.engine import Connection, Pool, transaction
from mspbyte_common.fault_points import reach
from mspbyte_common.jetstream.topology import VENDORS
from mspbyte_common.metrics import INSTANTS
from svc_scheduler.jobs import store
from svc_scheduler.jobs.decide import Decision, decide, open_run
from svc_scheduler.jobs.instants import without
from svc_scheduler.jobs.store import Due

BATCH = 500
"""Jobs that are decided in one transaction."""
BATCHES = 20
"""The most of them in one turn: after a long outage other steps of the scheduler have their turn as well."""
WAITING = 200
"""Jobs whose earliest waiting instant has its turn, in one transaction."""

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
            if claimed:
                await _decide(connection, await store.due(connection, claimed), now, counted)
                reach("scheduler.instants.written")
        reach("scheduler.instants.committed")
        for (vendor, outcome), number in counted.items():
            INSTANTS.labels(vendor, outcome).inc(number)
        looked_at += len(claimed)
        if len(claimed) < BATCH:
            break
    async with transaction(pool, None) as connection:
        await store.queue_waiting(connection, await store.claim_waiting(connection, WAITING))
    return looked_at


async def _decide(connection: Connection, jobs: Sequence[Due], now: datetime, counted: Counted) -> None:
    for due in jobs:
        if due.backfill_from is not None and due.backfill_to is not None:
            await _backfill(connection, due, due.backfill_from, due.backfill_to, counted)
    await _write(connection, [decide(due, now) for due in jobs], counted)


async def _write(connection: Connection, decisions: Sequence[Decision], counted: Counted) -> None:
    """All of a batch, a statement each for what there is of it."""
    granted = [decision.job.id for decision in decisions if decision.wish_granted]
    moved = {one.job.id: one.next_fire_at for one in decisions if one.next_fire_at is not None}
    probes = {one.job.id: one.probe_pause for one in decisions if one.probe_pause is not None}
    joins = [decision.joins for decision in decisions if decision.joins is not None]
    if granted:
        await store.forget_wishes(connection, granted)
    if probes:
        await store.move_probes(connection, probes)
    if moved:
        await store.move_jobs(connection, moved)
        reach("scheduler.jobs.moved")
    joined = await store.join_last(connection, joins) if joins else set()
    rows = [row for join in joins if join.job_id not in joined for row in join.rows]
    rows += [row for decision in decisions for row in decision.rows]
    if rows:
        await store.insert_runs(connection, rows)
    for decision in decisions:
        for entry in decision.entries:
            counted[decision.job.vendor, entry.state] += len(entry.instants)


async def _backfill(connection: Connection, due: Due, first: datetime, last: datetime, counted: Counted) -> None:
    """Instants that did not run become runs that wait, the earliest first."""
    for row in await store.unrun(connection, due.id, first, last):
        stay, taken = without(row.instants, first, last)
        await store.keep_instants(connection, row.run_id, stay)
        await store.insert_runs(connection, [open_run(due, instant, "backfill", "waiting") for instant in taken])
        counted[due.vendor, "backfilled"] += len(taken)
    await store.forget_backfill(connection, due.id)
