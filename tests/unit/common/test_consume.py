"""What becomes of the work in hand when a consume loop ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from mspbyte_common.jetstream.consume import Answer, ConsumeLoop


class _Message:
    """One message, and what was answered to it."""

    subject = "jobs.m365.users"

    def __init__(self) -> None:
        self.answers: list[str] = []

    async def in_progress(self) -> None:
        self.answers.append("in progress")

    async def ack(self) -> None:
        self.answers.append("ack")

    async def nak(self, delay: float) -> None:
        self.answers.append(f"nak {delay}")


class _Subscription:
    """Gives its messages once, then none."""

    def __init__(self, *messages: _Message) -> None:
        self._messages = list(messages)

    async def fetch(self, _room: int, timeout: float) -> list[_Message]:  # noqa: ASYNC109 - the client's own name
        if not self._messages:
            await asyncio.sleep(0)
            raise TimeoutError
        return [self._messages.pop()]

    async def unsubscribe(self) -> None:
        self._messages.clear()


def _loop(message: _Message, receive: Any) -> ConsumeLoop:
    async def bind(**_named: str) -> _Subscription:
        return _Subscription(message)

    client = SimpleNamespace(is_connected=True, jetstream=lambda **_: SimpleNamespace(pull_subscribe_bind=bind))
    return ConsumeLoop(client, "JOBS", "adapter-m365", receive, hands=1)


async def test_what_outlasts_the_drain_has_ended_before_the_loop_has_and_its_message_comes_again() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def receive(_message: object) -> Answer:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return Answer()

    message = _Message()
    loop = _loop(message, receive)
    running = asyncio.create_task(loop.run())
    await began.wait()
    loop.drain()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
    assert ended.is_set()
    assert message.answers == []


async def test_what_is_in_hand_when_the_drain_begins_is_finished() -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def receive(_message: object) -> Answer:
        began.set()
        await go_on.wait()
        return Answer()

    message = _Message()
    loop = _loop(message, receive)
    running = asyncio.create_task(loop.run())
    await began.wait()
    loop.drain()
    go_on.set()
    await running
    assert message.answers == ["ack"]
