"""A running fleet over a small estate, and what a test does with it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
from rich.console import Console

from mspctl.demo.operator import MSP, Mapping, connect_vendors
from mspctl.demo.progress import Bars
from mspctl.demo.summary import summarize
from mspctl.demo.watch import until_over
from mspctl.embedded import Fleet, SimulatorOptions
from mspctl.store import Database, open_database
from mspctl.target import of_fleet
from mspctl.tenants.store import add_msp

CLIENTS = 7
PATIENCE = 600.0
"""Seconds until a sync that does not end is a failure; no test measures time."""


@dataclass
class World:
    """A running fleet with its operator's database."""

    fleet: Fleet
    operator: Database

    @property
    def truth(self) -> dict[str, Any]:
        """What the simulators know to be true."""
        return orjson.loads(self.fleet.truth_file.read_bytes())

    async def settle(self, *, mapping: bool = True) -> None:
        """Maps what is to be mapped, if so asked, and returns when nothing is left to do."""
        wanted = Mapping(self.truth if mapping else {"accounts": []})
        with Bars(Console(file=io.StringIO()), live=False) as bars:
            await until_over(self.operator, wanted, bars.show, PATIENCE)

    def owner(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """A statement as the owner, who sees every msp."""
        with psycopg.connect(self.fleet.servers.database_admin_url) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def pid(self, name: str) -> int:
        """The process id of a program."""
        pid = self.fleet.supervisor.keepers[name].pid
        assert pid is not None
        return pid

    async def fault(self, vendor: str, **fault: Any) -> None:
        """Declares what goes wrong at a vendor."""
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{self._simulator(vendor)}/_sim/faults", json=[{"vendor": vendor, **fault}])
            answer.raise_for_status()

    async def faults(self, vendor: str) -> int:
        """How often something has gone wrong at a vendor."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self._simulator(vendor)}/_sim/counters")
            return int(answer.raise_for_status().json()["faults"])

    def _simulator(self, vendor: str) -> str:
        known = orjson.loads(self.fleet.simulators_file.read_bytes())
        return {
            "m365": known["m365"]["graph"],
            "autotask": known["autotask"]["zone_lookup"],
            "sophos": known["sophos"]["api"],
        }[vendor]

    def summary(self) -> dict[str, Any]:
        """What the demo would say, but for times."""
        found = summarize(self.operator, self.fleet.truth_file, 1.0)
        return {name: found[name] for name in ("entities", "relationships", "findings", "link_quality", "dead_letters")}


@asynccontextmanager
async def running(directory: Path, *, connect: bool = True) -> AsyncIterator[World]:
    """A fleet in an empty directory, with the three vendors connected."""
    fleet = Fleet(directory, SimulatorOptions(seed=1, clients=CLIENTS))
    async with fleet:
        with open_database(of_fleet(directory), None, needs_msp=False) as operator:
            with operator.transaction() as connection:
                row = add_msp(connection, MSP)
            operator.msp_id = row["id"] if row else None
            if connect:
                connect_vendors(operator, fleet.simulators_file)
            yield World(fleet, operator)


Disturb = Callable[[World], Awaitable[None]]


async def synced(directory: Path, disturb: Disturb | None = None) -> dict[str, Any]:
    """The end state of a full sync that was disturbed in its middle."""
    async with running(directory) as world:
        settling = asyncio.create_task(world.settle())
        if disturb is not None:
            await disturb(world)
        await settling
        return world.summary()
