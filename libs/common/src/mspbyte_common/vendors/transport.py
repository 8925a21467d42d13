"""The one place from which bytes go to a vendor.

https only, to the hosts its caller names, no redirects, bounded time and size; bodies are never logged. Plain http to a
loopback address is possible only when the service was told so explicitly (simulators).
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from mspbyte_common.errors import RequestInvalid, SchemaDrift, Unreachable

MAX_BYTES = 64 * 1024 * 1024
"""The largest answer that is read."""
TIMEOUT = httpx.Timeout(connect=10.0, read=90.0, write=30.0, pool=60.0)
"""Seconds. Reading is patient: Autotask answers slowly on purpose when its threshold is half used."""


@dataclass(frozen=True)
class Answer:
    """A vendor's answer: status, headers (lower-case names), body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as JSON; SchemaDrift when it is not."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError as error:
            message = f"the answer is not JSON: {error.msg} at position {error.pos} of {len(self.content)} bytes"
            raise SchemaDrift(message) from None


def origin(url: str) -> str:
    """scheme://host:port of an address, the default port left out, host in lower case."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        message = "the address has no usable port"
        raise RequestInvalid(message) from None
    if parts.username is not None or parts.password is not None or not parts.hostname:
        message = "the address has a user name in it, or no host"
        raise RequestInvalid(message)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    suffix = "" if port in (None, default) else f":{port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.lower()
    return f"{parts.scheme}://{host}{suffix}"


class Transport:
    """Sends requests to vendors."""

    def __init__(self, client: httpx.AsyncClient, *, allow_loopback_http: bool) -> None:
        self._client = client
        self._allow_loopback_http = allow_loopback_http

    def check(self, url: str, origins: Collection[str]) -> None:
        """Raises RequestInvalid unless the address may be sent a credential."""
        place = origin(url)
        if place not in origins:
            message = f"{place} is not one of the connection's hosts ({', '.join(sorted(origins))})"
            raise RequestInvalid(message)
        if place.startswith("https://"):
            return
        if not (self._allow_loopback_http and place.startswith("http://") and _is_loopback(place)):
            message = f"{place} is not https"
            raise RequestInvalid(message)

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
        try:
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                return Answer(response.status_code, dict(response.headers), await _read(response))
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            message = f"{origin(url)} did not answer: {type(error).__name__}: {error}"
            raise Unreachable(message) from error


async def _read(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_BYTES:
            message = f"the answer is larger than {MAX_BYTES} bytes"
            raise SchemaDrift(message)
        parts.append(part)
    return b"".join(parts)


def _is_loopback(place: str) -> bool:
    host = urlsplit(place).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@asynccontextmanager
async def open_transport(*, allow_loopback_http: bool) -> AsyncIterator[Transport]:
    """A transport with its own connection pool."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=50)
    async with httpx.AsyncClient(timeout=TIMEOUT, limits=limits, trust_env=False) as client:
        yield Transport(client, allow_loopback_http=allow_loopback_http)
