"""Keeps this process inside a vendor's limits.

Limits are data in the vendor's own units, per scope. They hold per process: with several replicas each is given its
share (`MSPBYTE_BUDGET_SHARE`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal
from uuid import UUID

from aiolimiter import AsyncLimiter
from pydantic import BaseModel, ConfigDict


class Limit(BaseModel):
    """At most `requests` per `seconds`, or at most `concurrent` at a time, within each value of `scope`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Literal["connection", "account", "endpoint"]
    """endpoint: one resource of one connection."""
    requests: float | None = None
    seconds: float = 1.0
    concurrent: int | None = None


class Budget:
    """Waits until a request may be sent."""

    def __init__(self, limits: Sequence[Limit], share: float = 1.0) -> None:
        self._limits = limits
        self._share = share
        self._rates: dict[tuple[int, str], AsyncLimiter] = {}
        self._places: dict[tuple[int, str], asyncio.Semaphore] = {}

    @asynccontextmanager
    async def request(self, connection: UUID, account: UUID, resource: str) -> AsyncIterator[None]:
        """Holds a place in every scope for as long as the request lasts."""
        names = {"connection": str(connection), "account": str(account), "endpoint": f"{connection}/{resource}"}
        async with AsyncExitStack() as stack:
            for number, limit in enumerate(self._limits):
                key = (number, names[limit.scope])
                if limit.concurrent is not None:
                    place = self._places.setdefault(key, asyncio.Semaphore(limit.concurrent))
                    await stack.enter_async_context(place)
                if limit.requests is not None:
                    allowed = max(limit.requests * self._share, 1.0)
                    rate = self._rates.setdefault(key, AsyncLimiter(allowed, limit.seconds))
                    await rate.acquire()
            yield
