"""Wires the scheduler: its loops, each at its own pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import REGISTRY

from mspbyte_common.db.engine import DATABASE_ERRORS
from mspbyte_common.fault_points import reach
from mspbyte_common.metrics import STEP_SECONDS, STEPS
from mspbyte_common.service import Service, run
from svc_scheduler.figures.database import DATABASE
from svc_scheduler.figures.measure import measure_broker, measure_flow, measure_knowledge
from svc_scheduler.jobs.reconcile import reconcile
from svc_scheduler.jobs.tick import show_none, tick
from svc_scheduler.rebuild.walk import renew, walk
from svc_scheduler.recover import due_actions, recheck, recover
from svc_scheduler.reports.ask import ask
from svc_scheduler.retention.clean import clean
from svc_scheduler.runs.choose import Caps
from svc_scheduler.runs.dispatch import dispatch
from svc_scheduler.settings import SchedulerSettings

log = structlog.get_logger()

TICK_SECONDS = 0.5
RECOVER_SECONDS = 1.0
FLOW_SECONDS = 2.0
KNOWLEDGE_SECONDS = 10.0
RETENTION_SECONDS = 600.0
REBUILD_SECONDS = 1.0
REPORT_SECONDS = 5.0


async def body(service: Service) -> None:
    """Ticks, recovers, measures, cleans up and rebuilds until the service drains."""
    caps = _caps(service)
    show_none()

    async def fire() -> None:
        await reconcile(service.pool)
        await tick(service.pool)
        for announcement in await dispatch(service.pool, caps):
            await service.announcer.run(*announcement)
            reach("scheduler.run.announced")

    async def mend() -> None:
        runs, work = await recover(service.pool, service.nats)
        for announcement in runs:
            await service.announcer.run(*announcement)
        await service.announcer.work(work)
        await service.announcer.work(await recheck(service.pool))
        await service.announcer.work(await due_actions(service.pool))

    async def retain() -> None:
        await clean(service.pool)

    async def rebuild() -> None:
        await renew(service.pool)
        await service.announcer.work(await walk(service.pool))

    async def reports() -> None:
        await service.announcer.work(await ask(service.pool))

    async def flow() -> None:
        await measure_flow(service.pool)

    async def knowledge() -> None:
        await measure_broker(service.nats)
        await measure_knowledge(service.pool)

    REGISTRY.register(DATABASE)

    await asyncio.gather(
        _every(service, TICK_SECONDS, fire),
        _every(service, RECOVER_SECONDS, mend),
        _every(service, FLOW_SECONDS, flow),
        _every(service, KNOWLEDGE_SECONDS, knowledge),
        _every(service, RETENTION_SECONDS, retain),
        _every(service, REBUILD_SECONDS, rebuild),
        _every(service, REPORT_SECONDS, reports),
    )


def _caps(service: Service) -> Caps:
    settings = service.settings
    if not isinstance(settings, SchedulerSettings):
        message = "the scheduler runs with settings of its own"
        raise TypeError(message)
    return settings.caps()


async def _every(service: Service, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    """Repeats a step; one that the database refuses is tried again at the next turn."""
    while not service.draining.is_set():
        started = time.perf_counter()
        try:
            await step()
        except DATABASE_ERRORS as error:
            log.warning("step_failed", step=step.__name__, error=str(error))
            STEPS.labels(step.__name__, "failed").inc()
        else:
            STEPS.labels(step.__name__, "done").inc()
        STEP_SECONDS.labels(step.__name__).observe(time.perf_counter() - started)
        await service.sleep(seconds)


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-scheduler", body, settings=SchedulerSettings)
