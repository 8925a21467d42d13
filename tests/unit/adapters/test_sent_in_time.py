"""What is to have an effect is sent in its time or not at all: a process that was stopped may wake up too late."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from mspbyte_common.vendors.limits import Owner
from mspbyte_common.vendors.session import Sender
from mspbyte_common.vendors.transport import Answer

NOBODY = UUID(int=0)


class _Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class _Budget:
    """A permit that comes when its holder was stopped for a while."""

    def __init__(self, clock: _Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds

    @asynccontextmanager
    async def request(self, _owner: Owner, _cost: object) -> AsyncIterator[None]:
        self._clock.now += self._seconds
        yield


class _Transport:
    def __init__(self) -> None:
        self.sent: list[object] = []

    async def send(self, *request: object, **_named: object) -> Answer:
        self.sent.append(request[0])
        return Answer(200, {}, b"")


@pytest.mark.parametrize(("stopped", "sent"), [(119.0, ["POST"]), (120.0, []), (10_000.0, [])])
async def test_nothing_is_sent_from_its_moment_on(
    monkeypatch: pytest.MonkeyPatch, stopped: float, sent: list[str]
) -> None:
    clock, transport = _Clock(), _Transport()
    monkeypatch.setattr(time, "monotonic", clock)
    owner = Owner(NOBODY, NOBODY, NOBODY, "Tickets")
    sender = Sender("autotask", transport, _Budget(clock, stopped), owner, until=clock.now + 120.0)
    try:
        await sender.purpose("sign-in").send("POST", "http://127.0.0.1:9101/", origins=set())
    except TimeoutError:
        assert not sent
    assert transport.sent == sent
