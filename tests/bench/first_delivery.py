"""How soon after the broker is back the first message is delivered: `python -m tests.bench.first_delivery 100`.

The broker is killed with kill -9 while a loop pulls; it counts as back when JetStream answers a new connection, and a message
is published at that moment.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import nats.errors
import nats.js.errors
from nats.aio.msg import Msg

from mspbyte_common.jetstream.connect import open_nats
from mspbyte_common.jetstream.consume import Answer, ConsumeLoop
from mspctl.embedded import Servers, embedded_servers

WITHIN = 1.0
ERRORS = (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError)


async def trial(servers: Servers, delivered: asyncio.Queue[float]) -> float:
    """Seconds from the broker's return to the delivery of a message published then."""
    keeper = servers.supervisor.keepers["nats"]
    before = keeper.restarts
    keeper.restart()
    while keeper.restarts == before:
        await asyncio.sleep(0.01)
    async with servers.connect() as client:
        js = client.jetstream(timeout=0.5)
        while True:
            try:
                await js.consumer_info("STAGES", "link")
                back = time.monotonic()
                await js.publish("stage.link.device", b"")
            except ERRORS:
                await asyncio.sleep(0.01)
            else:
                return await delivered.get() - back


async def measure(trials: int) -> list[float]:
    """The seconds of each trial, in order of length."""
    delivered: asyncio.Queue[float] = asyncio.Queue()

    async def receive(_: Msg) -> Answer:
        delivered.put_nowait(time.monotonic())
        return Answer()

    with tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True) as name:
        async with embedded_servers(Path(name) / "servers") as servers:
            user = servers.nats_credentials("svc_linkers")
            async with open_nats(servers.nats_url, "svc-linkers", credentials=user) as client:
                loop = ConsumeLoop(client, "STAGES", "link", receive, hands=4)
                running = asyncio.create_task(loop.run())
                found = [await trial(servers, delivered) for _ in range(trials)]
                loop.drain()
                await running
    return sorted(found)


def main() -> int:
    """Exit code 1 unless every delivery came in time."""
    found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
    half, last = found[len(found) // 2], found[-1]
    late = [seconds for seconds in found if seconds > WITHIN]
    print(
        f"{len(found) - len(late)} of {len(found)} within {WITHIN} s; half within {half:.3f} s, all within {last:.3f} s"
    )
    return 1 if late else 0


if __name__ == "__main__":
    raise SystemExit(main())
