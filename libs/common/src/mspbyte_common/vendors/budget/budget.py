"""Keeps all replicas together inside a vendor's limits.

What was used of a limit stands in the database; a process leases permits in slices (`line`), holds places (`places`) and
hears of pauses (`pause`). Without the database there are no permits, and so no requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self
from uuid import UUID

import structlog
from nats.aio.client import Client

from mspbyte_common.db.engine import DATABASE_ERRORS, Connection, Pool, transaction
from mspbyte_common.errors import OutOfBudget, Throttled
from mspbyte_common.fault_points import reach
from mspbyte_common.metrics import BUDGET_PAUSES, BUDGET_SECONDS
from mspbyte_common.vendors.budget import store
from mspbyte_common.vendors.budget.line import PATIENCE_SECONDS, Line, Slice
from mspbyte_common.vendors.budget.pause import Pauses, level_of, pause_seconds
from mspbyte_common.vendors.budget.places import Places
from mspbyte_common.vendors.budget.rate import BACKED_OFF, VALID_SECONDS, grant, lowered
from mspbyte_common.vendors.limits import Cost, Level, Limit, Owner

log = structlog.get_logger()

LINES_MOST = 1_000
"""So many lines are remembered before those where nobody stands are forgotten."""
ONE = Cost()

Bound = tuple[tuple[str, Limit], ...]


@dataclass
class Budget:
    """One vendor's limits, as this process draws on them. In force while the context lasts."""

    vendor: str
    limits: Sequence[Limit]
    pool: Pool
    nats: Client | None = None
    _lines: dict[tuple[UUID, tuple[str, ...], tuple[str, ...]], Line] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pauses = Pauses(self.vendor, self.nats)
        self._places = Places(self.vendor, self.pool)
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._pauses.listen()
        self._renewing = asyncio.create_task(self._places.renew(), name=f"places {self.vendor}")
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewing
        await self._places.give_all()

    @asynccontextmanager
    async def request(self, owner: Owner, cost: Cost = ONE) -> AsyncIterator[None]:
        """Waits until the request may be sent, and holds its places while it lasts.

        OutOfBudget when that is not soon; a database error when there is no budget to be had.
        """
        bound = owner.bound_by(self.limits)
        started = time.monotonic()
        async with AsyncExitStack() as stack:
            for scope, limit in bound:
                if limit.concurrent is not None:
                    await stack.enter_async_context(self._places.one(owner, scope, limit))
            await self._turn(owner, tuple(one for one in bound if one[1].concurrent is None), cost)
            BUDGET_SECONDS.labels(self.vendor).observe(time.monotonic() - started)
            yield

    async def _turn(self, owner: Owner, rates: Bound, cost: Cost) -> None:
        """A permit, used while none of the request's places is paused."""
        line = self._line(owner, rates)
        while True:
            await self._wait_out(owner)
            await line.turn(cost)
            if not self._pauses.seconds(owner.msp_id, owner.places()):
                return

    async def _wait_out(self, owner: Owner) -> None:
        seconds = self._pauses.seconds(owner.msp_id, owner.places())
        if seconds > PATIENCE_SECONDS:
            message = f"the vendor asked to be left alone for another {seconds:.0f} s"
            raise OutOfBudget(message, retry_after=seconds)
        await asyncio.sleep(seconds)

    def _line(self, owner: Owner, rates: Bound) -> Line:
        """Where the requests stand that draw on these rates. Whom a pause stops but not all of them looks itself."""
        shared = tuple(owner.place(level) for level in _shared({limit.scope for _, limit in rates}))
        key = (owner.msp_id, shared, tuple(scope for scope, _ in rates))
        if key not in self._lines:
            if len(self._lines) >= LINES_MOST:
                self._lines = {name: line for name, line in self._lines.items() if not line.idle}
            self._lines[key] = Line(
                self.vendor,
                partial(self._lease, owner, rates, shared),
                partial(self._pauses.seconds, owner.msp_id, shared),
            )
        return self._lines[key]

    async def _lease(self, owner: Owner, rates: Bound, shared: Sequence[str], costs: Sequence[Cost]) -> Slice:
        """A slice of permits, by this process's clock; on the way it learns of every pause of the connection."""
        weights = [[limit.cost(cost) for _, limit in rates] for cost in costs]
        async with self._locked(owner, rates) as (connection, rows):
            known = time.monotonic() - rows.now
            not_before = max((rows.paused.get(place, 0.0) for place in shared), default=0.0)
            given = grant(list(rows.buckets.values()), weights, rows.now, not_before)
            if given.slots and rates:
                await store.charge(connection, owner, dict(zip(rows.buckets, given.buckets, strict=True)))
                reach("budget.slice.charged")
        reach("budget.slice.leased")
        for place, until in rows.paused.items():
            self._pauses.begin(owner.msp_id, place, until - rows.now)
        valid = min((bucket.rate.valid for bucket in rows.buckets.values()), default=VALID_SECONDS)
        again = None if given.again is None else given.again + known
        return Slice(tuple(slot + known for slot in given.slots), valid, again)

    @asynccontextmanager
    async def _locked(self, owner: Owner, rates: Bound) -> AsyncIterator[tuple[Connection, store.Rows]]:
        """A transaction that holds the rates' rows; they are made first, where they are not there."""
        while True:
            async with transaction(self.pool, owner.msp_id) as connection:
                rows = await store.locked(connection, owner, rates)
                if rows is not None:
                    yield connection, rows
                    return
            async with transaction(self.pool, owner.msp_id) as connection:
                await store.add(connection, self.vendor, owner, rates)

    async def refused(self, owner: Owner, error: Throttled) -> None:
        """Stops whom the vendor refused, here at once, then everywhere; and goes on slower afterwards.

        The other processes are told before the database is.
        """
        level = level_of(error)
        place = owner.place(level)
        BUDGET_PAUSES.labels(self.vendor, level).inc()
        first = pause_seconds(error.retry_after, 1)
        self._pauses.begin(owner.msp_id, place, first)
        await self._pauses.tell(owner.msp_id, place, first)
        reach("budget.refusal.told")
        async with transaction(self.pool, owner.msp_id) as connection:
            strikes = await store.strike(connection, self.vendor, owner, place, str(error))
            seconds = first if strikes == 1 else pause_seconds(error.retry_after, strikes)
            await store.pause(connection, owner, place, seconds)
        reach("budget.refusal.stored")
        await self._lower(owner, level, BACKED_OFF, relative=True)
        if seconds > first:
            self._pauses.begin(owner.msp_id, place, seconds)
            await self._pauses.tell(owner.msp_id, place, seconds)
        log.warning("budget_paused", level=level, place=place, seconds=round(seconds, 1))

    async def lower(self, owner: Owner, level: Level, share: float) -> None:
        """The vendor says that this share of the rate is what it has for us; it recovers over minutes."""
        await self._lower(owner, level, share, relative=False)

    async def _lower(self, owner: Owner, level: Level, share: float, *, relative: bool) -> None:
        bound = tuple(one for one in owner.bound_by(self.limits) if one[1].scope == level and not one[1].concurrent)
        if not bound:
            return
        async with self._locked(owner, bound) as (connection, rows):
            factors = {
                scope: lowered(bucket.factor, share * bucket.factor if relative else share)
                for scope, bucket in rows.buckets.items()
            }
            changed = {scope: factor for scope, factor in factors.items() if factor < rows.buckets[scope].factor}
            if changed:
                await store.lower(connection, owner, changed)

    async def due(self, owner: Owner, seconds: float) -> bool:
        """Whether it is this process's turn to ask how much of the connection's limit is used, every so many seconds."""
        async with transaction(self.pool, owner.msp_id) as connection:
            return await store.due(connection, self.vendor, owner, seconds)

    @asynccontextmanager
    async def heeding(self, owner: Owner) -> AsyncIterator[None]:
        """Where the vendor's refusals come by: each stops its scope, and goes on its way."""
        try:
            yield
        except OutOfBudget:
            raise
        except Throttled as error:
            try:
                await self.refused(owner, error)
            except DATABASE_ERRORS as failure:
                log.warning("pause_not_stored", error=str(failure))  # the other processes were told
            raise


def _shared(scopes: set[Level]) -> tuple[Level, ...]:
    """The levels that all requests with the same rates have in common."""
    if "endpoint" in scopes:
        return ("connection", "account", "endpoint") if "account" in scopes else ("connection", "endpoint")
    return ("connection", "account") if "account" in scopes else ("connection",)
