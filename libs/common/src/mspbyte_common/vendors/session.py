"""A way to one account: hosts, credentials and the classes of a vendor's errors; and the one function that asks."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from mspbyte_common.errors import HostRefused, SchemaDrift, VendorError
from mspbyte_common.fault_points import reach
from mspbyte_common.metrics import VENDOR_REQUESTS, VENDOR_SECONDS
from mspbyte_common.redaction import remember
from mspbyte_common.trace import ASKS, span
from mspbyte_common.vendors.addresses import is_loopback
from mspbyte_common.vendors.budget.budget import ONE, Budget
from mspbyte_common.vendors.endpoint import Ask, Endpoint, Reply, Request
from mspbyte_common.vendors.limits import Cost, Level, Owner
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
class Feedback:
    """What a vendor says of its limit: the share of the rate to keep to from now on, and whom it means."""

    level: Level
    share: float


def no_feedback(_answer: Answer) -> Feedback | None:
    """The vendor's answers say nothing of its limits."""
    return None


@dataclass(frozen=True)
class Sender:
    """The one way to a vendor: whatever is sent, also to sign in, draws on the budget.

    `heed` reads from any answer how near the limit is. `simulators`: the budget of requests to loopback, if it is another;
    it is the address that decides, so that no real vendor is asked at their rate. `until`: by `time.monotonic`, from when on
    nothing is sent any more; TimeoutError then.
    """

    vendor: str
    transport: Transport
    budget: Budget
    owner: Owner
    heed: Callable[[Answer], Feedback | None] = no_feedback
    simulators: Budget | None = None
    until: float = math.inf

    def purpose(self, resource: str) -> Sender:
        """The same for something other than the list: signing in, looking up."""
        return replace(self, owner=replace(self.owner, resource=resource))

    async def send(
        self,
        method: str,
        url: str,
        *,
        origins: Collection[str],
        cost: Cost = ONE,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request within the budget, one answer, whatever its status."""
        for told in (headers, form, json):
            remember(told)
        budget = self.simulators if self.simulators and is_loopback(origin(url)) else self.budget
        async with budget.request(self.owner, cost):
            started = time.perf_counter()
            try:
                with span(f"{method} {self.vendor} {self.owner.resource}", None, ASKS) as current:
                    reach("adapter.request.permitted")
                    if time.monotonic() >= self.until:  # a process that was stopped may not know yet how late it is
                        raise TimeoutError
                    answer = await self.transport.send(
                        method, url, origins=origins, headers=headers, params=params, json=json, form=form
                    )
                    current.set_attribute("mspbyte.status", f"{answer.status // 100}xx")
            except VendorError as error:
                VENDOR_REQUESTS.labels(self.vendor, error.error_class).inc()
                raise
            finally:
                VENDOR_SECONDS.labels(self.vendor).observe(time.perf_counter() - started)
        reach("adapter.request.answered")
        feedback = self.heed(answer)
        if feedback is not None:
            await self.slow(feedback)
        return answer

    async def slow(self, told: Feedback) -> None:
        """Keeps the shared budget to what the vendor said."""
        await self.budget.lower(self.owner, told.level, told.share)

    async def due(self, seconds: float) -> bool:
        """Whether it is for this process to ask how much of the connection's limit is used."""
        return await self.budget.due(self.owner, seconds)


def one_each(_request: Request) -> Cost:
    """Every request costs one."""
    return ONE


@dataclass(frozen=True)
class Session:
    """How one account is asked.

    `hosts`: base address by the name an endpoint's `host` has. `authorize` gives the headers of a request; `renew` is told
    of headers that were refused and says whether others may be had. `classify` gets an answer that is not data and returns
    the error to raise. `cost`: what a request takes of the vendor's limits.
    """

    vendor: str
    hosts: Mapping[str, str]
    authorize: Callable[[], Awaitable[Mapping[str, str]]]
    renew: Callable[[Mapping[str, str]], bool]
    classify: Callable[[Answer], VendorError]
    cost: Callable[[Request], Cost] = one_each


def _joined(base: str, url: str) -> str:
    """A path on the base, or the address the vendor gave; HostRefused for one that cannot be read."""
    try:
        return urljoin(base, url if "://" in url else url.lstrip("/"))
    except ValueError:
        message = "the vendor gave an address that cannot be read"
        raise HostRefused(message) from None


def fetcher(sender: Sender, session: Session, endpoint: Endpoint) -> Ask:
    """The function through which the pull loop asks this account for pages of this endpoint."""
    return asker(sender, session, endpoint.host)


def asker(sender: Sender, session: Session, host: str = "default") -> Ask:
    """The function through which one of this account's hosts is asked."""
    base = session.hosts[host].rstrip("/") + "/"
    origins = frozenset(origin(address) for address in session.hosts.values())

    async def send(request: Request, headers: Mapping[str, str]) -> Answer:
        return await sender.send(
            request.method,
            _joined(base, request.url),
            origins=origins,
            cost=session.cost(request),
            headers=headers,
            params=request.params,
            json=request.body,
        )

    async def ask(request: Request) -> Reply:
        headers = await session.authorize()
        answer = await send(request, headers)
        if answer.status == 401 and session.renew(headers):  # noqa: PLR2004 - HTTP's own number
            answer = await send(request, await session.authorize())
        if not 200 <= answer.status < 300 or not answer.content:  # noqa: PLR2004
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
