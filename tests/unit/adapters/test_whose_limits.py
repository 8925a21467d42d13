"""Simulators' limits are for simulators: no real vendor is ever asked at their rate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from mspbyte_common.vendors.limits import Owner
from mspbyte_common.vendors.session import Sender
from mspbyte_common.vendors.transport import Answer

NOBODY = UUID(int=0)


class _Budget:
    """Counts what draws on it."""

    def __init__(self) -> None:
        self.requests = 0

    @asynccontextmanager
    async def request(self, _owner: Owner, _cost: object) -> AsyncIterator[None]:
        self.requests += 1
        yield


class _Transport:
    async def send(self, *_request: object, **_named: object) -> Answer:
        return Answer(200, {}, b"")


@pytest.mark.parametrize(
    ("url", "simulated"),
    [
        ("http://127.0.0.1:9101/v1.0/users", True),
        ("http://localhost:9101/v1.0/users", True),
        ("https://graph.microsoft.com/v1.0/users", False),
        ("https://127.0.0.1.example.com/v1.0/users", False),
        ("https://graph.microsoft.com/http://127.0.0.1/", False),
        ("HTTPS://GRAPH.MICROSOFT.COM/v1.0/users?of=127.0.0.1", False),
    ],
)
async def test_the_address_of_a_request_decides_whose_limits_it_draws_on(url: str, simulated: bool) -> None:
    vendors, simulators = _Budget(), _Budget()
    sender = Sender("m365", _Transport(), vendors, Owner(NOBODY, NOBODY, NOBODY, "users"), simulators=simulators)
    await sender.purpose("sign-in").send("GET", url, origins={url})
    assert (vendors.requests, simulators.requests) == ((0, 1) if simulated else (1, 0))


async def test_without_limits_of_their_own_simulators_draw_on_the_vendors() -> None:
    vendors = _Budget()
    sender = Sender("m365", _Transport(), vendors, Owner(NOBODY, NOBODY, NOBODY, "users"))
    await sender.send("GET", "http://127.0.0.1:9101/", origins=set())
    assert vendors.requests == 1
