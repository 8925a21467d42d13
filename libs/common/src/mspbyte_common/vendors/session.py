"""A way to one account: hosts, credentials and the classes of a vendor's errors; and the one function that asks."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from mspbyte_common.errors import HostRefused, SchemaDrift, VendorError
from mspbyte_common.metrics import VENDOR_REQUESTS, VENDOR_SECONDS
from mspbyte_common.vendors.budget import Budget
from mspbyte_common.vendors.endpoint import Ask, Endpoint, Reply, Request
from mspbyte_common.vendors.transport import Answer, Transport, origin
from mspbyte_common.vendors.waits import clock_of


@dataclass(frozen=True)
class Target:
    """What an adapter is told of the account it reads, its connection and the credential (decrypted)."""

    msp_id: UUID
    connection_id: UUID
    account_id: UUID
    external_id: str
    account: Mapping[str, Any]
    connection: Mapping[str, Any]
    secret: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Session:
    """How one account is asked.

    `hosts`: base address by the name an endpoint's `host` has. `authorize` gives the headers of a request; `renew` is told
    of headers that were refused and says whether others may be had. `classify` gets an answer that is not data and returns
    the error to raise.
    """

    vendor: str
    hosts: Mapping[str, str]
    authorize: Callable[[], Awaitable[Mapping[str, str]]]
    renew: Callable[[Mapping[str, str]], bool]
    classify: Callable[[Answer], VendorError]


def _joined(base: str, url: str) -> str:
    """A path on the base, or the address the vendor gave; HostRefused for one that cannot be read."""
    try:
        return urljoin(base, url if "://" in url else url.lstrip("/"))
    except ValueError:
        message = "the vendor gave an address that cannot be read"
        raise HostRefused(message) from None


def fetcher(transport: Transport, budget: Budget, session: Session, target: Target, endpoint: Endpoint) -> Ask:
    """The function through which the pull loop asks this account for pages of this endpoint."""
    base = session.hosts[endpoint.host].rstrip("/") + "/"
    origins = frozenset(origin(address) for address in session.hosts.values())

    async def send(request: Request, headers: Mapping[str, str]) -> Answer:
        url = _joined(base, request.url)
        async with budget.request(target.connection_id, target.account_id, endpoint.resource):
            started = time.perf_counter()
            try:
                answer = await transport.send(
                    request.method, url, origins=origins, headers=headers, params=request.params, json=request.body
                )
            except VendorError as error:
                VENDOR_REQUESTS.labels(session.vendor, error.error_class).inc()
                raise
            finally:
                VENDOR_SECONDS.labels(session.vendor).observe(time.perf_counter() - started)
        return answer

    async def ask(request: Request) -> Reply:
        headers = await session.authorize()
        answer = await send(request, headers)
        if answer.status == 401 and session.renew(headers):  # noqa: PLR2004 - HTTP's own number
            answer = await send(request, await session.authorize())
        if not 200 <= answer.status < 300:  # noqa: PLR2004
            error = session.classify(answer)
            VENDOR_REQUESTS.labels(session.vendor, error.error_class).inc()
            raise error
        body = answer.json()
        if not isinstance(body, dict):
            message = f"the answer is not an object but a {type(body).__name__}"
            raise SchemaDrift(message)
        VENDOR_REQUESTS.labels(session.vendor, "ok").inc()
        return Reply(body, clock_of(answer))

    return ask
