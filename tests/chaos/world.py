"""A small fleet that plays the same piece again and again, undisturbed or not, and tells what it came to."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import psycopg
from rich.console import Console
from tests.chaos.desk import at_the_psa, have_tickets_made, put_away
from tests.chaos.state import Rows, state
from tests.integration.derived.clock import Clock, simulated_clock

from mspbyte_common.db.schema import metadata
from mspctl.demo.operator import MSP, connect_vendors
from mspctl.demo.operator import Mapping as Mapped
from mspctl.demo.progress import Bars
from mspctl.demo.watch import until_over
from mspctl.embedded import Fleet, SimulatorOptions, supervisor
from mspctl.embedded.broker import Errors, complete
from mspctl.embedded.roster import SERVICES
from mspctl.embedded.supervisor import Keeper
from mspctl.failure import Failure
from mspctl.ledger import store as ledger
from mspctl.store import Database, open_database
from mspctl.target import of_fleet
from mspctl.tenants.store import add_msp

PATIENCE = 1_500.0
"""Seconds until a fleet that does not come to rest is a failure, on a machine that has other things to do."""
KEPT = {"resource", "derivation", "check_declared"}
"""What services wrote of themselves when they started."""
REACHED_BY = {
    "scheduler": ("svc_scheduler",),
    "adapter": ("svc_adapter",),
    "budget": ("svc_adapter",),
    "tickets": ("svc_adapter_autotask",),
    "processors": ("svc_processors",),
    "resolvers": ("svc_resolvers",),
    "linkers": ("svc_linkers",),
    "workers": ("svc_workers",),
    "actions": ("svc_workers",),
}
"""How a label begins → how the services begin that reach it; every service, where it is not named."""
POISONED = "poisoned"
"""The record whose mapping the database refuses until it is healed."""


@dataclass
class World:
    """A running fleet with its operator's database.

    `poison`: plays have what takes longer besides: a record whose work fails until its dead letter is replayed, a vendor that
    answers late, a broker that forgets. `brief`: they end with the first sync. `rests`: when nothing was left to do, by the
    loop's clock.
    """

    fleet: Fleet
    operator: Database
    clock: Clock | None = None
    poison: bool = False
    brief: bool = False
    truth: dict[str, Any] = field(default_factory=dict)
    rests: list[float] = field(default_factory=list)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """A statement as the owner, who sees every msp."""
        with psycopg.connect(self.fleet.servers.database_admin_url, connect_timeout=5) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    async def asked(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The same, of a database that may be away for a while."""
        while True:
            try:
                return await asyncio.to_thread(self.query, statement, *values)
            except psycopg.OperationalError:
                await asyncio.sleep(0.2)

    def keeper(self, name: str) -> Keeper:
        """Who keeps a program running."""
        return self.fleet.supervisor.keepers[name]

    @property
    def services(self) -> list[str]:
        """The programs that are services, every replica."""
        names = {member.name for member in SERVICES}
        return [name for name in self.fleet.supervisor.keepers if name.rpartition("-")[0] in names or name in names]

    def kill(self, name: str) -> bool:
        """kill -9; False when it was between two processes."""
        pid = self.keeper(name).pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        return pid is not None

    def restart(self, name: str, env: Mapping[str, str]) -> None:
        """Another process in place of this one, with settings besides its own."""
        keeper = self.keeper(name)
        keeper.program = replace(keeper.program, env={**keeper.program.env, **env})
        keeper.restart()

    def run_with(self, name: str, python: str) -> None:
        """From its next process on a service is another release's, or this one's again."""
        keeper = self.keeper(name)
        keeper.program = replace(keeper.program, argv=(python, *keeper.program.argv[1:]))

    async def roll(self, name: str) -> None:
        """Asks a service to end, as a rollout does, and returns when another process is in its place."""
        before = self.keeper(name).pid
        if before is not None:
            with suppress(ProcessLookupError):
                os.kill(before, signal.SIGTERM)
        while self.keeper(name).pid in {None, before}:
            await asyncio.sleep(0.05)

    def arm(self, points: Sequence[str], witness: Path) -> None:
        """At each of the points a process dies once. Services that reach none of them stay as they are."""
        witness.mkdir(exist_ok=True)
        env = {"MSPBYTE_FAULT_POINTS": ",".join(points), "MSPBYTE_FAULT_WITNESS": str(witness)}
        reached = tuple(service for label in points for service in REACHED_BY.get(label.partition(".")[0], ("svc_",)))
        for name in self.services:
            if name.startswith(reached):
                self.restart(name, env)

    async def answers(self, name: str) -> bool:
        """Whether one of the two servers does what services ask of it."""
        try:
            if name == "postgres":
                return bool(await asyncio.to_thread(self.query, "SELECT 1"))
            async with self.fleet.servers.connect() as client:
                return await complete(client.jetstream(timeout=2))
        except (psycopg.Error, *Errors):
            return False

    async def step(self, seconds: float) -> None:
        """From now on the database's clock is so far ahead."""
        clock = self.clock
        if clock is not None:
            await self._operate(lambda: clock.ahead(seconds=seconds))

    async def fault(self, vendor: str, **fault: Any) -> None:
        """Declares what goes wrong at a vendor."""
        await self._simulator("POST", "faults", [{"vendor": vendor, **fault}])

    async def _simulator(self, method: str, path: str, body: Any = None) -> None:
        known = orjson.loads(self.fleet.simulators_file.read_bytes())
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(method, f"{known['m365']['graph']}/_sim/{path}", json=body)
            answer.raise_for_status()

    async def begin_anew(self) -> None:
        """Nothing is known, nothing is announced, and the vendors have what they had in the beginning."""
        tables = ", ".join(table.name for table in metadata.sorted_tables if table.name not in KEPT)
        await self.asked(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        async with self.fleet.servers.connect() as client:
            for stream in ("JOBS", "STAGES"):
                await client.jetstream().purge_stream(stream)
        written = self.fleet.simulators_file.stat().st_mtime_ns
        self.keeper("vendor_sim").restart()
        while self.fleet.simulators_file.stat().st_mtime_ns == written:
            await asyncio.sleep(0.05)
        self.truth = orjson.loads(self.fleet.truth_file.read_bytes())

    async def play(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        """The piece: vendors that err, a full sync, a mapping, records that change and go, and a second full sync."""
        await self.fault("autotask", path_contains="/Contacts/", action="status:500", times=2)
        await self.fault("m365", path_contains="/users", action="status:429", times=3, retry_after=1)
        await self.fault("sophos", path_contains="/endpoints", action="drop", times=1)
        if self.poison:
            await self.fault("sophos", path_contains="/alerts", action="slow", seconds=7.0, times=1)
            self.query(POISON)
        await self._operate(self._connect)
        if self.poison:
            await self._forgotten()
        if meanwhile is not None:
            await meanwhile()
        await self.settle()
        if self.poison:
            self.query(f"DROP TRIGGER {POISONED} ON entity")
            await self._operate(self._replay)
        if self.brief:
            return
        for change in self._changes():
            await self._simulator("POST", "mutate", change)
        await self.sync_again()
        await self.settle()

    async def _forgotten(self) -> None:
        """The broker forgets what it holds for the stages, as soon as there is something."""
        async with self.fleet.servers.connect() as client:
            js = client.jetstream()
            while not (await js.stream_info("STAGES")).state.messages:
                await asyncio.sleep(0.02)
            await js.purge_stream("STAGES")

    async def settle(self) -> None:
        """Maps what is to be mapped and returns when nothing is left to do."""
        with Bars(Console(file=io.StringIO()), live=False) as bars:
            self.rests.append(await until_over(self.operator, Mapped(self.truth), bars.show, PATIENCE))

    async def sync_again(self) -> None:
        """Has every job read its whole list once more, as soon as the database takes the wish; returns when all began."""
        await self.asked("UPDATE job SET manual_at = now() WHERE enabled")
        while await self.asked("SELECT 1 FROM job WHERE enabled AND manual_at IS NOT NULL LIMIT 1"):
            await asyncio.sleep(0.1)

    async def act(self, settled: float) -> None:
        """The end of the piece: tickets for all that was found, noted and closed as a person puts it away.

        The answers to some requests are lost after they had their effect. `settled`: seconds after which a request of a
        process that is gone has had its effect or never will. A vendor needs minutes for that, a simulator none.
        """
        for fault, act in (
            ("/V1.0/Tickets", have_tickets_made),
            ("/Notes", partial(put_away, every=2)),
            ("/V1.0/Tickets", partial(put_away, every=1)),
        ):
            if not self.brief or act is have_tickets_made:
                await self.fault("autotask", path_contains=fault, action="drop")
            await self._operate(partial(act, self.operator))
            await self._carried_out(settled)

    async def _carried_out(self, settled: float) -> None:
        """Returns when there is no action left to carry out."""
        left = """
            SELECT id, attempts, due_at IS NOT NULL AND state = 'doing' FROM action WHERE state IN ('queued', 'doing')
            UNION ALL SELECT NULL, id, false FROM work
            """
        clock = asyncio.get_running_loop().time
        ends, since = clock() + PATIENCE, dict[tuple[Any, ...], float]()
        while found := await self.asked(left):
            if clock() > ends:
                message = f"actions are not carried out after {PATIENCE:.0f} s: {await self.asked(UNDONE)}"
                raise Failure(message)
            since = {row: since.get(row, clock()) for row in found}
            for action, attempts, waits in since:
                if waits and clock() - since[action, attempts, waits] > settled:
                    await self.asked(SETTLED, action, attempts)
            await asyncio.sleep(0.2)
        self.rests.append(clock())

    def state(self) -> Rows:
        """What it has come to, and what it did outside."""
        return {**state(self.query), **at_the_psa(orjson.loads(self.fleet.simulators_file.read_bytes()))}

    def dead_letters(self) -> int:
        """Work that nobody will do any more."""
        return int(self.query("SELECT count(*) FROM dead_letter WHERE state = 'open'")[0][0])

    def _changes(self) -> list[dict[str, Any]]:
        """One record of each vendor goes: the last in order of its id."""
        found = self.query(
            """
            SELECT DISTINCT ON (e.vendor) e.vendor, a.external_id, e.resource, e.external_id
            FROM entity e JOIN account a ON a.id = e.account_id
            WHERE (e.vendor, e.resource) IN (('m365', 'managedDevices'), ('autotask', 'Contacts'), ('sophos', 'endpoints'))
            ORDER BY e.vendor, e.external_id DESC
            """
        )
        return [dict(zip(("vendor", "account", "collection", "id"), row, strict=True)) for row in found]

    async def _operate(self, act: Any) -> None:
        """Does what a person does, again when the database did not answer."""
        while True:
            try:
                await asyncio.to_thread(act)
            except (Failure, psycopg.Error):
                await asyncio.sleep(0.2)
            else:
                return

    def _connect(self) -> None:
        with self.operator.transaction() as connection:
            add_msp(connection, MSP)
            [row] = connection.execute("SELECT id FROM msp").fetchall()
        self.operator.msp_id = row["id"]
        connect_vendors(self.operator, self.fleet.simulators_file)

    def _replay(self) -> None:
        with self.operator.transaction() as connection:
            ledger.replay(connection, [row["id"] for row in ledger.letters(connection, "open", None, None)])


UNDONE = "SELECT kind, state, attempts, due_at, error FROM action WHERE state NOT IN ('done', 'cancelled')"
SETTLED = "UPDATE action SET due_at = clock_timestamp() WHERE (id, attempts) = (%s, %s) AND due_at IS NOT NULL"
CONNECTED_ANEW = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
)
"""A connection keeps the clock that it had when it was opened."""
POISON = f"""
CREATE OR REPLACE FUNCTION {POISONED}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.external_id = (SELECT min(external_id) FROM entity
                          WHERE resource = 'domains' AND account_id = NEW.account_id)
    THEN RAISE EXCEPTION 'this record fails'; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER {POISONED} BEFORE UPDATE OF normalized_data ON entity
    FOR EACH ROW WHEN (NEW.resource = 'domains' AND NEW.normalized_data IS NOT NULL) EXECUTE FUNCTION {POISONED}();
"""


@asynccontextmanager
async def running(directory: Path, *, clients: int = 2, seed: int = 1, replicas: int = 1) -> AsyncIterator[World]:
    """A fleet in an empty directory, before anything is connected."""
    supervisor.LONGEST_PAUSE = 0.4  # what dies here dies on purpose: nobody is spared by waiting longer each time
    fleet = Fleet(
        directory,
        SimulatorOptions(seed=seed, clients=clients),
        replicas={member.name: replicas for member in SERVICES},
    )
    async with fleet:
        with open_database(of_fleet(directory), None, needs_msp=False) as operator:
            world = World(fleet, operator)
            with simulated_clock(SimpleNamespace(execute=world.query)) as world.clock:
                world.query(CONNECTED_ANEW)
                yield world
