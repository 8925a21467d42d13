"""Sets the fleet's gauges from what the database and the broker say."""

from __future__ import annotations

from collections.abc import Iterable

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from prometheus_client import Gauge

from mspbyte_common import metrics
from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.jetstream.topology import CONSUMERS
from svc_scheduler.figures import store
from svc_scheduler.figures.database import DATABASE
from svc_scheduler.figures.store import Row

log = structlog.get_logger()


async def measure_flow(pool: Pool) -> None:
    """What moves: work, dead letters, runs, budgets, breakers."""
    async with transaction(pool, None) as connection:
        work = await store.work(connection)
        lag = await store.lag(connection)
        held_back = await store.held_back(connection)
        dead = await store.dead_letters(connection)
        runs = await store.open_runs(connection)
        breakers = await store.open_breakers(connection)
        use = await store.budget_use(connection)
        paused = await store.paused_scopes(connection)
    _show(metrics.BACKLOG, ((stage, waiting) for stage, waiting, _, _ in work))
    _show(metrics.OLDEST, ((stage, oldest) for stage, _, oldest, _ in work))
    _show(metrics.RETRYING, ((stage, retrying) for stage, _, _, retrying in work))
    _show(metrics.LAG, lag or [("1", 0.0)])  # that nothing waits is a figure too
    _show(metrics.HELD_BACK, held_back)
    _show(metrics.DEAD, ((stage, number) for stage, number, _ in dead))
    metrics.DEAD_OLDEST.set(max(oldest for _, _, oldest in dead))
    _show(
        metrics.RUNS_OPEN,
        (
            row
            for vendor, queued, running, _ in runs
            for row in ((vendor, "queued", queued), (vendor, "running", running))
        ),
    )
    _show(metrics.RUN_OLDEST, ((vendor, oldest) for vendor, _, _, oldest in runs))
    _show(metrics.BREAKERS, breakers)
    _show(metrics.BUDGET_USE, ((vendor, level, used) for vendor, level, used, _ in use))
    _show(metrics.BUDGET_SHARE, ((vendor, level, share) for vendor, level, _, share in use))
    _show(metrics.BUDGET_PAUSED, paused)


async def measure_knowledge(pool: Pool) -> None:
    """What is known, how old it is and what is wrong with it; and what holds it."""
    async with transaction(pool, None) as connection:
        freshness = await store.freshness(connection)
        listings = await store.listings(connection)
        accounts = await store.accounts(connection)
        quarantined = await store.quarantined(connection)
        issues = await store.issues(connection)
        findings = await store.findings(connection)
        actions = await store.actions(connection)
        tables = await store.tables(connection)
        DATABASE.latest = await store.database(connection)
    _show(metrics.FRESHNESS, freshness)
    _show(metrics.LISTINGS, ((vendor, resource, number) for vendor, resource, number, _ in listings))
    _show(metrics.LISTINGS_LATE, ((vendor, resource, late) for vendor, resource, _, late in listings))
    _show(metrics.ACCOUNTS, accounts)
    _show(metrics.QUARANTINED, quarantined)
    _show(metrics.ISSUES, issues)
    _show(metrics.FINDINGS, findings)
    _show(metrics.ACTIONS, ((kind, state, number) for kind, state, number, _ in actions))
    _show(metrics.ACTION_OLDEST, ((kind, state, oldest) for kind, state, _, oldest in actions))
    _show(metrics.TABLE_BYTES, ((table, size) for table, size, _ in tables))
    _show(metrics.TABLE_DEAD_ROWS, ((table, dead) for table, _, dead in tables))


async def measure_broker(client: Client) -> None:
    """What the broker holds for each consumer; one it does not answer for keeps no figure of before."""
    js = client.jetstream(timeout=2)
    found = []
    for consumer in CONSUMERS:
        try:
            info = await js.consumer_info(consumer.stream, consumer.name)
        except (nats.errors.Error, nats.js.errors.Error) as error:
            log.info("broker_not_asked", consumer=consumer.name, error=str(error) or type(error).__name__)
        else:
            found.append((consumer.name, info.num_pending or 0, info.num_ack_pending or 0, info.num_redelivered or 0))
    _show(metrics.CONSUMER_PENDING, ((name, pending) for name, pending, _, _ in found))
    _show(metrics.CONSUMER_HELD, ((name, held) for name, _, held, _ in found))
    _show(metrics.CONSUMER_AGAIN, ((name, again) for name, _, _, again in found))


def _show(gauge: Gauge, rows: Iterable[Row]) -> None:
    """A gauge shows these rows and none of before: what is no more must not be drawn for ever."""
    gauge.clear()
    for *labels, figure in rows:
        gauge.labels(*labels).set(figure)
