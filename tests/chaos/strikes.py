"""What strikes a fleet: each kind one function over the running world."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import nats.errors
import nats.js.errors
from nats.js.api import DiscardPolicy
from tests.chaos.proxy import Wire
from tests.chaos.world import World

from mspbyte_common.jetstream import topology

BROKER_ERRORS = (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError)
PAUSES = (0.5, 3.0, 17.0)
"""Seconds that a process is stopped: the longest is more than a lease."""


@dataclass(frozen=True)
class Ground:
    """What strikes need besides the world: the wires its services hang on, and the dice."""

    world: World
    database: Wire
    broker: Wire
    dice: random.Random
    returned: list[tuple[str, float]] = field(default_factory=list)
    """Every kind of strike a server came back from, and when it answered again, by the loop's clock."""


async def service_killed(on: Ground) -> None:
    """kill -9 of one process of a service."""
    on.world.kill(on.dice.choice(on.world.services))


async def service_paused(on: Ground) -> None:
    """SIGSTOP, and SIGCONT after a while: a process that does not know how late it is."""
    pid = on.world.keeper(on.dice.choice(on.world.services)).pid
    if pid is None:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(on.dice.choice(PAUSES))
        finally:
            os.kill(pid, signal.SIGCONT)


async def fleet_rolled(on: Ground) -> None:
    """Every process of every service is replaced, one after the other, as in a rollout."""
    for name in on.world.services:
        await on.world.roll(name)


async def broker_killed(on: Ground) -> None:
    """kill -9 of the broker."""
    await _restarted(on, "nats", "broker_killed")


async def database_killed(on: Ground) -> None:
    """kill -9 of the database server."""
    await _restarted(on, "postgres", "database_killed")


async def jetstream_deleted(on: Ground) -> None:
    """Every message and consumer is gone, under the running broker: it is restarted when that is noticed."""
    before = on.world.keeper("nats").pid
    shutil.rmtree(on.world.fleet.home.path / "jetstream", ignore_errors=True)
    await _returned(on, "nats", "jetstream_deleted", before)


async def jetstream_rolled_back(on: Ground) -> None:
    """The broker comes back with what it had some seconds ago."""
    home = on.world.fleet.home.path
    store, copy, gone = home / "jetstream", home / "jetstream.copy", home / "jetstream.gone"
    try:
        shutil.copytree(store, copy)
    except (OSError, shutil.Error):  # it writes while it is copied: another time
        shutil.rmtree(copy, ignore_errors=True)
        return
    await asyncio.sleep(on.dice.uniform(1.0, 4.0))
    before = on.world.keeper("nats").pid
    on.world.kill("nats")
    with suppress(FileNotFoundError):
        store.rename(gone)
    copy.rename(store)
    shutil.rmtree(gone, ignore_errors=True)
    await _returned(on, "nats", "jetstream_rolled_back", before)


async def broker_full(on: Ground) -> None:
    """The broker takes no further message for a while."""
    with suppress(*BROKER_ERRORS):
        async with on.world.fleet.servers.connect() as client:
            js = client.jetstream(timeout=2)
            for stream in topology.STREAMS:
                held = await js.stream_info(stream.name or "")
                await js.update_stream(held.config.evolve(max_bytes=1, discard=DiscardPolicy.NEW))
            await asyncio.sleep(on.dice.uniform(1.0, 4.0))
    while True:
        with suppress(*BROKER_ERRORS):
            async with on.world.fleet.servers.connect() as client:
                js = client.jetstream(timeout=2)
                for stream in topology.STREAMS:
                    held = await js.stream_info(stream.name or "")
                    await js.update_stream(held.config.evolve(max_bytes=-1, discard=DiscardPolicy.OLD))
                return
        await asyncio.sleep(0.5)


async def broker_disk_full(on: Ground) -> None:
    """No file of the broker takes another byte for a while, as on a disk that is full."""
    pid = on.world.keeper("nats").pid
    if pid is None:
        return
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
    await asyncio.sleep(on.dice.uniform(1.0, 4.0))
    with suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))


async def clock_stepped(on: Ground) -> None:
    """The database's clock, which all services go by, jumps by up to a minute to either side, and back after a while."""
    step = on.dice.choice((-1, 1)) * on.dice.uniform(20.0, 60.0)
    await on.world.step(step)
    await asyncio.sleep(on.dice.uniform(1.0, 4.0))
    await on.world.step(0.0)


async def database_slow(on: Ground) -> None:
    """Whatever passes between services and database takes its time."""
    on.database.delay = on.dice.uniform(0.02, 0.2)
    try:
        await asyncio.sleep(on.dice.uniform(1.0, 4.0))
    finally:
        on.database.delay = 0.0


async def database_cut(on: Ground) -> None:
    """Every connection to the database is dropped."""
    on.database.cut()


async def broker_cut(on: Ground) -> None:
    """Every connection to the broker is dropped."""
    on.broker.cut()


async def vendor_errs(on: Ground) -> None:
    """A vendor answers badly, or not at all, a few times."""
    action = on.dice.choice(["status:500", "status:429", "status:503", "drop", "html:502", "slow"])
    vendor = on.dice.choice(topology.VENDORS)
    retry_after = 1 if action == "status:429" else None
    await on.world.fault(vendor, action=action, times=on.dice.randint(1, 3), retry_after=retry_after)


async def _restarted(on: Ground, name: str, kind: str) -> None:
    before = on.world.keeper(name).pid
    on.world.kill(name)
    await _returned(on, name, kind, before)


async def _returned(on: Ground, name: str, kind: str, before: int | None) -> None:
    """Notes the moment when another process of the server answers, as services ask it."""
    while on.world.keeper(name).pid in {None, before} or not await on.world.answers(name):
        await asyncio.sleep(0.05)
    on.returned.append((kind, asyncio.get_running_loop().time()))


Strike = Callable[[Ground], Awaitable[None]]

STRIKES: dict[Strike, int] = {
    service_killed: 10,
    service_paused: 4,
    fleet_rolled: 1,
    broker_killed: 2,
    database_killed: 2,
    jetstream_deleted: 1,
    jetstream_rolled_back: 1,
    broker_full: 1,
    broker_disk_full: 1,
    clock_stepped: 2,
    database_slow: 2,
    database_cut: 2,
    broker_cut: 2,
    vendor_errs: 3,
}
"""Each kind, and how often it comes among the others."""
EACH_ONCE: tuple[Strike, ...] = tuple(STRIKES)
