"""One piece of work from lock to commit, and what happens when it fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

import psycopg
import structlog
from opentelemetry.util.types import AttributeValue

from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.fault_points import reach
from mspbyte_common.ledger import store
from mspbyte_common.ledger.alone import Alone
from mspbyte_common.ledger.item import Handler, Item, NotInThisReleaseError
from mspbyte_common.ledger.store import Announcement
from mspbyte_common.trace import CARRIES_OUT, span, trace_id, traceparent_of

log = structlog.get_logger()

ATTEMPTS = 4
"""How often a piece of work is tried before it is split, or buried."""
PAUSES = (0.5, 2.0, 10.0)
"""Seconds between attempts."""
CONFLICT_PAUSE = 0.2
"""Seconds before a piece of work that met another transaction tries again."""

ROLLOUT_SECONDS = 3_600.0
"""So long after it was written, work of a sort this release does not know waits for a process of another release."""
ROLLOUT_PAUSE = 5.0

CONFLICTS = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
)


Outcome = Literal["done", "gone", "retry", "split", "buried"]


@dataclass(frozen=True)
class Performed:
    """What became of a message. `retry_in` in seconds: the message is wanted again then; None: it is done with."""

    outcome: Outcome
    announce: list[Announcement]
    retry_in: float | None = None
    entities: int = 0


async def perform(
    pool: Pool, msp_id: UUID, work_id: int, handler: Handler, *, deliveries: int = 1, alone: Alone | None = None
) -> Performed:
    """Does one piece of work, exactly once in effect.

    A row that is gone or locked is somebody else's: the message is dropped. A failing item is tried `ATTEMPTS` times,
    then split until the record at fault stands alone, which is then buried in `dead_letter`. An item that was started
    again and again without its attempts ever ending, well or badly, kills its processes: it counts as failed untried.
    From its second such start on it is tried `alone` in its process, so that what died with it is not taken for it.
    """
    alone = alone or Alone()
    suspected = False
    if deliveries > 1:
        async with transaction(pool, msp_id) as connection:
            suspected = await store.starts(connection, work_id) > 0
    async with alone.alone() if suspected else alone.beside():
        return await _perform(pool, msp_id, work_id, handler, again=deliveries > 1)


async def _perform(pool: Pool, msp_id: UUID, work_id: int, handler: Handler, *, again: bool) -> Performed:
    item: Item | None = None
    starts = 0
    if again:
        async with transaction(pool, msp_id) as connection:
            starts = await store.count_start(connection, work_id)
        reach("ledger.start.counted")
    try:
        async with transaction(pool, msp_id) as connection:
            item = await store.lock(connection, work_id)
            if item is None:
                return Performed("gone", [])
            reach("ledger.work.locked")
            structlog.contextvars.bind_contextvars(
                msp=str(msp_id), run=str(item.run_id) if item.run_id else None, trace=trace_id(item.traceparent)
            )
            if starts <= ATTEMPTS:
                with span(f"{item.stage} {item.kind}", item.traceparent, CARRIES_OUT, **_facts(item)) as current:
                    here = traceparent_of(current, item.traceparent)
                    following = await handler(connection, replace(item, traceparent=here))
                reach("ledger.work.handled")
                announce = await store.insert_work(connection, item.msp_id, item.run_id, here, following)
                reach("ledger.following.written")
                announce += await store.finish(connection, item)
                reach("ledger.work.finished")
                return Performed("done", announce, entities=len(item.entity_ids))
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if not isinstance(error, CONFLICTS):
            raise
        log.info("work_conflict", work=work_id, error=str(error))
        async with transaction(pool, msp_id) as connection:
            await store.attempt_ended(connection, work_id)
        return Performed("retry", [], CONFLICT_PAUSE)
    except NotInThisReleaseError as error:
        if item is None:
            raise
        log.warning("work_of_another_release", work=work_id, stage=item.stage, kind=item.kind, error=str(error))
        return await _left(pool, item, str(error))
    except Exception as error:
        if item is None:
            raise
        log.exception("work_failed", work=work_id, stage=item.stage, kind=item.kind, attempts=item.attempts + 1)
        return await _failed(pool, item, type(error).__name__, str(error))
    return await _failed(pool, item, "ProcessKilled", f"started {starts} times and never ended", final=True)


def _facts(item: Item) -> dict[str, AttributeValue]:
    facts: dict[str, AttributeValue] = {"msp": str(item.msp_id), "work": item.id, "entities": len(item.entity_ids)}
    return facts | ({"run": str(item.run_id)} if item.run_id else {})


async def _left(pool: Pool, item: Item, error: str) -> Performed:
    """Leaves it to another release; when none has come for it, it is buried whole: no record is at fault."""
    async with transaction(pool, item.msp_id) as connection:
        held = await store.lock(connection, item.id)
        if held is None:
            return Performed("gone", [])
        if await store.age(connection, held.id) < ROLLOUT_SECONDS:
            await store.postpone(connection, held, error, ROLLOUT_PAUSE, counts=False)
            return Performed("retry", [], ROLLOUT_PAUSE)
        return Performed("buried", await store.bury(connection, held, "NotInThisRelease", error))


async def _failed(pool: Pool, item: Item, error_class: str, error: str, *, final: bool = False) -> Performed:
    reach("ledger.attempt.failed")
    async with transaction(pool, item.msp_id) as connection:
        held = await store.lock(connection, item.id)
        if held is None:
            return Performed("gone", [])
        if not final and held.attempts + 1 < ATTEMPTS:
            pause = PAUSES[min(held.attempts, len(PAUSES) - 1)]
            await store.postpone(connection, held, f"{error_class}: {error}", pause, counts=True)
            reach("ledger.work.postponed")
            return Performed("retry", [], pause)
        if len(held.entity_ids) > 1:
            announce = await store.split(connection, held)
            reach("ledger.work.split")
            return Performed("split", announce)
        announce = await store.bury(connection, held, error_class, error)
        reach("ledger.work.buried")
        return Performed("buried", announce)
