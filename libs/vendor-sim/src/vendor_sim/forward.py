"""Brings simulators that listen elsewhere to this machine's loopback: the only place to which adapters speak plain http."""

import asyncio
import contextlib
import signal
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable

from vendor_sim import addresses

CHUNK = 65_536


async def forward(host: str, first_port: int) -> None:
    """Passes every connection to the same port of `host`, until SIGTERM or SIGINT; those still open are closed then."""
    connections: set[asyncio.Task[None]] = set()

    def to(port: int) -> Callable[[StreamReader, StreamWriter], None]:
        def accept(reader: StreamReader, writer: StreamWriter) -> None:
            connection = asyncio.create_task(_pass(reader, writer, host, port))
            connections.add(connection)
            connection.add_done_callback(connections.discard)

        return accept

    servers = [
        await asyncio.start_server(to(port), addresses.HOST, port) for port in addresses.ports_from(first_port).values()
    ]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    for server in servers:
        server.close()
    for connection in connections:
        connection.cancel()
    await asyncio.gather(*connections, return_exceptions=True)


async def _pass(reader: StreamReader, writer: StreamWriter, host: str, port: int) -> None:
    """One connection, both ways, until either side ends it. A vendor that is down is a connection that is closed."""
    try:
        far_reader, far_writer = await asyncio.open_connection(host, port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()
    finally:
        writer.close()
