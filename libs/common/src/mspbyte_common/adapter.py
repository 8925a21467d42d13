"""The body of an adapter service: registers what it can fetch, then carries out runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated
from uuid import UUID

import structlog
from nats.aio.msg import Msg
from pydantic import Field

from mspbyte_common.db.engine import DATABASE_AWAY, DATABASE_ERRORS, transaction
from mspbyte_common.declarations import index
from mspbyte_common.effects.carry_out import receive_effects
from mspbyte_common.effects.writer import Writer, Writes
from mspbyte_common.errors import (
    CredentialInvalid,
    DeltaExpired,
    HeldBack,
    LeaseLost,
    OtherRelease,
    Parking,
    Refused,
    Throttled,
    Unavailable,
    VendorError,
    error_classes,
)
from mspbyte_common.fault_points import reach
from mspbyte_common.jetstream.consume import Answer, hint
from mspbyte_common.key_ring import KeyRing, read_key_ring
from mspbyte_common.ledger.item import Next
from mspbyte_common.ledger.store import insert_work
from mspbyte_common.metrics import BUDGET_PAUSES, RUNS, VENDOR_REQUESTS
from mspbyte_common.redaction import remembering
from mspbyte_common.service import Body, Service
from mspbyte_common.settings import ServiceSettings
from mspbyte_common.trace import CARRIES_OUT, span, trace_id, traceparent_of
from mspbyte_common.vendors import breaker, incremental
from mspbyte_common.vendors.accounts import store as accounts
from mspbyte_common.vendors.budget.budget import Budget
from mspbyte_common.vendors.endpoint import Cursor, Endpoint
from mspbyte_common.vendors.failures import scrubbed
from mspbyte_common.vendors.keep import Keeper
from mspbyte_common.vendors.limits import LEVELS, Limit, Owner
from mspbyte_common.vendors.listings import store as listings
from mspbyte_common.vendors.listings.store import Listing
from mspbyte_common.vendors.pull import Page, mark_of, pull
from mspbyte_common.vendors.runs import store as runs
from mspbyte_common.vendors.runs.store import LEASE_SECONDS, Run
from mspbyte_common.vendors.session import Feedback, Sender, Session, Target, fetcher, no_feedback
from mspbyte_common.vendors.targets import target_of
from mspbyte_common.vendors.transport import Answer as HttpAnswer
from mspbyte_common.vendors.transport import Transport, open_transport

log = structlog.get_logger()

BACKOFF_MOST = 300.0
THROTTLED_SECONDS = 10.0
"""The wait after a vendor's 'too many' that does not say how long."""


HELD_SECONDS = 1.0
"""How long a run that reads faster than the stages work is left alone; the scheduler starts it when there is room."""

ROLLOUT_SECONDS = 10.0
"""How long a run is left alone whose list only another release has."""

NOT_ASKED = (
    "unavailable",
    "the account has no such list: it is asked for again when the whole list is due",
    "To ask at once: mspctl account resume, or mspctl job run.",
)


RUN_ENDINGS = ("succeeded", "throttled", "retried", "parked", "unavailable", "failed")
"""What becomes of a run at the end of a try: the outcomes of its metric."""


class AdapterSettings(ServiceSettings):
    """Every adapter, besides."""

    allow_loopback_http: bool = False
    """True only for simulators: plain http may be spoken to loopback addresses."""
    loopback_host: str | None = None
    """The host where the simulators listen that call themselves loopback; None when they are on this machine."""
    loopback_limits: tuple[Limit, ...] | None = None
    """The limits of requests to loopback, where they differ from the vendor's: a JSON list."""
    limits: tuple[Limit, ...] | None = None
    """The vendor's limits, where yours differ: a JSON list in place of all the adapter's own (below). Replicas share them."""
    hands: Annotated[int, Field(ge=1, le=64)] = 8
    """How many runs one process carries out at a time; the pool has two connections more."""


