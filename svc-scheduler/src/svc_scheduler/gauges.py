"""What the scheduler shows of the whole fleet."""

from __future__ import annotations

from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.jetstream.topology import STAGES, VENDORS
from mspbyte_common.metrics import BACKLOG, BREAKERS, DEAD, FRESHNESS, OLDEST
from svc_scheduler import store


async def measure(pool: Pool) -> None:
    """Sets the gauges of backlog, freshness, breakers and dead letters."""
    async with transaction(pool, None) as connection:
        waiting = await store.backlog(connection)
        ages = await store.freshness(connection)
        breakers = await store.open_breakers(connection)
        dead = await store.open_dead_letters(connection)
    for stage in STAGES:
        number, oldest = waiting.get(stage, (0, 0.0))
        BACKLOG.labels(stage).set(number)
        OLDEST.labels(stage).set(oldest)
    for vendor, resource, seconds in ages:
        FRESHNESS.labels(vendor, resource).set(seconds)
    for vendor in VENDORS:
        BREAKERS.labels(vendor).set(breakers.get(vendor, 0))
    DEAD.set(dead)
