"""No byte of a token or secret reaches anybody but the vendor, whatever address a vendor's answer names.

The resolver and the connector here lead every name and address to listeners on loopback: a guard that fails leaks to this
test and nowhere else. Certificates are not checked, so that the guards alone are tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpcore
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.integration.adapters.attacks import addresses

from mspbyte_common.declarations import index
from mspbyte_common.errors import VendorError
from mspbyte_common.vendors import transport as transport_module
from mspbyte_common.vendors.connections import Guard, GuardedHTTP
from mspbyte_common.vendors.limits import Owner
from mspbyte_common.vendors.pull import pull
from mspbyte_common.vendors.session import Sender, Target, fetcher
from mspbyte_common.vendors.transport import Transport, client_over
from svc_adapter_autotask import auth as autotask_auth
from svc_adapter_autotask.main import AUTOTASK
from svc_adapter_m365 import auth as m365_auth
from svc_adapter_m365.main import M365
from svc_adapter_sophos import auth as sophos_auth
from svc_adapter_sophos.main import SOPHOS

SECRET, TOKEN, CODE = "s3cret-of-the-msp", "t0ken-of-the-msp", "c0de-of-the-msp"
HONEST = {
    "login.microsoftonline.com": "20.190.128.1",
    "graph.microsoft.com": "20.190.128.2",
    "id.sophos.com": "20.190.128.3",
    "api.central.sophos.com": "20.190.128.4",
    "api-eu01.central.sophos.com": "20.190.128.5",
    "webservices.autotask.net": "20.190.128.6",
    "webservices3.autotask.net": "20.190.128.7",
}
FOREIGN = "93.184.216.34"
M365_HOST, SOPHOS_HOST, AUTOTASK_HOST = (
    "graph.microsoft.com",
    "api-eu01.central.sophos.com",
    "webservices3.autotask.net",
)


@dataclass
class Listeners:
    """The vendors, and whoever else; what each was told."""

    tls: ssl.SSLContext
    attack: str = ""
    kind: str = ""
    foreign: bytearray = field(default_factory=bytearray)
    honest: bytearray = field(default_factory=bytearray)
    ports: dict[str, int] = field(default_factory=dict)

    def answer(self, head: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        """What the vendors say, with the attack where its kind belongs."""
        path = head.split(" ")[1]
        signs_in = "oauth2" in path
        if self.kind == ("sign-in redirect" if signs_in else "redirect") and "zoneInformation" not in path:
            return 307, {}, {"location": self.attack}
        if signs_in:
            return 200, {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}, {}
        if "zoneInformation" in path:
            zone = self.attack if self.kind == "zone" else f"https://{AUTOTASK_HOST}/atservicesrest/"
            return 200, {"url": zone}, {}
        if self.kind == "next" and "second" not in path:
            return 200, {"value": [], "@odata.nextLink": self.attack}, {}
        return 200, {"value": [], "items": [], "pages": {}}, {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, foreign: bool) -> None:
        with contextlib.suppress(Exception):
            while head := await reader.readuntil(b"\r\n\r\n"):
                (self.foreign if foreign else self.honest).extend(head)
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                if length:
                    (self.foreign if foreign else self.honest).extend(
                        await reader.readexactly(int(length[0].partition(b":")[2]))
                    )
                status, body, headers = (200, {}, {}) if foreign else self.answer(head.decode("latin-1"))
                told = "".join(
                    f"{name}: {value}\r\n" for name, value in headers.items() if value.isascii() and value.isprintable()
                )
                content = orjson.dumps(body)
                writer.write(f"HTTP/1.1 {status} x\r\n{told}content-length: {len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
        writer.close()


class ToListeners(httpcore.AsyncNetworkBackend):
    """Leads each honest address, at its port, to the vendors, and every other to whoever else."""

    def __init__(self, listeners: Listeners) -> None:
        self._listeners, self._real = listeners, httpcore.AnyIOBackend()

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ASYNC109 - httpcore's own
        who = "honest" if host in HONEST.values() and port == 443 else "foreign"
        # whoever else speaks TLS on one port and not on the other: what is meant for any port is told in either way
        return await self._real.connect_tcp("127.0.0.1", self._listeners.ports[f"{who} {port in (80, 9)}"])

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)


def certificate(path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "anybody")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (path / "both.pem").write_bytes(pem + made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path / "both.pem")
    return context


@pytest.fixture
async def listeners(tmp_path) -> AsyncIterator[Listeners]:
    held = Listeners(certificate(tmp_path))
    async with contextlib.AsyncExitStack() as stack:
        for who in ("honest", "foreign"):
            for plain in (False, True):

                async def serve(reader, writer, *, foreign=who == "foreign") -> None:
                    await held.serve(reader, writer, foreign=foreign)

                server = await stack.enter_async_context(
                    await asyncio.start_server(serve, "127.0.0.1", 0, ssl=None if plain else held.tls)
                )
                held.ports[f"{who} {plain}"] = server.sockets[0].getsockname()[1]
        yield held


async def led(host: str, _port: int) -> Sequence[str]:
    """Every name has an address here."""
    return [HONEST.get(host, host if host.replace(".", "").isdigit() or ":" in host else FOREIGN)]


CASES: list[tuple[str, str, str]] = [
    *(("m365", "next", one) for one in addresses(M365_HOST, "/v1.0/users")),
    *(("m365", "redirect", one) for one in addresses(M365_HOST, "/v1.0/users")),
    *(("m365", "sign-in redirect", one) for one in addresses(M365_HOST, "/second")),
    *(("sophos", "region", one) for one in addresses(SOPHOS_HOST, "")),
    *(("sophos", "redirect", one) for one in addresses(SOPHOS_HOST, "/second")),
    *(("autotask", "zone", one) for one in addresses(AUTOTASK_HOST, "/atservicesrest/")),
    *(("autotask", "redirect", one) for one in addresses(AUTOTASK_HOST, "/atservicesrest/")),
]
LISTS = {"m365": (M365, "users"), "sophos": (SOPHOS, "endpoints"), "autotask": (AUTOTASK, "Companies")}


class NoBudget:
    """Lets everything through: what is at stake here is where it goes."""

    @contextlib.asynccontextmanager
    async def request(self, _owner, _cost):
        yield

    async def due(self, _owner, _seconds) -> bool:
        return False


async def attacked(listeners: Listeners, vendor: str, kind: str, attack: str, guard: type[Guard] = Guard) -> str:
    """Reads a list while the attack is in it; returns the class of what stopped the run, or ''."""
    m365_auth.TOKENS._tokens.clear()
    sophos_auth.TOKENS._tokens.clear()
    autotask_auth.ZONES._tokens.clear()
    listeners.kind, listeners.attack = kind, attack
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    region = attack if kind == "region" else f"https://{SOPHOS_HOST}"
    target = Target(
        uuid4(),
        uuid4(),
        uuid4(),
        "11111111-2222-3333-4444-555555555555",
        {"api_host": region},
        {"client_id": "c", "username": "u@example.test"},
        {"client_secret": SECRET, "secret": SECRET, "integration_code": CODE},
    )
    declared, resource = LISTS[vendor]
    endpoint = index(declared.endpoints, key=lambda one: one.resource)[resource]

    async def keep(_page) -> None:
        return None

    made = guard(allow_loopback=True, resolver=led, connector=ToListeners(listeners))
    async with client_over(made, tls=anybody) as client:
        transport = Transport(client, allow_loopback_http=True)
        try:
            async with asyncio.timeout(20):
                sender = Sender(vendor, transport, NoBudget(), Owner(*[uuid4()] * 3, resource), declared.heed)
                session = await declared.connect(sender, target)
                fetch = fetcher(sender, session, endpoint)
                await pull(endpoint, fetch, keep, place=None, number=0)
        except VendorError as error:
            shown = f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
            assert not any(secret in shown for secret in (SECRET, TOKEN, CODE)), shown
            return error.error_class
    return ""


def leaked(listeners: Listeners) -> bool:
    return any(secret.encode() in listeners.foreign for secret in (SECRET, TOKEN, CODE))


def test_the_corpus_is_large_and_holds_no_attack_twice() -> None:
    assert len(CASES) == len(set(CASES)) > 700
    assert len({attack for _, _, attack in CASES}) >= 200


@pytest.mark.parametrize(("vendor", "kind"), sorted({(vendor, kind) for vendor, kind, _ in CASES}))
async def test_no_attack_gets_a_byte(listeners: Listeners, vendor: str, kind: str) -> None:
    for attack in [one for name, sort, one in CASES if (name, sort) == (vendor, kind)]:
        stopped = await attacked(listeners, vendor, kind, attack)
        assert not listeners.foreign, (attack, bytes(listeners.foreign))
        # an address without any host is one of the honest host's own, and so the page it came with
        assert stopped in {"host_refused", "schema_drift", "paging_broken"}, (attack, stopped)


async def test_an_honest_run_goes_through(listeners: Listeners) -> None:
    assert await attacked(listeners, "m365", "next", f"https://{M365_HOST}/v1.0/users?second") == ""
    assert (
        await attacked(listeners, "m365", "next", "HTTPS://GRAPH.Microsoft.com:443/v1.0/users?$skiptoken=second") == ""
    )
    assert await attacked(listeners, "sophos", "region", f"https://{SOPHOS_HOST}/") == ""
    assert await attacked(listeners, "autotask", "zone", f"https://{AUTOTASK_HOST}/ATServicesRest/") == ""
    for secret in (SECRET, TOKEN, CODE):
        assert secret.encode() in listeners.honest


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
async def test_a_vendors_own_name_that_leads_inside_gets_nothing(
    listeners: Listeners, monkeypatch, address: str
) -> None:
    for host in HONEST:
        monkeypatch.setitem(HONEST, host, address)
    assert await attacked(listeners, "m365", "next", "") == "host_refused"
    assert await attacked(listeners, "autotask", "data", "") == "host_refused"
    assert not listeners.honest
    assert not listeners.foreign


class Lets(Guard):
    """A guard that judges nothing."""

    def judge(self, host: str, address: str) -> None:
        return None


def _off_origin(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transport, "check", lambda *_args: None)


def _off_region(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sophos_auth, "tenant_host", lambda host, _api: host)


def _off_zone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(autotask_auth, "zone_url", lambda url, _lookup: url)


def _off_redirects(patch: pytest.MonkeyPatch) -> None:
    class Follows(transport_module.httpx.AsyncClient):
        async def send(self, request, **options):
            return await super().send(request, **{**options, "follow_redirects": True})

    patch.setattr(transport_module.httpx, "AsyncClient", Follows)
    patch.delattr(GuardedHTTP, "handle_async_request")


@pytest.mark.parametrize(
    ("disable", "vendor", "kind", "attack"),
    [
        (_off_origin, "m365", "next", "https://evil.example/v1.0/users"),
        (_off_origin, "m365", "next", f"http://{M365_HOST}/v1.0/users"),
        (_off_origin, "m365", "next", "https://10.0.0.1/v1.0/users"),
        (_off_region, "sophos", "region", "https://evil.example"),
        (_off_zone, "autotask", "zone", "https://evil.example/"),
        (_off_redirects, "m365", "sign-in redirect", "https://evil.example/second"),
        (_off_redirects, "autotask", "redirect", "https://evil.example/"),
    ],
)
async def test_without_its_guard_an_attack_is_seen_here(
    listeners: Listeners, monkeypatch, disable: Callable[[Any], None], vendor: str, kind: str, attack: str
) -> None:
    disable(monkeypatch)
    await attacked(listeners, vendor, kind, attack, guard=Lets)
    assert leaked(listeners), "a test that cannot fail proves nothing"