@dataclass(frozen=True)
class Vendor:
    """What an adapter is: its lists, its limits, and how it gets a session for an account."""

    name: str
    endpoints: Sequence[Endpoint]
    limits: Sequence[Limit]
    connect: Callable[[Sender, Target], Awaitable[Session]]
    heed: Callable[[HttpAnswer], Feedback | None] = no_feedback
    writes: Writes | None = None


def adapter(vendor: Vendor) -> Body:
    """The body of the vendor's adapter service."""
    endpoints = index(vendor.endpoints, key=lambda endpoint: endpoint.resource)
    unknown = {name for limit in vendor.limits for name in limit.resources} - endpoints.keys()
    if unknown:
        message = f"limits of {vendor.name} speak of lists it does not have: {', '.join(sorted(unknown))}"
        raise ValueError(message)

    async def body(service: Service) -> None:
        settings = service.settings
        if not isinstance(settings, AdapterSettings):
            message = f"{service.name} needs AdapterSettings"
            raise TypeError(message)
        key_ring = partial(read_key_ring, settings.kek_file)
        key_ring()  # a file that is missing or wrong is said at the start
        limits = vendor.limits if settings.limits is None else settings.limits
        _show_none(vendor.name)
        await _register(service, vendor)
        async with (
            Budget(vendor.name, limits, service.pool, service.nats) as budget,
            Budget(vendor.name, settings.loopback_limits or limits, service.pool, service.nats) as simulators,
            open_transport(
                allow_loopback_http=settings.allow_loopback_http, loopback_host=settings.loopback_host
            ) as transport,
        ):
            runner = Runner(service, vendor, endpoints, transport, budget, key_ring, simulators)
            loops = [service.consume("JOBS", f"adapter-{vendor.name}", runner.receive)]
            if vendor.writes is not None:
                writer = Writer(service, vendor.writes, runner.target, runner.sender, vendor.connect)
                receive = receive_effects(service, vendor.writes.stage, writer.perform, vendor.writes.manner)
                loops.append(service.consume("STAGES", vendor.writes.stage, receive, hands=vendor.writes.hands))
            await asyncio.gather(*loops)

    return body


def _show_none(vendor: str) -> None:
    """Shows what has not happened yet as 0: a rate needs a beginning."""
    for level in LEVELS:
        BUDGET_PAUSES.labels(vendor, level)
    for outcome in ("ok", *error_classes()):
        VENDOR_REQUESTS.labels(vendor, outcome)
    for ending in RUN_ENDINGS:
        RUNS.labels(vendor, ending)


def resources(vendor: Vendor) -> list[runs.Resource]:
    """What a vendor's adapter can fetch, as it makes it known to the scheduler and the checks."""
    return [
        (
            one.resource,
            one.kind,
            one.level,
            int(one.interval.total_seconds()),
            one.priority,
            int(one.incremental.interval.total_seconds()) if one.incremental else None,
            one.needs,
        )
        for one in vendor.endpoints
    ]


async def _register(service: Service, vendor: Vendor) -> None:
    rows = resources(vendor)
    while not service.draining.is_set():
        try:
            async with transaction(service.pool, None) as connection:
                await runs.register(connection, vendor.name, rows)
        except DATABASE_ERRORS as error:
            log.warning("not_registered", error=str(error))
            await service.sleep(1.0)
        else:
            reach("adapter.lists.registered")
            return


