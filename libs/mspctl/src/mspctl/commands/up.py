"""`mspctl up`: a fleet on this machine until Ctrl-C."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mspbyte_common.errors import UsageError
from mspctl.embedded import Fleet, SimulatorOptions
from mspctl.embedded.home import claim
from mspctl.embedded.logs import log_to
from mspctl.embedded.roster import SERVICES
from mspctl.embedded.signals import INTERRUPTED, run_until_signal
from mspctl.options import UP, Dir, Json
from mspctl.output import console, emit_json


def up(
    *,
    simulate: Annotated[bool, typer.Option("--simulate", help="With vendor simulators.")] = False,
    clients: Annotated[int, typer.Option(min=1, help="Clients of the simulated msp.")] = 12,
    seed: Annotated[int, typer.Option(help="Equal seeds simulate equal estates.")] = 1,
    replicas: Annotated[list[str] | None, typer.Option(help="SERVICE=N: that many processes of it.")] = None,
    service: Annotated[list[str] | None, typer.Option(help="Only these services; all when not given.")] = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Starts PostgreSQL, NATS and every service on loopback, and keeps them running until Ctrl-C."""
    chosen = [member for member in SERVICES if not service or member.name in service]
    unknown = set(service or ()) - {member.name for member in SERVICES}
    if unknown:
        message = f"there is no service {min(unknown)!r}: {', '.join(member.name for member in SERVICES)}."
        raise UsageError(message)
    fleet = Fleet(
        directory,
        SimulatorOptions(seed=seed, clients=clients) if simulate else None,
        services=chosen,
        replicas=_replicas(replicas or []),
    )
    claim(directory)
    log_to(fleet.home.logs / "supervisor.log")
    code = run_until_signal(_until_stopped(fleet, as_json=as_json))
    raise typer.Exit(0 if code == INTERRUPTED else code)


async def _until_stopped(fleet: Fleet, *, as_json: bool) -> int:
    async with fleet:
        if as_json:
            emit_json(fleet.addresses())
        else:
            console.print(addresses(fleet))
            console.print("\nCtrl-C stops everything. In another terminal: mspctl status" + _dir(fleet.directory))
        await asyncio.Event().wait()
    return 0


def addresses(fleet: Fleet) -> Table:
    """What listens where, and where its log is."""
    known = fleet.addresses()
    where = {
        "postgres": known["database"]["url"],
        "nats": known["nats"]["url"],
        "vendor_sim": known["simulators"] or "",
    }
    where |= {name: service["http"] for name, service in known["services"].items()}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("program", "pid", "address", "log"):
        table.add_column(column, overflow="fold")
    for name, program in known["programs"].items():
        table.add_row(name, str(program["pid"]), where.get(name, ""), program["log"])
    return table


def _dir(directory: Path) -> str:
    return "" if directory == UP else f" --dir {directory}"


def _replicas(given: list[str]) -> dict[str, int]:
    replicas = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in {member.name for member in SERVICES} or not number.isdigit():
            message = f"--replicas {text!r} is not SERVICE=N with one of {', '.join(m.name for m in SERVICES)}."
            raise UsageError(message)
        replicas[name] = int(number)
    return replicas
