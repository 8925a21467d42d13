"""Adapters against the simulators and a real database, without ports or services."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import psycopg
import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from psycopg.types.json import Jsonb
from tests.integration.adapters.conforming import CONFORMERS

from mspbyte_common import ids, logs, secrets, trace
from mspbyte_common.adapter import Runner, Vendor
from mspbyte_common.db.engine import Pool, open_pool
from mspbyte_common.declarations import index
from mspbyte_common.key_ring import KeyRing, new_key
from mspbyte_common.vendors.budget.budget import Budget
from mspbyte_common.vendors.transport import Transport
from vendor_sim.addresses import on_ports
from vendor_sim.estate import Estate, generate
from vendor_sim.gate import ConnectionDroppedError
from vendor_sim.in_memory import World
from vendor_sim.serve import apps

PORTS = {"m365": 1001, "autotask": 1002, "sophos": 1003, "eu01": 1004, "us03": 1005}
"""Nobody listens there: requests to these go to the apps in this process."""

VENDORS: dict[str, Vendor] = {one.vendor.name: one.vendor for one in CONFORMERS}


class OneConnection:
    """The test's database over one connection, for tests that look a thousand times; nothing waits for the disk."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.admin_url, self.url = database.admin_url, database.url
        self._held = database.stack.enter_context(psycopg.connect(database.admin_url, autocommit=True))

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """A statement as the owner, who sees every msp."""
        cursor = self._held.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []

    async def pool(self, role: str) -> Pool:
        """A pool of a role."""
        url = psycopg.conninfo.make_conninfo(self._database.url(role), options="-c synchronous_commit=off")
        pool: Pool = await self._database.stack.enter_async_context(open_pool(url, role, size=6))
        return pool


class Announcements:
    """Takes announcements and keeps them."""

    def __init__(self) -> None:
        self.work_items: list[Any] = []

    async def work(self, announcements) -> None:
        self.work_items.extend(announcements)


@dataclass(repr=False)
class Bench:
    """One msp with a connection to each simulator; runs lists and looks at what became of them."""

    database: Any
    world: World
    pools: dict[str, Any]
    key_ring: Callable[[], KeyRing]
    msp: UUID
    connections: dict[str, UUID] = field(default_factory=dict)
    roots: dict[str, UUID] = field(default_factory=dict)
    announcements: Announcements = field(default_factory=Announcements)
    vendors: dict[str, Vendor] = field(default_factory=lambda: dict(VENDORS))

    def __repr__(self) -> str:
        """Short: what it holds is a whole world."""
        return f"Bench({self.msp})"

    def connect(self, vendor: str, settings: dict[str, str], secret: dict[str, str], root: str) -> None:
        """Adds a connection and its root account."""
        connection = ids.connection_id(self.msp, vendor, vendor)
        [(wrapped,)] = self.database.execute("SELECT wrapped FROM data_key WHERE msp_id = %s", self.msp)
        key = secrets.unwrap(self.key_ring(), None, wrapped, self.msp, 1)
        sealed = secrets.encrypt(key, secret, self.msp, vendor, connection, 1)
        self.database.execute(
            """
            INSERT INTO connection (id, msp_id, vendor, name, settings, secret, key_version)
            VALUES (%s, %s, %s, %s, %s, %s, 1)
            ON CONFLICT (id) DO UPDATE SET settings = EXCLUDED.settings, secret = EXCLUDED.secret
            """,
            connection,
            self.msp,
            vendor,
            vendor,
            Jsonb(settings),
            sealed,
        )
        self.connections[vendor] = connection
        self.roots[vendor] = self.account(vendor, root, is_root=True)

    def account(self, vendor: str, external_id: str, *, is_root: bool = False, **settings: str) -> UUID:
        """Adds an account, if it is not there."""
        account = ids.account_id(self.connections[vendor], external_id)
        self.database.execute(
            """
            INSERT INTO account (id, msp_id, connection_id, vendor, external_id, is_root, settings)
            VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
            """,
            account,
            self.msp,
            self.connections[vendor],
            vendor,
            external_id,
            is_root,
            Jsonb(settings),
        )
        return account

    def queue(self, vendor: str, account: UUID, resource: str, trigger: str = "manual") -> UUID:
        """A run, ready to be claimed: a full one, unless the schedule triggers it."""
        job, run = ids.job_id(account, resource), uuid4()
        self.database.execute(
            """
            INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
            VALUES (%s, %s, %s, %s, %s, 'every 3600s', 5, now()) ON CONFLICT DO NOTHING
            """,
            job,
            self.msp,
            account,
            vendor,
            resource,
        )
        self.database.execute(
            """
            INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, traceparent)
            VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s, 'queued', '00-0-0-01')
            """,
            run,
            self.msp,
            job,
            account,
            vendor,
            resource,
            trigger,
        )
        return run

    async def carry_out(self, run: UUID) -> dict[str, Any]:
        """Hands the run to its adapter, as a message would; returns its row."""
        [(vendor_name,)] = self.database.execute("SELECT vendor FROM run WHERE id = %s", run)
        vendor = self.vendors[vendor_name]
        service = SimpleNamespace(pool=self.pools[vendor_name], announcer=self.announcements)
        runner = Runner(
            service,
            vendor,
            index(vendor.endpoints, key=lambda one: one.resource),
            Transport(self.world.http, allow_loopback_http=True),
            Budget(vendor_name, (), self.pools[vendor_name]),
            self.key_ring,
        )
        await runner.receive(SimpleNamespace(data=orjson.dumps({"run": str(run), "msp": str(self.msp)})))
        return self.row(run)

    def due(self, run: UUID) -> None:
        """The waits are over: the run's own, and those the vendor asked for."""
        self.database.execute("UPDATE run SET not_before = NULL WHERE id = %s", run)
        self.database.execute("DELETE FROM budget")

    def row(self, run: UUID) -> dict[str, Any]:
        """A run's row."""
        [(row,)] = self.database.execute("SELECT to_jsonb(run) FROM run WHERE id = %s", run)
        return row

    async def fault(self, vendor: str, **fault: Any) -> None:
        """Declares what goes wrong at a vendor."""
        answer = await self.world.http.post(f"{self._address(vendor)}/_sim/faults", json=[{"vendor": vendor, **fault}])
        answer.raise_for_status()

    async def mend(self, vendor: str) -> None:
        """Nothing goes wrong any more."""
        (await self.world.http.delete(f"{self._address(vendor)}/_sim/faults")).raise_for_status()

    def _address(self, vendor: str) -> str:
        at = self.world.at
        return {"m365": at.m365, "autotask": at.autotask, "sophos": at.sophos}[vendor]

    async def read(self, vendor: str, account: UUID, resource: str) -> dict[str, Any]:
        """A run of a list, in full."""
        return await self.carry_out(self.queue(vendor, account, resource))

    async def read_changes(self, vendor: str, account: UUID, resource: str) -> dict[str, Any]:
        """A run of a list as its schedule starts it: since the last cursor, where there is one."""
        return await self.carry_out(self.queue(vendor, account, resource, trigger="schedule"))

    def stored(self, account: UUID, resource: str) -> dict[str, dict[str, Any]]:
        """raw_data by external id, of what is not deleted."""
        rows = self.database.execute(
            "SELECT external_id, raw_data FROM entity WHERE account_id = %s AND resource = %s AND deleted_at IS NULL",
            account,
            resource,
        )
        return dict(rows)


