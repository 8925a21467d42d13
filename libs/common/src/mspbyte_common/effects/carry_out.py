"""Carries effects out, each once, whatever dies meanwhile.

    BEGIN  the action is in hand, attempt n, until a moment · its work is done  COMMIT
    the effect itself, given up after `Manner.seconds`
    BEGIN  what became of it, if it is still attempt n · what follows  COMMIT

Who dies in between leaves an action in hand. When its moment has passed, whatever was sent has had its effect or never will:
the scheduler hands it out again, and who gets it looks for the effect before making it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog
from nats.aio.msg import Msg

from mspbyte_common.db.engine import DATABASE_AWAY, transaction
from mspbyte_common.effects import store
from mspbyte_common.effects.effect import STAGES, Effect, Manner, Perform
from mspbyte_common.errors import (
    KeyMissing,
    Parking,
    Refused,
    RequestInvalid,
    Throttled,
    Unavailable,
    Unclassified,
    Unreachable,
    VendorError,
)
from mspbyte_common.fault_points import reach
from mspbyte_common.jetstream.consume import Answer, Receive, hint
from mspbyte_common.ledger import store as ledger
from mspbyte_common.ledger.item import Next
from mspbyte_common.metrics import EFFECTS
from mspbyte_common.redaction import remembering
from mspbyte_common.service import Service
from mspbyte_common.trace import CARRIES_OUT, span
from mspbyte_common.vendors.failures import scrubbed

log = structlog.get_logger()

THROTTLED_SECONDS: Final = 10.0
"""The wait after a 'too many' that does not say how long."""
STOPPED_SECONDS: Final = 300.0
"""The wait while nothing may be sent: the account is parked, or its credential cannot be opened."""

STOPPED: Final = (Parking, KeyMissing)
"""A person must act: the same for every action, and asking again harms. Nothing was done."""
REFUSED: Final = (RequestInvalid, Refused, Unavailable)
"""The other side understood, and will not. Nothing was done."""


def receive_effects(service: Service, stage: str, perform: Perform, manner: Manner) -> Receive:
    """What a service does with a message that names an action of a stage."""
    for kind in (kind for kind, (of, _) in STAGES.items() if of == stage):
        for outcome in ("done", "put_off", "failed", "lost"):
            EFFECTS.labels(kind, outcome)  # shown as 0 until it happens: a rate needs a beginning

    async def receive(message: Msg) -> Answer:
        msp_id, work_id = hint(message, "work", int)
        structlog.contextvars.bind_contextvars(work=work_id, msp=str(msp_id))
        effects: list[Effect] = []
        until = time.monotonic() + manner.seconds
        async with transaction(service.pool, msp_id) as connection:
            item = await ledger.lock(connection, work_id)
            if item is None:
                return Answer()
            following: list[Next] = []
            for action_id in item.entity_ids:
                claim = await store.claim(connection, action_id, manner, service.name)
                effects += [claim.effect] if claim.effect else []
                following += claim.following
            announce = await ledger.insert_work(connection, msp_id, None, item.traceparent, following)
            announce += await ledger.finish(connection, item)
            reach("effects.claims.written")
        reach("effects.claims.committed")
        await service.announcer.work(announce)
        for effect in effects:
            await _attempt(service, replace(effect, until=until), perform, manner)
        return Answer()

    return receive


async def _attempt(service: Service, effect: Effect, perform: Perform, manner: Manner) -> None:
    with remembering(), span(f"do {effect.kind}", effect.traceparent, CARRIES_OUT, msp=str(effect.msp_id)):
        try:
            async with asyncio.timeout_at(_by_the_loop(effect.until)):
                reach("effects.attempt.begun")
                result = await perform(effect)
                reach("effects.attempt.made")
        except VendorError as error:
            await _unachieved(service, effect, error, manner)
        except TimeoutError:
            await _unachieved(service, effect, Unreachable("there was no answer in time"), manner)
        except DATABASE_AWAY as error:
            log.warning("database_failed", error=str(error))  # its moment passes, the scheduler hands it out again
        except Exception as error:
            log.exception("effect_broken", kind=effect.kind)
            await _unachieved(service, effect, Unclassified(scrubbed(f"{type(error).__name__}: {error}")), manner)
        else:
            async with transaction(service.pool, effect.msp_id) as connection:
                following = await store.done(connection, effect, result, service.name)
                announce = await ledger.insert_work(
                    connection, effect.msp_id, None, effect.traceparent, following or ()
                )
                reach("effects.end.written")
            reach("effects.end.committed")
            _count(effect, "lost" if following is None else "done")
            await service.announcer.work(announce)


async def _unachieved(service: Service, effect: Effect, error: VendorError, manner: Manner) -> None:
    """By class: again later, as if it had not been tried where nothing was sent; or not before a person asks."""
    log.info("effect_failed", kind=effect.kind, error_class=error.error_class)
    reach("effects.failure.known")
    following: Sequence[Next] = ()
    outcome = "put_off"
    async with transaction(service.pool, effect.msp_id) as connection:
        if isinstance(error, Throttled):
            wait = error.retry_after if error.retry_after is not None else THROTTLED_SECONDS
            await store.put_off(connection, effect, error, wait, service.name, sent=False)
        elif isinstance(error, STOPPED):
            await store.put_off(connection, effect, error, STOPPED_SECONDS, service.name, sent=False)
        elif not isinstance(error, REFUSED) and effect.tried < manner.tries:
            pause = manner.pause(effect.tried)
            await store.put_off(connection, effect, error, pause, service.name, sent=True)
        else:
            outcome = "failed"
            following = await store.failed(connection, effect, error, service.name) or ()
        announce = await ledger.insert_work(connection, effect.msp_id, None, effect.traceparent, following)
        reach("effects.failure.written")
    reach("effects.failure.committed")
    _count(effect, outcome)
    await service.announcer.work(announce)


def _by_the_loop(moment: float) -> float:
    """A moment of `time.monotonic` by the loop's clock, which a test may have replaced."""
    return asyncio.get_running_loop().time() + moment - time.monotonic()


def _count(effect: Effect, outcome: str) -> None:
    EFFECTS.labels(effect.kind, outcome).inc()
