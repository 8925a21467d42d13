"""The one loop that takes messages from JetStream.

Short pulls, and a new one as soon as the connection is back: the broker has forgotten the one before. As many messages in
flight as the service has hands, so that a slow one holds none of the others and memory is bounded; `in_progress` while work
lasts; on failure our own delay, never the server's. Draining stops pulling and lets what is in hand finish.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import nats.errors
import nats.js.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from mspbyte_common.fault_points import reach
from mspbyte_common.jetstream.topology import ACK_WAIT
from mspbyte_common.metrics import MESSAGES

log = structlog.get_logger()

PULL_SECONDS = 1.0
HEARTBEAT_SECONDS = ACK_WAIT / 3
BROKEN_PAUSE = 0.25
LOOK_SECONDS = 0.05
"""How often the loop looks whether the connection has come back in the middle of a pull."""
FAILED_PAUSE = 2.0
FAILED_MOST = 60.0
"""Seconds until a message that could not be dealt with comes again: doubled each time, up to so many."""
DELIVERIES_MOST = 12
"""After so many it is let go, which costs nothing: the work it names is in the ledger, and the sweep says it anew."""


@dataclass(frozen=True)
class Answer:
    """What a handler wants done with its message: acknowledged, or delivered again in so many seconds."""

    retry_in: float | None = None


Receive = Callable[[Msg], Awaitable[Answer]]

T = TypeVar("T", int, UUID)


class UnreadableError(Exception):
    """A message that says nothing we know: it will not say more the next time."""


def hint(message: Msg, noun: str, kind: Callable[[Any], T]) -> tuple[UUID, T]:
    """(msp, the number or id of what is ready): what an announcement says. UnreadableError for anything else."""
    try:
        body = orjson.loads(message.data)
        return UUID(body["msp"]), kind(body[noun])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"{type(error).__name__} in a message of {len(message.data)} bytes") from None


class ConsumeLoop:
    """Takes messages of one durable consumer and hands each to `receive`, at most `hands` at a time."""

    def __init__(self, client: Client, stream: str, consumer: str, receive: Receive, *, hands: int) -> None:
        self._client = client
        self._stream = stream
        self._consumer = consumer
        for outcome in ("acked", "retried", "let_go"):
            MESSAGES.labels(consumer, outcome)  # shown as 0 until it happens: a rate needs a beginning
        self._receive = receive
        self._free = asyncio.Semaphore(hands)
        self._hands = hands
        self._running: set[asyncio.Task[None]] = set()
        self._draining = asyncio.Event()

    def drain(self) -> None:
        """No further messages; `run` returns when those in hand are done."""
        self._draining.set()

    async def run(self) -> None:
        """Pulls until drained. Whatever the broker does, it pulls again.

        Cancelled, it ends what is in hand before it returns: what that works with is closed next, and an error that came of
        this would be taken for one of the work's own. The message comes again, the lease runs out.
        """
        try:
            while not self._draining.is_set():
                try:
                    await self._pull_from(await self._bind())
                except (TimeoutError, nats.errors.Error, nats.js.errors.Error, OSError) as error:
                    log.info("pull_interrupted", consumer=self._consumer, error=str(error) or type(error).__name__)
                    await self._pause(BROKEN_PAUSE)
            if self._running:
                await asyncio.wait(self._running)
        except asyncio.CancelledError:
            for task in self._running:
                task.cancel()
            if self._running:
                await asyncio.wait(self._running)
            raise

    async def _bind(self) -> JetStreamContext.PullSubscription:
        js = self._client.jetstream(timeout=2)
        return await js.pull_subscribe_bind(consumer=self._consumer, stream=self._stream)

    async def _pull_from(self, subscription: JetStreamContext.PullSubscription) -> None:
        try:
            while not self._draining.is_set():
                await self._free.acquire()
                self._free.release()
                room = max(1, self._hands - len(self._running))
                try:
                    messages = await self._fetch(subscription, room)
                except (TimeoutError, nats.errors.TimeoutError):
                    if not self._client.is_connected:
                        await self._pause(BROKEN_PAUSE)
                    continue
                for message in messages:
                    await self._free.acquire()
                    task = asyncio.create_task(self._handle(message))
                    self._running.add(task)
                    task.add_done_callback(self._done)
        finally:
            if self._client.is_connected:
                await subscription.unsubscribe()

    async def _fetch(self, subscription: JetStreamContext.PullSubscription, room: int) -> list[Msg]:
        """A pull; given up when the connection was lost and is back, long before it would end.

        The broker may have got it yet, as the client sends what it could not. What it gives for it comes to the same
        subscription, and the next pull has it: a subscription given up as well would hold it back until its ack wait ends.
        """
        back = asyncio.ensure_future(self._reconnected(self._client.stats["reconnects"]))
        fetching = asyncio.ensure_future(subscription.fetch(room, timeout=PULL_SECONDS))
        try:
            await asyncio.wait({fetching, back}, return_when=asyncio.FIRST_COMPLETED)
            if not fetching.done():
                fetching.cancel()
                await asyncio.wait({fetching})
            return [] if fetching.cancelled() else fetching.result()
        finally:
            fetching.cancel()
            back.cancel()

    async def _reconnected(self, before: int) -> None:
        while self._client.stats["reconnects"] == before:  # noqa: ASYNC110 - the client tells only whom it was given at first
            await asyncio.sleep(LOOK_SECONDS)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free.release()

    async def _handle(self, message: Msg) -> None:
        heartbeat = asyncio.create_task(_beat(message))
        try:
            reach("loop.message.taken")
            answer: Answer | None = await self._receive(message)
        except UnreadableError as error:
            log.error("message_unreadable", subject=message.subject, error=str(error))  # noqa: TRY400 - no traceback helps
            answer = None
        except Exception:
            deliveries = message.metadata.num_delivered or 1
            log.exception("message_failed", subject=message.subject, deliveries=deliveries)
            pause = min(FAILED_MOST, FAILED_PAUSE * 2 ** (deliveries - 1))
            answer = Answer(retry_in=pause) if deliveries < DELIVERIES_MOST else None
        finally:
            heartbeat.cancel()
        outcome = "let_go" if answer is None else "acked" if answer.retry_in is None else "retried"
        MESSAGES.labels(self._consumer, outcome).inc()
        reach("loop.message.done")
        try:
            if answer is None:
                await message.term()
            elif answer.retry_in is None:
                await message.ack()
            else:
                await message.nak(delay=answer.retry_in)
            reach("loop.message.answered")
        except (nats.errors.Error, OSError) as error:
            log.info("acknowledgement_lost", subject=message.subject, error=str(error) or type(error).__name__)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._draining.wait(), seconds)
        except TimeoutError:
            return


async def _beat(message: Msg) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            await message.in_progress()
        except (nats.errors.Error, OSError):
            return