class Wire(httpx.ASGITransport):
    """Reaches an app in this process; what would break a connection breaks it here too."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The app's answer."""
        try:
            return await super().handle_async_request(request)
        except ConnectionDroppedError as error:
            raise httpx.ReadError("the connection was closed in the middle of an answer") from error


def open_world(clients: int = 6, estate: Estate | None = None) -> World:
    """The simulators over an estate, a small one unless told, at loopback addresses that exist in this process alone."""
    estate, at = estate or generate(1, clients, date(2026, 11, 23)), on_ports(PORTS)
    made = apps(estate, at)
    mounts = {f"http://127.0.0.1:{PORTS[name]}": Wire(app) for name, app in made.items()}
    return World(estate, at, made, httpx.AsyncClient(mounts=mounts, trust_env=False))


async def new_bench(database, world: World) -> Bench:
    """A bench without connections."""
    ring, msp = KeyRing.of([new_key()]), uuid4()
    database.execute("INSERT INTO msp (id, name) VALUES (%s, 'test')", msp)
    wrapped = secrets.wrap(ring, new_key(), msp, 1)
    database.execute("INSERT INTO data_key (msp_id, version, wrapped) VALUES (%s, 1, %s)", msp, wrapped)
    pools = {vendor: await database.pool(f"svc_adapter_{vendor}") for vendor in VENDORS}
    for conformer in CONFORMERS:
        conformer.forget()
    return Bench(database, world, pools, lambda: ring, msp)


def connect_all(held: Bench) -> None:
    """A connection to each vendor."""
    for conformer in CONFORMERS:
        held.connect(conformer.vendor.name, *conformer.connection(held.world))


@pytest.fixture
async def bench(database) -> AsyncIterator[Bench]:
    """A bench over a small estate."""
    async with _bench(database, open_world()) as held:
        yield held


@pytest.fixture
async def tiny_bench(database) -> AsyncIterator[Bench]:
    """A bench over the smallest estate: two clients."""
    async with _bench(database, open_world(2)) as held:
        yield held


@asynccontextmanager
async def _bench(database, world: World) -> AsyncIterator[Bench]:
    held = await new_bench(OneConnection(database), world)
    connect_all(held)
    yield held
    await world.http.aclose()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as services log it."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logs.configure("test", "DEBUG", stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = before


@pytest.fixture
def spans(monkeypatch) -> InMemorySpanExporter:
    """The spans of this process, recorded from now on."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "TRACER", provider.get_tracer("test"))
    return exporter
