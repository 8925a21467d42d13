"""A database may move to another zone: the old one's refusals lead to the new one, and no secret is tried twice in vain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
import pytest

from mspbyte_common.errors import CredentialInvalid, RequestInvalid, SchemaDrift, Transient
from mspbyte_common.vendors.endpoint import Request
from mspbyte_common.vendors.limits import Owner
from mspbyte_common.vendors.session import Sender, Target, fetcher
from mspbyte_common.vendors.transport import Transport
from svc_adapter_autotask import auth
from svc_adapter_autotask.endpoints import COMPANIES

LOOKUP = "https://webservices.autotask.net"
ROW = {"items": [{"id": 0}], "pageDetails": {}}


class NoBudget:
    """Nothing is limited, and nobody is to look how much is used."""

    @asynccontextmanager
    async def request(self, *_: object) -> AsyncIterator[None]:
        """At once."""
        yield

    async def due(self, *_: object) -> bool:
        """Never."""
        return False


class Autotask:
    """Two zones, of which one has the database; what each was asked with the secret."""

    def __init__(self) -> None:
        self.zone, self.old_zone_says = 3, httpx.Response(401)
        self.asked: list[int] = []
        self.target = Target(uuid4(), uuid4(), UUID(int=3), "u", {}, {"username": "u"}, dict.fromkeys(KEYS, "x"))

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What it says."""
        if "zoneInformation" in request.url.path:
            assert "secret" not in request.headers
            return httpx.Response(200, json={"url": f"https://webservices{self.zone}.autotask.net/ATServicesRest/"})
        zone = int(request.url.host.removeprefix("webservices").partition(".")[0])
        self.asked.append(zone)
        return httpx.Response(200, json=ROW) if zone == self.zone else self.old_zone_says

    async def read(self) -> dict:
        """The first page of the companies, over a session of its own."""
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.answer)) as client:
            transport = Transport(client, allow_loopback_http=False)
            sender = Sender("autotask", transport, NoBudget(), Owner(*[uuid4()] * 3, "Companies"))  # type: ignore[arg-type]
            session = await auth.connect(sender, self.target)
            fetch = fetcher(sender, session, COMPANIES)
            return (await fetch(Request("POST", COMPANIES.path, {}, {}))).body


KEYS = ("secret", "integration_code")


@pytest.fixture
def autotask() -> Iterator[Autotask]:
    yield Autotask()
    auth.ZONES._tokens.clear()


@pytest.mark.parametrize(
    "says", [httpx.Response(401), httpx.Response(404, json={"Message": "No HTTP resource"}), httpx.Response(200)]
)
async def test_a_database_that_moved_is_found_again_by_the_next_try(autotask: Autotask, says: httpx.Response) -> None:
    await autotask.read()
    autotask.zone, autotask.old_zone_says = 15, says
    with pytest.raises(Transient, match="may have moved"):
        await autotask.read()
    assert await autotask.read() == ROW
    assert autotask.asked == [3, 3, 15]


@pytest.mark.parametrize("zone_known", [True, False])
async def test_a_wrong_secret_stops_the_connection_after_one_try_or_two(autotask: Autotask, zone_known: bool) -> None:
    if zone_known:
        await autotask.read()
    autotask.answer = refusing(autotask.answer, httpx.Response(401))  # type: ignore[method-assign]
    if zone_known:
        with pytest.raises(Transient, match="may have moved"):
            await autotask.read()
    with pytest.raises(CredentialInvalid, match="HTTP 401"):
        await autotask.read()


@pytest.mark.parametrize(
    ("says", "error"),
    [(httpx.Response(404, json={"Message": "No HTTP resource"}), RequestInvalid), (httpx.Response(200), SchemaDrift)],
)
async def test_a_zone_looked_up_a_moment_ago_is_not_doubted(autotask: Autotask, says, error) -> None:
    autotask.answer = refusing(autotask.answer, says)  # type: ignore[method-assign]
    with pytest.raises(error):
        await autotask.read()


async def test_an_outage_of_the_zone_is_no_move(autotask: Autotask) -> None:
    await autotask.read()
    autotask.answer = refusing(autotask.answer, httpx.Response(503))  # type: ignore[method-assign]
    with pytest.raises(Transient, match="HTTP 503"):
        await autotask.read()


def refusing(answer, says: httpx.Response):
    """Every zone says the same; the lookup is as before."""

    def refused(request: httpx.Request) -> httpx.Response:
        known = answer(request)
        return known if "zoneInformation" in request.url.path else says

    return refused
