"""Limits on what happens at a time: places that all replicas share.

A process takes a place in the database, keeps it for request after request, and says every second or two that it still
has it. It gives the place up when nobody here needs it, or when another process waits. A place that is no longer renewed
is free a few seconds later; its owner has stopped the request in it by then.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import structlog

from mspbyte_common.db.engine import DATABASE_ERRORS, Pool, transaction
from mspbyte_common.errors import OutOfBudget, Unreachable
from mspbyte_common.vendors.budget import store
from mspbyte_common.vendors.budget.line import PATIENCE_SECONDS
from mspbyte_common.vendors.limits import Limit, Owner

log = structlog.get_logger()

LEASE_SECONDS: Final = 6.0
"""How long a place belongs to a process that says nothing."""
MARGIN_SECONDS: Final = 1.0
"""How long before that its owner lets go of it."""
RENEW_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 0.5
"""How long a place nobody uses is kept for the next request."""
AGAIN_SECONDS: Final = 0.2
"""How soon a place that was not free is asked for again."""


@dataclass(eq=False)
class Place:
    """One place held: until when by this process's clock, and the time limit of the request in it."""

    msp_id: UUID
    scope: str
    until: float
    holder: str = field(default_factory=lambda: uuid4().hex)
    bound: asyncio.Timeout | None = None
    wanted: bool = False
    idle_since: float = 0.0


@dataclass
class Places:
    """The places this process holds, and who waits here for one."""

    vendor: str
    pool: Pool
    _held: dict[str, Place] = field(default_factory=dict)
    _idle: defaultdict[tuple[UUID, str], list[Place]] = field(default_factory=lambda: defaultdict(list))
    _waiting: defaultdict[tuple[UUID, str], deque[asyncio.Future[Place]]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    _seeking: dict[tuple[UUID, str], asyncio.Task[None]] = field(default_factory=dict)

    @asynccontextmanager
    async def one(self, owner: Owner, scope: str, limit: Limit) -> AsyncIterator[None]:
        """A place for the length of the block, which is stopped (Unreachable) should the place be lost."""
        place = await self._take(owner, scope, limit)
        place.bound = bound = asyncio.timeout_at(self._loop_time(place.until))
        try:
            async with bound:
                yield
        except TimeoutError:
            if bound.expired():
                message = "the request was stopped: its place could not be held, because the database does not answer"
                raise Unreachable(message) from None
            raise
        finally:
            place.bound = None
            await self._leave(place)

    def _loop_time(self, moment: float) -> float:
        return asyncio.get_running_loop().time() + (moment - time.monotonic())

    async def _take(self, owner: Owner, scope: str, limit: Limit) -> Place:
        key = (owner.msp_id, scope)
        while self._idle[key]:
            place = self._idle[key].pop()
            if place.until > time.monotonic() and place.holder in self._held:
                return place
        mine: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(mine)
        if key not in self._seeking:
            self._seeking[key] = asyncio.create_task(self._seek(owner, scope, limit), name=f"place {self.vendor}")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await mine
        except BaseException as error:
            if mine.done() and not mine.cancelled() and mine.exception() is None:
                await self._leave(mine.result())
            if isinstance(error, TimeoutError):
                message = f"no place was free for {PATIENCE_SECONDS:.0f} s: {limit}"
                wait = PATIENCE_SECONDS * random.uniform(0.25, 0.75)  # noqa: S311 - no secret
                raise OutOfBudget(message, retry_after=wait) from None
            raise

    async def _seek(self, owner: Owner, scope: str, limit: Limit) -> None:
        """Takes places for those who wait here, as they become free. What goes wrong, each who waits is told."""
        key = (owner.msp_id, scope)
        try:
            while self._first(key):
                if sum((place.msp_id, place.scope) == key for place in self._held.values()) >= (limit.concurrent or 0):
                    await asyncio.sleep(AGAIN_SECONDS)  # all are ours: one of our own requests frees the next
                    continue
                place = Place(owner.msp_id, scope, time.monotonic() + LEASE_SECONDS - MARGIN_SECONDS)
                async with transaction(self.pool, owner.msp_id) as connection:
                    taken = await store.take_place(
                        connection, self.vendor, owner, (scope, limit), place.holder, LEASE_SECONDS
                    )
                if taken:
                    self._held[place.holder] = place
                    await self._leave(place)
                else:
                    await asyncio.sleep(AGAIN_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        except Exception as error:  # noqa: BLE001 - it is handed to those who wait
            while mine := self._first(key):
                mine.set_exception(error)
        finally:
            del self._seeking[key]

    def _first(self, key: tuple[UUID, str]) -> asyncio.Future[Place] | None:
        """Who waits here the longest."""
        queue = self._waiting[key]
        while queue and queue[0].done():
            queue.popleft()
        return queue[0] if queue else None

    async def _leave(self, place: Place) -> None:
        """Hands the place to the next who waits here, or back, when others wait; else keeps it for a moment."""
        key = (place.msp_id, place.scope)
        if place.holder not in self._held or place.until <= time.monotonic():
            return
        if place.wanted:
            await self._give([place])
        elif mine := self._first(key):
            mine.set_result(place)
        else:
            place.idle_since = time.monotonic()
            self._idle[key].append(place)

    async def _give(self, places: list[Place]) -> None:
        for place in places:
            self._held.pop(place.holder, None)
        try:
            async with transaction(self.pool, places[0].msp_id) as connection:
                await store.give_places(connection, [place.holder for place in places])
        except DATABASE_ERRORS as error:
            log.info("place_not_given_back", error=str(error))  # it runs out by itself

    async def give_all(self) -> None:
        """Gives back what this process holds, because it ends."""
        for msp_id in {place.msp_id for place in self._held.values()}:
            await self._give([place for place in self._held.values() if place.msp_id == msp_id])

    async def renew(self) -> None:
        """Holds the places on, and gives back those that nobody here uses. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(RENEW_SECONDS * random.uniform(0.8, 1.0))  # noqa: S311 - no secret
            try:
                for msp_id in {place.msp_id for place in self._held.values()}:
                    await self._renew(msp_id)
            except DATABASE_ERRORS as error:
                log.warning("places_not_renewed", error=str(error))

    async def _renew(self, msp_id: UUID) -> None:
        now = time.monotonic()
        mine = [place for place in self._held.values() if place.msp_id == msp_id]
        async with transaction(self.pool, msp_id) as connection:
            wanted = await store.hold_places(connection, [place.holder for place in mine], LEASE_SECONDS)
        until = now + LEASE_SECONDS - MARGIN_SECONDS
        for place in mine:
            if place.holder not in self._held:
                continue
            if place.holder not in wanted:  # somebody else has it: the request in it ends when its time is over
                del self._held[place.holder]
                continue
            place.wanted = wanted[place.holder]
            place.until = until
            if place.bound is not None and not place.bound.expired():
                place.bound.reschedule(self._loop_time(until))
        await self._give_idle(msp_id)

    async def _give_idle(self, msp_id: UUID) -> None:
        """Places that wait for a request too long, or that others wait for."""
        now = time.monotonic()
        going: list[Place] = []
        for key, places in self._idle.items():
            if key[0] == msp_id:
                old = [place for place in places if place.wanted or place.idle_since + IDLE_SECONDS < now]
                going += [place for place in old if place.holder in self._held]
                places[:] = [place for place in places if place not in old]
        if going:
            await self._give(going)
