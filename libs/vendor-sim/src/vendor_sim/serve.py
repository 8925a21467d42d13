"""All simulators in one process: each on its own loopback port, one estate behind them."""

import asyncio
import gc
import signal
import socket
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from vendor_sim import addresses
from vendor_sim.autotask import app as autotask
from vendor_sim.clients import REGIONS
from vendor_sim.counters import Counters
from vendor_sim.estate import Estate
from vendor_sim.faults import Faults
from vendor_sim.limits import UNLIMITED, Limits
from vendor_sim.m365 import app as m365
from vendor_sim.sophos import app as sophos

BACKLOG = 2048


def apps(estate: Estate, at: addresses.Addresses, limits: Limits = UNLIMITED) -> dict[str, Starlette]:
    """The apps by the name of their port: `m365`, `autotask`, `sophos` and each region. They share one Faults."""
    faults, counted = Faults(), Counters()
    made = {
        "m365": m365.build(estate, faults, Counters(), at, limits),
        "autotask": autotask.build(estate, faults, Counters(), at, limits),
        "sophos": sophos.build(estate, faults, counted, at, limits),
    }
    return made | {region: sophos.build(estate, faults, counted, at, limits, region) for region in REGIONS}


def listen(known: dict[str, int], host: str = addresses.HOST) -> dict[str, socket.socket]:
    """A bound socket for each app: on its known port, else on a free one."""
    return {name: _bind(host, known.get(name, 0)) for name in addresses.NAMES}


async def serve(
    estate: Estate,
    addresses_file: Path | None,
    truth_file: Path | None,
    limits: Limits = UNLIMITED,
    *,
    host: str = addresses.HOST,
    first_port: int | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. The files are written, whole, once everything listens.

    Addresses in answers and files are of loopback, whatever `host` is listened on: elsewhere `forward` brings them there.
    """
    gc.freeze()  # the estate stays; walking it again and again would cost every request
    known = addresses.known_ports(addresses_file) if addresses_file else {}
    sockets = listen(known if first_port is None else addresses.ports_from(first_port), host)
    ports = {name: bound.getsockname()[1] for name, bound in sockets.items()}
    servers = {name: _server(app) for name, app in apps(estate, addresses.on_ports(ports), limits).items()}
    running = [asyncio.create_task(server.serve([sockets[name]])) for name, server in servers.items()]
    while not all(server.started for server in servers.values()):  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # in place of those of the servers, which are several
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    addresses.write_both(estate, ports, addresses_file, truth_file)
    await asyncio.wait([*running, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    for server in servers.values():
        server.should_exit = True
    await asyncio.gather(*running)


def _server(app: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        date_header=False,  # the vendor's own clock stands in the header, days played included
    )
    return uvicorn.Server(config)


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(BACKLOG)
    return bound
