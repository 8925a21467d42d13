"""A fleet whose vendors are connected and mapped, as the demo's are."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mspctl.bench import store
from mspctl.bench.observe import STATEMENTS
from mspctl.bench.work import until
from mspctl.demo.operator import MSP, Mapping, connect_vendors
from mspctl.demo.watch import until_over
from mspctl.embedded import Fleet, SimulatorOptions
from mspctl.embedded.leftovers import empty
from mspctl.failure import Failure
from mspctl.store import Database, open_database
from mspctl.target import of_fleet
from mspctl.tenants.store import add_msp

SECONDS = 7_200.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Running:
    """A fleet under measurement: the operator's connection, and the owner's."""

    fleet: Fleet
    database: Database
    connection: store.Connection

    @property
    def vendors(self) -> dict[str, Any]:
        """Where the simulators listen, and the credentials they accept."""
        known: dict[str, Any] = orjson.loads(self.fleet.simulators_file.read_bytes())
        return known

    @property
    def truth(self) -> dict[str, Any]:
        """What the simulators know."""
        known: dict[str, Any] = orjson.loads(self.fleet.truth_file.read_bytes())
        return known

    async def synced(self) -> float:
        """Connects every vendor and waits until nothing is left to do; seconds."""
        began = time.monotonic()
        connect_vendors(self.database, self.fleet.simulators_file)
        over = await until_over(self.database, Mapping(self.truth), lambda _: None, SECONDS)
        await self.sound()
        return over - began

    async def idle(self) -> None:
        """Returns when no run, no work and no check that looks again in a moment is left."""
        await until("nothing is left to do", self._all_done, seconds=SECONDS, look=LOOK_SECONDS)

    async def _all_done(self) -> bool:
        return not await store.left_to_do(self.connection)

    async def sound(self) -> None:
        """Failure where anything was given up: what failed is not fast."""
        if number := await store.dead_letters(self.connection):
            message = f"{number} pieces of work failed for good: see the logs in {self.fleet.home.logs}"
            raise Failure(message)


@asynccontextmanager
async def running(directory: Path, *, clients: int) -> AsyncIterator[Running]:
    """A whole fleet with simulators in an empty directory, and its msp."""
    await empty(directory)
    async with Fleet(directory, SimulatorOptions(clients=clients), database=STATEMENTS) as fleet:
        connection = await store.connect(fleet.servers.database_admin_url)
        try:
            await store.count_statements(connection)
            with open_database(of_fleet(directory), None, needs_msp=False) as database:
                with database.transaction() as one:
                    row = add_msp(one, MSP)
                database.msp_id = row["id"] if row else None
                yield Running(fleet, database, connection)
        finally:
            await connection.close()
