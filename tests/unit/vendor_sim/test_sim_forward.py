"""Simulators of another machine, brought to this one's loopback. The other machine is another loopback address here."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from vendor_sim.addresses import HOST, ports_from

ELSEWHERE = "127.0.0.2"
LARGE = 1_000_000

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")


def _free_row() -> int:
    """The first of five ports that are free on both addresses."""
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            first = int(probe.getsockname()[1])
        try:
            for port in ports_from(first).values():
                for host in (HOST, ELSEWHERE):
                    with socket.socket() as probe:
                        probe.bind((host, port))
        except OSError:
            continue
        return first


@asynccontextmanager
async def _forwarded(first: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`vendor-sim forward`, as soon as it listens."""
    command = (sys.executable, "-m", "vendor_sim", "forward", ELSEWHERE, "--first-port", str(first))
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        for port in ports_from(first).values():
            while True:
                try:
                    _, writer = await asyncio.open_connection(HOST, port)
                except ConnectionRefusedError:
                    assert process.returncode is None
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    break
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _asked(port: int, sent: bytes) -> bytes:
    """What comes back until the connection ends."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(sent)
    await writer.drain()
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_each_port_leads_to_the_same_port_there_both_ways_and_whole() -> None:
    first = _free_row()

    def answering(port: int) -> Handler:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            sent = await reader.readexactly(LARGE)
            writer.write(str(port).encode() + sent[::-1])
            await writer.drain()
            writer.close()

        return answer

    servers = [await asyncio.start_server(answering(port), ELSEWHERE, port) for port in ports_from(first).values()]
    sent = bytes(range(250)) * (LARGE // 250)
    async with _forwarded(first):
        ports = list(ports_from(first).values())
        answers = await asyncio.gather(*(_asked(port, sent) for port in ports))
    assert answers == [str(port).encode() + sent[::-1] for port in ports]
    for server in servers:
        server.close()


async def test_a_vendor_that_is_down_is_a_closed_connection_and_one_that_comes_back_is_reached() -> None:
    first = _free_row()

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"back")
        writer.close()

    async with _forwarded(first):
        assert await _asked(first, b"") == b""
        server = await asyncio.start_server(answer, ELSEWHERE, first)
        assert await _asked(first, b"") == b"back"
        server.close()


async def test_a_signal_ends_it_while_a_connection_is_open() -> None:
    first = _free_row()
    came = asyncio.Event()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(5):
            came.set()
            await reader.read()
        writer.close()

    server = await asyncio.start_server(keep, ELSEWHERE, first)
    async with _forwarded(first) as process:
        open_one = asyncio.create_task(_asked(first, b"hello"))
        await came.wait()
        process.terminate()
        _, complained = await process.communicate()
        assert process.returncode == 0
        assert complained == b""
        assert await open_one == b""
    server.close()
