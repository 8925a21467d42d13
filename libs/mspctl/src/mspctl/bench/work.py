"""Keeps adapters busy: each job runs again as soon as it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mspbyte_common.jetstream.announce import Announcer
from mspbyte_common.trace import new_traceparent
from mspctl.bench import store
from mspctl.embedded import Fleet
from mspctl.failure import Failure

LOOK_SECONDS = 0.05
READY_SECONDS = 120.0


@dataclass(frozen=True)
class Work:
    """The jobs of one fleet, and the connection that makes runs of them."""

    connection: store.Connection
    announcer: Announcer

    async def keep_busy(self, over: asyncio.Event) -> None:
        """Makes runs until it is over."""
        while not over.is_set():
            for message in await store.new_runs(self.connection, new_traceparent()):
                await self.announcer.run(*message)
            for message in await store.runs_again(self.connection):
                await self.announcer.run(*message)
            await asyncio.sleep(LOOK_SECONDS)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """There is work while the block lasts; a statement under way is let finish."""
        over = asyncio.Event()
        busy = asyncio.create_task(self.keep_busy(over))
        try:
            yield
        finally:
            over.set()
            await busy


@asynccontextmanager
async def work_for(fleet: Fleet) -> AsyncIterator[Work]:
    """Work for the fleet's adapters."""
    connection = await store.connect(fleet.servers.database_admin_url)
    try:
        async with fleet.servers.connect() as client:
            yield Work(connection, Announcer(client))
    finally:
        await connection.close()


async def until(
    told: str, true: Callable[[], Awaitable[bool]], *, seconds: float = READY_SECONDS, look: float = LOOK_SECONDS
) -> float:
    """Waits until that is so, looking again every `look` seconds; how long it took. Failure when it is not in time."""
    began = asyncio.get_running_loop().time()
    while not await true():
        if asyncio.get_running_loop().time() > began + seconds:
            message = f"waited {seconds:.0f} s in vain until {told}: see the logs of the fleet"
            raise Failure(message)
        await asyncio.sleep(look)
    return asyncio.get_running_loop().time() - began
