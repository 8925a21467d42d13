"""Connections to vendors: a name is resolved once, judged, and the address that was judged is the one connected to.

TLS still proves the name: the certificate is checked against the host of the request, not against the address.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import httpcore
import httpx
from typing_extensions import override

from mspbyte_common.errors import HostRefused
from mspbyte_common.vendors.addresses import is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

TRIED: Final = 3
"""Addresses of one name that are tried."""
RESOLVE_SECONDS: Final = 10.0


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the machine's resolver knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Guard(httpcore.AsyncNetworkBackend):
    """Connects to addresses that may be connected to.

    A name any of whose addresses is not the internet's is refused whole. Loopback is for simulators: only when allowed, and
    only for who asks for it by number or as `localhost`.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool,
        resolver: Resolve = resolve,
        connector: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._resolve = resolver
        self._connector = connector or httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self.addresses(host, port, timeout)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses[:TRIED]:
            share = None if timeout is None else timeout / min(len(addresses), TRIED)
            try:
                return await self._connector.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def addresses(self, host: str, port: int, seconds: float | None) -> list[str]:
        """The addresses to connect to, IPv4 first; HostRefused when one of them must not be."""
        try:
            async with asyncio.timeout(seconds or RESOLVE_SECONDS):
                found = await self._resolve(host.strip("[]"), port)
        except TimeoutError:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        except OSError:
            raise httpcore.ConnectError("the name cannot be resolved") from None
        for address in found:
            self.judge(host, address)
        return sorted(found, key=lambda address: ":" in address)

    def judge(self, host: str, address: str) -> None:
        """Raises HostRefused unless the host may be at this address."""
        if is_public(address):
            return
        named = host == "localhost" or host.strip("[]") == address
        if self._allow_loopback and named and ipaddress.ip_address(address.partition("%")[0]).is_loopback:
            return
        raise HostRefused(f"{host} is at {address}, which is not an address of the internet")

    @override
    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise HostRefused("a vendor is not behind a socket of this machine")

    @override
    async def sleep(self, seconds: float) -> None:
        await self._connector.sleep(seconds)


class LoopbackElsewhere(httpcore.AsyncNetworkBackend):
    """Connects to another host, at the same port, where loopback is asked for: to simulators beside a container."""

    def __init__(self, host: str, connector: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._host = host
        self._connector = connector or httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        place = self._host if ipaddress.ip_address(host.partition("%")[0]).is_loopback else host
        return await self._connector.connect_tcp(place, port, timeout, local_address, socket_options)

    @override
    async def sleep(self, seconds: float) -> None:
        await self._connector.sleep(seconds)


class GuardedHTTP(httpx.AsyncHTTPTransport):
    """httpx's transport, over a guard."""

    def __init__(self, guard: Guard, *, limits: httpx.Limits, tls: ssl.SSLContext | None = None) -> None:
        context = tls or httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, limits=limits, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=guard,
        )

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; where it leads is put aside (extension `location`): httpx would read it even without following."""
        response = await super().handle_async_request(request)
        if "location" in response.headers:
            response.extensions = {**response.extensions, "location": response.headers.pop("location")}
        return response