@dataclass(frozen=True)
class Runner:
    """Carries out the runs that messages name."""

    service: Service
    vendor: Vendor
    endpoints: dict[str, Endpoint]
    transport: Transport
    budget: Budget
    key_ring: Callable[[], KeyRing]
    simulators: Budget | None = None

    async def receive(self, message: Msg) -> Answer:
        """Claims the run and reads its list; whatever happens, the run says what became of it, and no secret."""
        with remembering():
            return await self._receive(message)

    async def _receive(self, message: Msg) -> Answer:
        msp_id, run_id = hint(message, "run", UUID)
        async with transaction(self.service.pool, msp_id) as connection:
            run = await runs.claim(connection, run_id, f"{socket.gethostname()}/{os.getpid()}")
        if run is None:
            return Answer()
        reach("adapter.run.claimed")
        structlog.contextvars.bind_contextvars(
            msp=str(msp_id), run=str(run.id), resource=run.resource, trace=trace_id(run.traceparent)
        )
        try:
            name = f"pull {run.vendor} {run.resource}"
            with span(name, run.traceparent, CARRIES_OUT, msp=str(msp_id), run=str(run.id)) as current:
                run = replace(run, traceparent=traceparent_of(current, run.traceparent))
                async with self._lease(run):
                    await self._carry_out(run)
        except LeaseLost as error:
            log.info("lease_lost", error=str(error))
        except VendorError as error:
            await self._failed(run, error)
        except DATABASE_AWAY as error:
            log.warning("database_failed", error=str(error))  # the lease runs out, the scheduler gives the run back
        except Exception as error:
            log.exception("run_broken")
            await self._failed(run, _defect(error))
        return Answer()

    async def _carry_out(self, run: Run) -> None:
        endpoint = self.endpoints.get(run.resource)
        if endpoint is None:
            message = f"this release of the adapter has no list {run.resource}"
            raise OtherRelease(message, retry_after=ROLLOUT_SECONDS)
        target = await self.target(run.msp_id, run.account_id)
        reach("adapter.credential.read")
        sender = self.sender(target, run.resource)
        async with transaction(self.service.pool, run.msp_id) as connection:
            listing = await listings.listing(connection, run)
            if not incremental.is_asked(endpoint, listing, run.trigger):
                await runs.finish(connection, run, "skipped", NOT_ASKED)
                return
        since = _since(run, endpoint, listing)
        keeper = Keeper(self.service.pool, run, endpoint, target, since)

        async def keep(page: Page) -> None:
            announced = await keeper.page(page)
            await self.service.announcer.work(announced)
            reach("adapter.page.announced")
            if page.following is not None and not announced and await keeper.is_pressed():
                message = f"more pages of {run.resource} wait to be worked up than the stages take"
                raise HeldBack(message, retry_after=HELD_SECONDS)

        async with self.budget.heeding(sender.owner):
            ask = fetcher(sender, await self.vendor.connect(sender, target), endpoint)
            if run.mode is None:
                mode, mark = ("full", await mark_of(endpoint, ask)) if since is None else ("incremental", None)
                await keeper.begin(mode, mark)
                reach("adapter.run.begun")
            if run.page_token is not None or run.pages == 0:
                await pull(endpoint, ask, keep, since=since, place=run.page_token, number=run.pages)
        reach("adapter.list.read")
        announcements = await keeper.complete()
        reach("adapter.run.committed")
        await self.service.announcer.work(announcements)
        reach("adapter.run.announced")
        RUNS.labels(run.vendor, "succeeded").inc()
        log.info("run_succeeded", mode="full" if since is None else "incremental")

    async def target(self, msp_id: UUID, account_id: UUID) -> Target:
        """An account with its credential."""
        return await target_of(self.service.pool, self.key_ring, self.vendor.name, msp_id, account_id)

    def sender(self, target: Target, resource: str) -> Sender:
        """The way to the vendor, within the budget of an account's list."""
        owner = Owner(target.msp_id, target.connection_id, target.account_id, resource)
        return Sender(self.vendor.name, self.transport, self.budget, owner, self.vendor.heed, self.simulators)

    @contextlib.asynccontextmanager
    async def _lease(self, run: Run) -> AsyncIterator[None]:
        """Renews the lease while the block runs; cancels the block when the lease is lost."""
        current = asyncio.current_task()
        lost = False

        async def beat() -> None:
            nonlocal lost
            while True:
                await asyncio.sleep(LEASE_SECONDS / 3)
                try:
                    async with transaction(self.service.pool, run.msp_id) as connection:
                        await runs.renew(connection, run)
                    reach("adapter.lease.renewed")
                except LeaseLost:
                    lost = True
                    if current is not None:
                        current.cancel()
                    return
                except DATABASE_ERRORS as error:
                    log.warning("lease_not_renewed", error=str(error))

        beating = asyncio.create_task(beat())
        try:
            yield
        except asyncio.CancelledError:
            if lost and current is not None and current.uncancel() == 0:
                message = f"run {run.id} has another owner"
                raise LeaseLost(message) from None
            raise
        finally:
            beating.cancel()

    async def _failed(self, run: Run, error: VendorError) -> None:
        """By class: again later, parked until a person acts, unavailable, or failed until the next fire."""
        say = log.info if isinstance(error, Unavailable | Refused) else log.warning
        say("run_failed", error_class=error.error_class, error=str(error))
        reach("adapter.failure.known")
        told = (error.error_class, str(error)[:2_000], error.advice)
        following: list[Next] = []
        outcome = "failed"
        try:
            async with transaction(self.service.pool, run.msp_id) as connection:
                tried, pages = await runs.progress(connection, run)
                if isinstance(error, Throttled):
                    outcome = "throttled"
                    wait = error.retry_after if error.retry_after is not None else THROTTLED_SECONDS
                    await runs.requeue(connection, run, told, wait, counts=False)
                elif tried + 1 < _tries(run, pages, error):
                    outcome = "retried"
                    if isinstance(error, DeltaExpired):
                        await runs.start_over(connection, run)
                    most = min(BACKOFF_MOST, error.backoff_seconds * 2**tried)
                    await runs.requeue(connection, run, told, random.uniform(0, most), counts=True)  # noqa: S311
                elif isinstance(error, Parking) or (
                    isinstance(error, Refused) and self.endpoints[run.resource].essential
                ):
                    outcome = "parked"
                    await runs.finish(connection, run, "parked", told)
                    following += await breaker.answered(connection, run)
                    parked = await accounts.park(
                        connection,
                        run.account_id,
                        error.error_class,
                        f"{error}. {error.advice}",
                        whole_connection=isinstance(error, CredentialInvalid),
                    )
                    if parked:
                        following.append(Next("evaluate", "account", run.account_id, parked))
                elif isinstance(error, Unavailable | Refused):
                    outcome = "unavailable"
                    await listings.freshness_changes(connection, run.msp_id)
                    if await listings.unavailable(connection, run, _without(self.endpoints[run.resource], error)):
                        following.append(Next("evaluate", "listing", run.account_id, [run.job_id]))
                    await runs.finish(connection, run, "unavailable", told)
                    following += await breaker.answered(connection, run)
                else:
                    await runs.finish(connection, run, "failed", told)
                    following += await breaker.failed(connection, run, error, self.endpoints[run.resource].interval)
                announcements = await insert_work(connection, run.msp_id, run.id, run.traceparent, following)
                reach("adapter.failure.written")
        except LeaseLost:
            return
        reach("adapter.failure.committed")
        RUNS.labels(run.vendor, outcome).inc()
        await self.service.announcer.work(announcements)


def _since(run: Run, endpoint: Endpoint, listing: Listing) -> Cursor | None:
    """The cursor the run goes on from; None when it reads the whole list. Chosen once, when it is first claimed."""
    if run.mode == "full":
        return None
    found = incremental.since(endpoint, listing, run.trigger)
    if found is None and run.mode is not None:
        message = "the cursor this run began with is no longer good"
        raise DeltaExpired(message)
    return found


def _without(endpoint: Endpoint, error: Unavailable | Refused) -> str:
    """Why the account has no such list, and what the list needs."""
    return f"{error.why}; {endpoint.resource} needs {endpoint.needs}" if endpoint.needs else error.why


def _tries(run: Run, pages: int, error: VendorError) -> int:
    """How often the run may be tried before the error has its consequence.

    A probe is tried once, but for one that got a page, or whose cursor the vendor has forgotten: those go on as any run.
    """
    asks_once = run.trigger == breaker.PROBE and pages == 0 and not isinstance(error, DeltaExpired)
    return 1 if asks_once else error.tries


def _defect(error: Exception) -> VendorError:
    message = f"{type(error).__name__}: {error}"
    return VendorError(
        scrubbed(message), advice="This is a defect of the adapter: keep the run's number and report it."
    )
