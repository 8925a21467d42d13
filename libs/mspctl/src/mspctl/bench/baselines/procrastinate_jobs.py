"""procrastinate does jobs that do nothing: `python -m mspctl.bench.baselines.procrastinate_jobs`.

As its documentation has it: deferred in batches, an async worker with as many jobs at a time as its pool has connections,
finished jobs deleted, and the worker ends when no job is left. Deferring is not timed: what we claim is due already.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any, Final

import orjson

CONCURRENCY: Final = 10
BATCH: Final = 1_000


async def _nothing() -> None:
    """The job."""


async def measure(task: dict[str, Any]) -> dict[str, Any]:
    """{"seconds", "jobs", "version"} for `task["jobs"]` jobs in the database `task["database"]`."""
    import procrastinate  # noqa: PLC0415 - there for measurements alone

    connector = procrastinate.PsycopgConnector(conninfo=task["database"], min_size=2, max_size=CONCURRENCY + 2)
    app = procrastinate.App(connector=connector)
    nothing = app.task(name="nothing")(_nothing)
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        for start in range(0, task["jobs"], BATCH):
            await nothing.batch_defer_async(*({} for _ in range(min(BATCH, task["jobs"] - start))))
        began = time.perf_counter()
        await app.run_worker_async(
            concurrency=CONCURRENCY,
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
            delete_jobs="successful",
        )
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "jobs": task["jobs"], "version": procrastinate.__version__}


def main() -> None:
    """Reads the task, answers with what it took."""
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(measure(orjson.loads(sys.stdin.buffer.read())))))


if __name__ == "__main__":
    main()
