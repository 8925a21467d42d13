"""What was lost is found: runs without a process, work without an announcement, checks whose time has come."""

from __future__ import annotations

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext

from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.effects.effect import work_for
from mspbyte_common.fault_points import reach
from mspbyte_common.jetstream.topology import STAGES, VENDORS
from mspbyte_common.ledger.item import batches
from mspbyte_common.ledger.store import Announcement, insert_work
from mspbyte_common.trace import new_traceparent
from svc_scheduler import store
from svc_scheduler.runs import store as runs_store
from svc_scheduler.runs.store import RunAnnouncement

log = structlog.get_logger()

RECHECKS = 5_000


async def recover(pool: Pool, client: Client) -> tuple[list[RunAnnouncement], list[Announcement]]:
    """What must be announced: because the broker no longer has it, or, of work, because it never was.

    The ledger's rows are compared with what the broker holds for each consumer. While it holds at least as many, nothing
    was lost, however long the queue, and nothing is said twice.
    """
    js = client.jetstream(timeout=2)
    async with transaction(pool, None) as connection:
        recovered = await runs_store.recover_runs(connection)
        if recovered:
            log.warning("runs_recovered", number=recovered)
            reach("scheduler.runs.recovered")
        runs = await runs_store.announced_runs(connection)
        work = await store.announced_work(connection)
    lost_runs = {vendor: await _lost(js, "JOBS", f"adapter-{vendor}", runs.get(vendor, 0)) for vendor in VENDORS}
    lost_stages = [stage for stage in STAGES if await _lost(js, "STAGES", stage, work.get(stage, 0))]
    async with transaction(pool, None) as connection:
        again = await runs_store.lost_runs(connection, lost_runs)
        found = await store.waiting_work(connection)
        if lost_stages:
            found += await store.lost_work(connection, lost_stages)
            reach("scheduler.losses.marked")
    reach("scheduler.sweep.committed")
    return again, found


async def recheck(pool: Pool) -> list[Announcement]:
    """Evaluations whose time has come become work."""
    announcements: list[Announcement] = []
    async with transaction(pool, None) as connection:
        for (msp_id, account_id), subjects in (await store.due_rechecks(connection, RECHECKS)).items():
            following = list(batches("evaluate", "recheck", account_id, subjects))
            announcements += await insert_work(connection, msp_id, None, new_traceparent(), following)
            reach("scheduler.rechecks.written")
    reach("scheduler.rechecks.committed")
    return announcements


async def due_actions(pool: Pool) -> list[Announcement]:
    """Actions whose time has come become work: what waited, and what was in the hands of a process that is gone."""
    announcements: list[Announcement] = []
    async with transaction(pool, None) as connection:
        for msp_id, kind, account_id, action_id in await store.due_actions(connection, RECHECKS):
            following = [work_for(kind, account_id, action_id)]
            announcements += await insert_work(connection, msp_id, None, new_traceparent(), following)
            reach("scheduler.actions.handed_out")
    reach("scheduler.actions.committed")
    return announcements


async def _lost(js: JetStreamContext, stream: str, consumer: str, expected: int) -> bool:
    if expected == 0:
        return False
    try:
        info = await js.consumer_info(stream, consumer)
    except (nats.errors.Error, nats.js.errors.Error) as error:
        log.info("broker_not_asked", consumer=consumer, error=str(error) or type(error).__name__)
        return False
    return (info.num_pending or 0) + (info.num_ack_pending or 0) < expected
