"""A network between a service and its server: one that delays what passes, and cuts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass
class Wire:
    """Forwards connections on loopback to a port. `delay`: seconds that each piece of data waits, in both directions."""

    target: int
    port: int = 0
    delay: float = 0.0
    passing: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> int:
        """Ends every connection that stands, without a word; returns how many."""
        cut = len(self.passing) // 2
        for writer in self.passing:
            writer.transport.abort()
        return cut

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self.passing |= {writer, back}
        try:
            await asyncio.wait(
                (asyncio.create_task(self._pump(reader, back)), asyncio.create_task(self._pump(there, writer))),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self.passing -= {writer, back}
            writer.transport.abort()
            back.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def wire(target: int) -> AsyncIterator[Wire]:
    """A wire to a port of loopback, listening on another."""
    made = Wire(target)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()
