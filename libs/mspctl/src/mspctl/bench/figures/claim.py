"""`claim`: due jobs that a scheduler turns into runs, against procrastinate's jobs that do nothing.

A due job is done with when its run stands and its next instant is set, in whatever batches the scheduler takes; runs are
announced later, as many at a time as adapters take up. procrastinate's is when it was fetched, called and deleted. Neither
does any work for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from statistics import median

from mspctl.bench import store
from mspctl.bench.baselines.process import ask
from mspctl.bench.baselines.procrastinate_jobs import CONCURRENCY
from mspctl.bench.courses.estate import LOOK_SECONDS
from mspctl.bench.figure import Figure, Ground, Measured
from mspctl.bench.work import until
from mspctl.embedded import Fleet, postgres
from mspctl.embedded.leftovers import empty
from mspctl.embedded.roster import SERVICES

LISTS = 20
"""Jobs of an account."""


async def measure(ground: Ground, _variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """Jobs per second, medians of both in turn."""
    directory, size = ground.directory / "claim", ground.size
    await empty(directory)
    services = [member for member in SERVICES if member.name == "svc_scheduler"]
    ours, baseline, version = [], [], ""
    async with Fleet(directory, services=services) as fleet:
        connection = await store.connect(fleet.servers.database_admin_url)
        try:
            await store.create_database(connection, "procrastinate")
            await store.add_resting_jobs(connection, size.jobs // LISTS, LISTS)
            url = postgres.url(fleet.home, postgres.OWNER, "procrastinate")
            for _ in range(size.rounds):
                await store.make_due(connection)
                seconds = await until("no job is due", partial(store.none_due, connection), look=LOOK_SECONDS)
                ours.append(size.jobs / seconds)
                await store.end_runs(connection)
                answer = await ask("procrastinate_jobs", {"database": url, "jobs": size.noops})
                baseline.append(answer["jobs"] / answer["seconds"])
                version = answer["version"]
        finally:
            await connection.close()
    yield Measured(
        "claim",
        median(ours),
        median(baseline),
        "jobs/s",
        len(ours),
        {
            "jobs": size.jobs,
            "baseline_jobs": size.noops,
            "rates": [round(one) for one in ours],
            "baseline_rates": [round(one) for one in baseline],
            "baseline": f"procrastinate {version}, psycopg, {CONCURRENCY} jobs at a time, finished ones deleted",
        },
    )


CLAIM = Figure(
    "claim", "Due jobs claimed and opened as runs by one scheduler, against procrastinate's no-op jobs", measure
)
