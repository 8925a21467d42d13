from __future__ import annotations

import gzip
import logging

import httpcore
import httpx
import pytest
from typing_extensions import override

from mspbyte_common.errors import HostRefused, SchemaDrift, Unreachable
from mspbyte_common.vendors import transport as module
from mspbyte_common.vendors.addresses import is_public, named_by_vendor, origin
from mspbyte_common.vendors.connections import Guard, LoopbackElsewhere
from mspbyte_common.vendors.tokens import Token
from mspbyte_common.vendors.transport import Answer, Transport

PLACE = "https://graph.microsoft.com"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("HTTPS://Graph.Microsoft.COM/v1.0/users?$skiptoken=a", PLACE),
        ("https://graph.microsoft.com:443", PLACE),
        ("https://graph.microsoft.com?x=@evil.example", PLACE),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]"),
    ],
)
def test_one_place_has_one_origin(url: str, place: str) -> None:
    assert origin(url) == place


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.31.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "168.63.129.16"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b:1::808:808"),
    ],
)
def test_an_address_that_is_not_the_internets_is_known_in_every_dress(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["20.190.128.1", "2603:1026::1", "64:ff9b::14be:8001", "::ffff:20.190.128.1"])
def test_an_address_of_the_internet_is_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "configured"),
    [
        ("https://api-us03.central.sophos.com/", "https://api.central.sophos.com"),
        ("http://127.0.0.1:1004", "http://127.0.0.1:1003"),
        ("https://proxy.example", "https://proxy.example"),
    ],
)
def test_a_vendor_names_its_own_hosts(url: str, configured: str) -> None:
    assert named_by_vendor(url, domain="sophos.com", configured=configured) == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "configured"),
    [
        ("https://other.example", "https://proxy.example"),
        ("https://api.central.sophos.com", "https://proxy.example"),
        ("https://proxy.example:8443", "https://proxy.example"),
        ("https://127.0.0.1:1004", "http://127.0.0.1:1003"),
        ("http://127.0.0.2:1004", "http://127.0.0.1:1003"),
        ("https://api.central.sophos.com?x=1", "https://api.central.sophos.com"),
        ("https://api.central.sophos.com/../x", "https://api.central.sophos.com"),
    ],
)
def test_a_vendor_names_no_others(url: str, configured: str) -> None:
    with pytest.raises(HostRefused):
        named_by_vendor(url, domain="sophos.com", configured=configured)


@pytest.mark.parametrize(
    ("allow", "host", "found", "passes"),
    [
        (False, "graph.microsoft.com", ["20.190.128.1"], True),
        (False, "graph.microsoft.com", ["20.190.128.1", "10.0.0.1"], False),
        (True, "graph.microsoft.com", ["127.0.0.1"], False),
        (True, "localhost", ["127.0.0.1", "::1"], True),
        (True, "127.0.0.1", ["127.0.0.1"], True),
        (False, "127.0.0.1", ["127.0.0.1"], False),
        (True, "localhost", ["10.0.0.1"], False),
    ],
)
async def test_a_name_is_judged_by_all_its_addresses(allow: bool, host: str, found: list[str], passes: bool) -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return found

    guard = Guard(allow_loopback=allow, resolver=resolver)
    if passes:
        assert set(await guard.addresses(host, 443, 1)) == set(found)
    else:
        with pytest.raises(HostRefused):
            await guard.addresses(host, 443, 1)


async def _ask(answer) -> Answer:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        return await Transport(client, allow_loopback_http=False).send(
            "GET", f"{PLACE}/x?secret=s3cret", origins={PLACE}, headers={"authorization": "Bearer t0ken"}
        )


async def test_an_error_holds_neither_the_request_nor_its_headers() -> None:
    def breaks(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("Bearer t0ken s3cret", request=request)

    with pytest.raises(Unreachable) as caught:
        await _ask(breaks)
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert str(error) == f"{PLACE} did not answer: ReadError"


def test_what_holds_a_secret_does_not_show_it() -> None:
    shown = repr(Answer(200, {"set-cookie": "s3cret"}, b"s3cret")) + repr(Token("s3cret", 1))
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"x": "y" * 70_000}, b""),
        ({"content-length": "999999999999"}, b""),
        ({"content-encoding": "gzip, gzip"}, gzip.compress(gzip.compress(b"x" * 1_000, mtime=0), mtime=0)),
        ({}, b"x" * 2_000),
    ],
)
async def test_an_answer_beyond_its_bounds_is_drift(monkeypatch, headers: dict[str, str], body: bytes) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1_000)

    async def stream():
        yield body

    with pytest.raises(SchemaDrift):
        await _ask(lambda _request: httpx.Response(200, headers=headers, content=stream()))


async def test_the_libraries_do_not_log_addresses() -> None:
    async with module.open_transport(allow_loopback_http=False):
        assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
        assert not logging.getLogger("httpcore").isEnabledFor(logging.DEBUG)


class _Places(httpcore.AsyncMockBackend):
    """Remembers where it was asked to connect to, in place of the network."""

    def __init__(self) -> None:
        super().__init__([b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"])
        self.asked: list[tuple[str, int]] = []

    @override
    async def connect_tcp(self, host: str, port: int, *others: object, **named: object) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        return await super().connect_tcp(host, port)


@pytest.mark.parametrize(
    ("address", "found", "place"),
    [
        ("127.0.0.1", ["127.0.0.1"], "vendor-sim"),
        ("localhost", ["::1"], "vendor-sim"),
        ("graph.microsoft.com", ["20.190.128.1"], "20.190.128.1"),
    ],
)
async def test_only_what_calls_itself_loopback_is_looked_for_elsewhere(
    address: str, found: list[str], place: str
) -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return found

    places = _Places()
    guard = Guard(allow_loopback=True, resolver=resolver, connector=LoopbackElsewhere("vendor-sim", places))
    await guard.connect_tcp(address, 9101)
    assert places.asked == [(place, 9101)]


async def test_a_name_that_claims_loopback_is_refused_wherever_loopback_is() -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    guard = Guard(allow_loopback=True, resolver=resolver, connector=LoopbackElsewhere("vendor-sim", _Places()))
    with pytest.raises(HostRefused):
        await guard.connect_tcp("graph.microsoft.com", 443)
