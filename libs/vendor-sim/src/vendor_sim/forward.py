"""Brings simulators that listen elsewhere to this machine's loopback: the only place to which adapters speak plain http."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable

from vendor_sim import addresses

CHUNK = 65_536


async def forward(host: str, first_port: int) -> None:
    """Passes every connection to the same port of `host`, until SIGTERM or SIGINT."""
    servers = [
        await asyncio.start_server(_to(host, port), addresses.HOST, port)
        for port in addresses.ports_from(first_port).values()
    ]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    for server in servers:
        server.close()


def _to(host: str, port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:  # the caller sees a closed connection, as it would of a vendor that is down
            writer.close()
            return
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    return passed


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()
