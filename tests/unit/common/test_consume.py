"""What becomes of the work in hand when a consume loop ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from mspbyte_common.jetstream import consume
from mspbyte_common.jetstream.consume import DELIVERIES_MOST, Answer, ConsumeLoop, hint


class _Message:
    """One message, and what was answered to it."""

    subject = "jobs.m365.users"

    def __init__(self, data: bytes = b"{}", deliveries: int = 1) -> None:
        self.data = data
        self.metadata = SimpleNamespace(num_delivered=deliveries)
        self.answers: list[str] = []
        self.answered = asyncio.Event()

    def _answer(self, text: str) -> None:
        self.answers.append(text)
        self.answered.set()

    async def in_progress(self) -> None:
        self._answer("in progress")

    async def ack(self) -> None:
        self._answer("ack")

    async def nak(self, delay: float) -> None:
        self._answer(f"nak {delay}")

    async def term(self) -> None:
        self._answer("term")


class _Subscription:
    """Gives its messages, never more than it is asked for, then none."""

    def __init__(self, messages: list[_Message]) -> None:
        self.messages = messages
        self.asked: list[int] = []

    async def fetch(self, room: int, timeout: float) -> list[_Message]:  # noqa: ASYNC109 - the client's own name
        self.asked.append(room)
        if not self.messages:
            await asyncio.sleep(0)
            raise TimeoutError
        given, self.messages[:] = self.messages[:room], self.messages[room:]
        return given

    async def unsubscribe(self) -> None:
        """Nothing to do."""


def _client(*subscriptions: Any) -> Any:
    """A client that binds these, one after the other."""
    waiting = list(subscriptions)

    async def bind(**_named: str) -> Any:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return SimpleNamespace(
        is_connected=True, stats={"reconnects": 0}, jetstream=lambda **_: SimpleNamespace(pull_subscribe_bind=bind)
    )


def _loop(message: _Message, receive: Any) -> ConsumeLoop:
    return ConsumeLoop(_client(_Subscription([message])), "JOBS", "adapter-m365", receive, hands=1)


async def _answered(messages: list[_Message], receive: Any, *, hands: int = 2) -> list[list[str]]:
    """What was answered to each message in the end."""
    loop = ConsumeLoop(_client(_Subscription(list(messages))), "JOBS", "adapter-m365", receive, hands=hands)
    running = asyncio.create_task(loop.run())
    for message in messages:
        await message.answered.wait()
    loop.drain()
    await running
    return [message.answers for message in messages]


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


async def test_a_message_that_says_nothing_we_know_is_let_go_and_the_others_go_on() -> None:
    said = b'{"msp": "00000000-0000-0000-0000-000000000001", "run": "00000000-0000-0000-0000-000000000002"}'
    messages = [_Message(data) for data in (b"", b"[]", b"{}", b'{"msp": 1, "run": 2}', b"\xff", said)]

    async def receive(message: Any) -> Answer:
        assert hint(message, "run", UUID) == (UUID(int=1), UUID(int=2))
        return Answer()

    assert await _answered(messages, receive) == [["term"]] * 5 + [["ack"]]


def test_a_message_may_say_more_than_we_know_as_those_of_a_later_release_do() -> None:
    said = b'{"msp": "00000000-0000-0000-0000-000000000001", "work": 7, "since": {"a": []}, "run": null}'
    assert hint(_Message(said), "work", int) == (UUID(int=1), 7)


async def test_a_message_that_fails_comes_again_after_growing_pauses_and_not_for_ever() -> None:
    messages = [_Message(deliveries=number) for number in range(1, DELIVERIES_MOST + 1)]

    async def receive(_message: object) -> Answer:
        raise ConnectionError("the database is away")

    pauses = [2.0, 4.0, 8.0, 16.0, 32.0, *[60.0] * (DELIVERIES_MOST - 6)]
    assert await _answered(messages, receive) == [*([f"nak {pause}"] for pause in pauses), ["term"]]


async def test_a_slow_message_holds_none_of_the_others_and_no_more_are_taken_than_there_are_hands() -> None:
    go_on = asyncio.Event()
    slow, others = _Message(b"slow"), [_Message() for _ in range(50)]
    subscription = _Subscription([slow, *others])

    async def receive(message: Any) -> Answer:
        if message is slow:
            await go_on.wait()
        return Answer()

    loop = ConsumeLoop(_client(subscription), "JOBS", "adapter-m365", receive, hands=3)
    running = asyncio.create_task(loop.run())
    for message in others:
        await message.answered.wait()
    assert slow.answers == []
    go_on.set()
    loop.drain()
    await running
    assert slow.answers == ["ack"]
    assert max(subscription.asked) <= 3


async def test_while_work_lasts_the_broker_is_told_that_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consume, "HEARTBEAT_SECONDS", 0.0)
    message = _Message()

    async def receive(_message: object) -> Answer:
        await message.answered.wait()
        return Answer()

    [answers] = await _answered([message], receive)
    assert (answers[0], answers[-1]) == ("in progress", "ack")


async def test_a_pull_that_the_broker_has_forgotten_is_not_waited_for_and_what_came_of_it_is_not_lost() -> None:
    class Forgotten(_Subscription):
        async def fetch(self, _room: int, timeout: float) -> list[_Message]:  # noqa: ASYNC109
            if not client.stats["reconnects"]:
                client.stats["reconnects"] += 1  # the broker comes back in the middle of it
                await asyncio.Event().wait()
            return [message] if not message.answers else await super().fetch(_room, timeout)

    message = _Message()
    client = _client(Forgotten([]))

    async def receive(_message: object) -> Answer:
        return Answer()

    loop = ConsumeLoop(client, "JOBS", "adapter-m365", receive, hands=1)
    running = asyncio.create_task(loop.run())
    await message.answered.wait()
    loop.drain()
    await running
    assert message.answers == ["ack"]
