"""What every request passes first: counting, limits, faults. The vendors' apps behind it only ever answer well."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vendor_sim.answers import Answer
from vendor_sim.counters import Counters
from vendor_sim.faults import Fault, Faults
from vendor_sim.limits import Call, Limits, Permit

ADMIN = "/_sim/"
_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class ConnectionDroppedError(Exception):
    """Raised out of the app so that the server closes the connection in the middle of the body."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """What the gate must know of a vendor: how it names routes and accounts, and how its errors look."""

    name: str
    content_type: str
    template: Callable[[str], str]
    """Path to route template, for counting."""
    account: Callable[[str, Headers], str | None]
    """(path, headers) to the account the request is for."""
    error: Callable[[int, int | None], Answer]
    """(status, retry after) to the vendor's error answer."""


class Gate:
    """ASGI middleware around one vendor's app."""

    def __init__(
        self,
        app: ASGIApp,
        vendor: Vendor,
        faults: Faults,
        counters: Counters,
        limits: Limits,
        clock: Callable[[], datetime],
    ) -> None:
        self._app = app
        self._vendor = vendor
        self._faults = faults
        self._counters = counters
        self._limits = limits
        self._clock = clock
        self._before: dict[tuple[str, str | None], tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or do to it what the fault says."""
        if scope["type"] != "http" or scope["path"].startswith(ADMIN):
            await self._app(scope, receive, send)
            return
        vendor, counters = self._vendor, self._counters
        template = vendor.template(scope["path"])
        headers, query = Headers(scope=scope), dict(parse_qsl(scope["query_string"].decode()))
        account = vendor.account(scope["path"], headers)
        counters.requests[f"{scope['method']} {template}"] += 1
        counters.accounts[account or ""] += 1

        permit = self._limits.admit(Call(vendor.name, account, template, query, headers))

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                counters.statuses[str(message["status"])] += 1
                said = Headers(raw=message.get("headers", []))
                told = {} if "date" in said else {"date": _http_date(self._clock())}
                extra = [(name.encode(), value.encode()) for name, value in (told | permit.headers).items()]
                message = {**message, "headers": [*said.raw, *extra]}
            await send(message)

        try:
            await self._permitted(permit, account, scope, receive, counted)
        finally:
            permit.release()

    async def _permitted(self, permit: Permit, account: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or wait and answer, or misbehave."""
        vendor, counters, refusal = self._vendor, self._counters, permit.refusal
        if refusal:
            counters.refused[refusal.scope] += 1
            await Response(refusal.body, refusal.status, refusal.headers)(scope, receive, send)
            return
        if permit.delay:
            await asyncio.sleep(permit.delay)
        asked = unquote(f"{scope['path']}?{scope['query_string'].decode()}")
        fault = self._faults.take(vendor.name, asked, account)
        place = (vendor.template(scope["path"]), account)
        if fault is None and not self._faults.repeats(vendor.name):
            await self._app(scope, receive, send)
            return
        if fault is None:
            self._before[place] = start, body = await self._collect(scope, receive)
            await _send(start, body, send)
            return
        counters.faults += 1
        if fault.action == "repeat" and place in self._before:
            await _send(*self._before[place], send)
            return
        await self._misbehave(fault, scope, receive, send)

    async def _misbehave(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.status is not None:
            answer = self._vendor.error(fault.status, fault.retry_after)
            if fault.dated and fault.retry_after is not None:
                now = self._clock() + timedelta(seconds=fault.clock_ahead)
                until = now + timedelta(seconds=fault.retry_after)
                answer.headers |= {"Date": _http_date(now), "Retry-After": _http_date(until)}
            await answer.response(self._vendor.content_type)(scope, receive, send)
        elif fault.page_status is not None:
            await HTMLResponse(_GATEWAY_PAGE, fault.page_status)(scope, receive, send)
        elif fault.action == "blank":
            await Response(status_code=200)(scope, receive, send)
        elif fault.action == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        else:
            start, body = await self._collect(scope, receive)
            if fault.action == "malformed":
                body = body[: max(1, len(body) // 2)]
            if fault.action == "drop":
                await send(_sized(start, body))
                await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
                raise ConnectionDroppedError
            await _send(start, body, send)

    async def _collect(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """The app's right answer: its start message and its whole body."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
        return messages[0], body


async def _send(start: Message, body: bytes, send: Send) -> None:
    await send(_sized(start, body))
    await send({"type": "http.response.body", "body": body})


def _sized(start: Message, body: bytes) -> Message:
    """The start of an answer with this body."""
    headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
    return {**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]}


def _http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
