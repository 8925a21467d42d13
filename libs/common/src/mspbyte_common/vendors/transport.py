"""The one place from which bytes go to a vendor.

https only, to the hosts its caller names, at addresses of the internet, no redirects, bounded time and size; neither bodies
nor headers are logged or shown in an error. Plain http to a loopback address is possible only when the service was told so
explicitly (simulators).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson

from mspbyte_common.errors import HostRefused, SchemaDrift, Unreachable
from mspbyte_common.vendors.addresses import is_loopback, origin
from mspbyte_common.vendors.connections import Guard, GuardedHTTP, LoopbackElsewhere
from mspbyte_common.vendors.legible import legible

__all__ = ["Answer", "Transport", "client_over", "open_transport", "origin"]

MAX_BYTES = 64 * 1024 * 1024
"""The largest answer that is read."""
MAX_HEADER_BYTES: Final = 64 * 1024
WHOLE_SECONDS = 600.0
"""The longest a request may take in all, however steadily its answer drips. Autotask stops after five minutes."""
TIMEOUT = httpx.Timeout(connect=10.0, read=90.0, write=30.0, pool=60.0)
"""Seconds. Reading is patient: Autotask answers slowly on purpose when its threshold is half used."""
LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=50)
ENCODINGS: Final = {"", "identity", "gzip", "deflate"}
"""Once compressed, no more: a body compressed twice can be a million times what was sent."""


@dataclass(frozen=True)
class Answer:
    """A vendor's answer: status, headers (lower-case names), body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON, characters that are none put right; SchemaDrift when it is not JSON."""
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(self.content)
        try:
            return orjson.loads(legible(self.content))
        except orjson.JSONDecodeError as error:
            message = f"the answer is not JSON: {error.msg} at position {error.pos} of {len(self.content)} bytes"
            raise SchemaDrift(message) from None


class Transport:
    """Sends requests to vendors."""

    def __init__(self, client: httpx.AsyncClient, *, allow_loopback_http: bool) -> None:
        self._client = client
        self._allow_loopback_http = allow_loopback_http

    def check(self, url: str, origins: Collection[str]) -> None:
        """Raises HostRefused unless the address may be sent a credential."""
        place = origin(url)
        if place not in origins:
            message = f"{place} is not one of the connection's hosts ({', '.join(sorted(origins))})"
            raise HostRefused(message)
        if place.startswith("https://"):
            return
        if not (self._allow_loopback_http and place.startswith("http://") and is_loopback(place)):
            message = f"{place} is not https"
            raise HostRefused(message)

    async def send(
        self,
        method: str,
        url: str,
        *,
        origins: Collection[str],
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, one answer, whatever its status. Raises Unreachable when there is none."""
        self.check(url, origins)
        content = None if json is None else orjson.dumps(json)
        typed = {"content-type": "application/json"} if json is not None else {}
        request = self._client.build_request(
            method, url, params=params or None, headers={**typed, **(headers or {})}, content=content, data=form
        )
        if f"{request.url.scheme}://{request.url.netloc.decode('ascii')}" != origin(url):
            message = "the address is read in two ways"
            raise HostRefused(message)
        reason = "no answer"
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                response = await self._client.send(request, stream=True, follow_redirects=False)
                try:
                    return Answer(response.status_code, _headers(response), await _read(response))
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            reason = type(error).__name__
        message = (
            f"{origin(url)} did not answer: {reason}"  # raised out here: the error above holds the request's headers
        )
        raise Unreachable(message)


def _headers(response: httpx.Response) -> dict[str, str]:
    aside = response.extensions.get("location")
    return dict(response.headers) | ({"location": str(aside)} if aside is not None else {})


async def _read(response: httpx.Response) -> bytes:
    if sum(len(name) + len(value) for name, value in response.headers.raw) > MAX_HEADER_BYTES:
        message = f"the answer's headers are larger than {MAX_HEADER_BYTES} bytes"
        raise SchemaDrift(message)
    if response.headers.get("content-encoding", "").strip().lower() not in ENCODINGS:
        message = "the answer is encoded in a way that was not asked for"
        raise SchemaDrift(message)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > MAX_BYTES:
        message = f"the answer is larger than {MAX_BYTES} bytes"
        raise SchemaDrift(message)
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_BYTES:
            message = f"the answer is larger than {MAX_BYTES} bytes"
            raise SchemaDrift(message)
        parts.append(part)
    return b"".join(parts)


def client_over(guard: Guard, *, tls: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """A client all of whose connections the guard makes; no proxy, no netrc, nothing from the environment."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they would tell whole addresses, and headers
    transport = GuardedHTTP(guard, limits=LIMITS, tls=tls)
    headers = {"accept-encoding": "gzip, deflate"}
    return httpx.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False, headers=headers)


@asynccontextmanager
async def open_transport(*, allow_loopback_http: bool, loopback_host: str | None = None) -> AsyncIterator[Transport]:
    """A transport with its own connection pool. `loopback_host`: where what calls itself loopback listens."""
    connector = LoopbackElsewhere(loopback_host) if allow_loopback_http and loopback_host else None
    async with client_over(Guard(allow_loopback=allow_loopback_http, connector=connector)) as client:
        yield Transport(client, allow_loopback_http=allow_loopback_http)
