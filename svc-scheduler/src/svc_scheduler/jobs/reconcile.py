"""Each reachable account has a job for each of its vendor's resources, no more and no less."""

from __future__ import annotations

from mspbyte_common import ids
from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.fault_points import reach
from svc_scheduler.jobs import store


async def reconcile(pool: Pool) -> int:
    """Creates missing jobs, due at once, and switches jobs with their accounts; returns how many it created."""
    async with transaction(pool, None) as connection:
        await store.enable_jobs(connection)
        wanted = await store.wanted_jobs(connection)
        now = await store.database_now(connection)
        for one in wanted:
            job = ids.job_id(one.account_id, one.resource)
            await store.insert_job(connection, job, one, f"every {one.interval_seconds}s", now)
        reach("scheduler.jobs.made")
        return len(wanted)
