"""The requests of one process that draw on the same limits: they stand in line, and a slice of permits serves them.

One slice is asked for at a time, for those who wait and for as many more as the last one served; so a run that reads page
after page needs one statement for several requests.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from mspbyte_common.errors import OutOfBudget
from mspbyte_common.metrics import BUDGET_LEASES, BUDGET_PERMITS
from mspbyte_common.vendors.budget.rate import SLICE_SECONDS
from mspbyte_common.vendors.limits import Cost

PATIENCE_SECONDS: Final = 20.0
"""Who would have to wait longer gives its hand free: the run comes back."""
SLICE_MOST: Final = 64


@dataclass(frozen=True)
class Slice:
    """Permits by this process's monotonic clock: each from its slot on, for `valid` seconds; `again`: when to ask again."""

    slots: tuple[float, ...]
    valid: float
    again: float | None


Lease = Callable[[list[Cost]], Awaitable[Slice]]
"""Asks the shared budget for a permit for each of these, in order; raises when the database is away."""


@dataclass
class Line:
    """First come, first served. `paused` says for how many seconds nothing may be sent."""

    vendor: str
    lease: Lease
    paused: Callable[[], float]
    _waiting: deque[tuple[Cost, asyncio.Future[float]]] = field(default_factory=deque)
    _spare: deque[tuple[Cost, float]] = field(default_factory=deque)
    _served: int = 0
    _serving: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Nobody waits and nothing is held."""
        return self._serving is None and not self._waiting

    async def turn(self, cost: Cost) -> None:
        """Returns when a request may be sent, now. OutOfBudget when that is not soon."""
        if not self._waiting and self._spares(cost):
            return
        queue = self._waiting.append
        while True:
            mine: asyncio.Future[float] = asyncio.get_running_loop().create_future()
            queue((cost, mine))
            queue = self._waiting.appendleft
            if self._serving is None:
                self._serving = asyncio.create_task(self._serve(), name=f"budget {self.vendor}")
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    expires = await mine
            except TimeoutError:
                raise _out_of_budget(PATIENCE_SECONDS * random.uniform(0.5, 1.0)) from None  # noqa: S311 - no secret
            if time.monotonic() <= expires and not self.paused():
                return
            BUDGET_PERMITS.labels(self.vendor, "expired").inc()

    def _spares(self, cost: Cost) -> bool:
        """Whether a permit left over from the last slice serves."""
        if self.paused():
            self._spare.clear()
        while self._spare and self._spare[0][1] < time.monotonic():
            self._spare.popleft()
            BUDGET_PERMITS.labels(self.vendor, "expired").inc()
        if not self._spare or self._spare[0][0] != cost:
            return False
        self._spare.popleft()
        self._served += 1
        return True

    async def _serve(self) -> None:
        """Serves until nobody waits. What goes wrong, each who waits is told."""
        try:
            while self._who_waits():
                await self._serve_slice()
        except Exception as error:  # noqa: BLE001 - it is handed to those who wait
            for _cost, mine in self._waiting:
                if not mine.done():
                    mine.set_exception(error)
            self._waiting.clear()
        finally:
            self._serving = None

    def _who_waits(self) -> list[Cost]:
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()
        return [cost for cost, mine in self._waiting if not mine.done()]

    async def _serve_slice(self) -> None:
        costs = self._who_waits()[:SLICE_MOST]
        ahead = min(self._served, SLICE_MOST - len(costs))
        self._served = 0
        await _soon(self.paused())
        costs += [costs[-1]] * ahead
        given = await self.lease(costs)
        BUDGET_LEASES.labels(self.vendor, "granted" if given.slots else "empty").inc()
        BUDGET_PERMITS.labels(self.vendor, "given").inc(len(given.slots))
        for cost, slot in zip(costs, given.slots, strict=False):
            await asyncio.sleep(max(slot - time.monotonic(), 0.0))
            if self.paused():
                return
            self._hand_over(cost, slot + given.valid)
        if given.again is not None and self._who_waits():
            await _soon(given.again - time.monotonic())

    def _hand_over(self, cost: Cost, expires: float) -> None:
        """To the first who waits for as much or less; kept for who comes next, if nobody does."""
        self._who_waits()
        if self._waiting and _covers(cost, self._waiting[0][0]):
            self._waiting.popleft()[1].set_result(expires)
            self._served += 1
        else:
            self._spare.append((cost, expires))


def _covers(permit: Cost, cost: Cost) -> bool:
    return permit.requests >= cost.requests and permit.units >= cost.units


async def _soon(seconds: float) -> None:
    """Waits until shortly before the moment when there is room again, not all replicas at once; not beyond patience."""
    if seconds > PATIENCE_SECONDS:
        raise _out_of_budget(seconds)
    early = SLICE_SECONDS * random.uniform(0.4, 0.9)  # noqa: S311 - no secret
    await asyncio.sleep(max(seconds - early, 0.0))


def _out_of_budget(seconds: float) -> OutOfBudget:
    return OutOfBudget(f"the budget has no room for {seconds:.0f} s", retry_after=seconds)
