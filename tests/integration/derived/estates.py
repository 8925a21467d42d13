"""A simulated MSP, read by the real adapters into a real database, and all stages over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx
from tests.integration.adapters.conftest import PORTS, VENDORS, Bench, OneConnection, Wire, new_bench
from tests.integration.pipeline import Pipeline

from mspbyte_common import ids
from mspbyte_common.adapter import resources
from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import BATCH
from mspbyte_common.vendors.runs.store import register
from svc_scheduler.recover import recheck
from vendor_sim.addresses import on_ports
from vendor_sim.days import play
from vendor_sim.estate import generate
from vendor_sim.in_memory import World
from vendor_sim.serve import apps


@dataclass
class Estate:
    """An MSP whose vendors are simulated in this process."""

    bench: Bench
    pipeline: Pipeline

    async def sync(self) -> None:
        """Every list of every account in full, with the accounts mapped to whose they are, and all work that follows."""
        await self._sync("manual")

    async def live(self, days: int, every: int) -> None:
        """So many days; after `every` of them, what the schedule reads: what changed, where the vendor can tell."""
        for day in range(days):
            play(self.bench.world.estate)
            if day % every == every - 1:
                await self.catch_up()

    async def register(self) -> None:
        """What the adapters can read and how often, as they make it known; without it every list that was read is fresh."""
        for vendor in VENDORS.values():
            async with transaction(self.bench.pools[vendor.name], None) as connection:
                await register(connection, vendor.name, resources(vendor))

    async def catch_up(self) -> None:
        """What the schedule reads, and all work that follows, that of evaluations whose time has come as well."""
        await self._sync("schedule")
        while await recheck(self.pipeline.pools["svc_scheduler"]):
            await self.pipeline.drain()

    async def _sync(self, trigger: str) -> None:
        await self._read("root", trigger)
        self.map()
        await self._read("tenant", trigger)
        for (account,) in self.pipeline.database.execute("SELECT id FROM account ORDER BY id"):
            self.pipeline.ask("evaluate", "account", account, [account])
        await self.pipeline.drain()

    async def judge(self) -> None:
        """As `sync`, but each subject is evaluated once, when everything is linked, and not after each page."""
        await self._read("root", "manual")
        self.map()
        await self._read("tenant", "manual")
        database, accounts = self.pipeline.database, "SELECT id FROM account ORDER BY id"
        await self.pipeline.drain(but="evaluate")
        database.execute("DELETE FROM work")
        for (account,) in database.execute(accounts):
            self.pipeline.ask("evaluate", "recheck", account, [account])
        for account, _, records in database.execute(
            "SELECT account_id, kind, array_agg(id) FROM entity WHERE normalized_data IS NOT NULL GROUP BY 1, 2"
        ):
            for start in range(0, len(records), BATCH):
                self.pipeline.ask("evaluate", "recheck", account, records[start : start + BATCH])
        await self.pipeline.drain()

    async def _read(self, level: str, trigger: str) -> None:
        for vendor in VENDORS.values():
            for account in self._accounts(vendor.name, level):
                for endpoint in vendor.endpoints:
                    if endpoint.level == level:
                        run = self.bench.queue(vendor.name, account, endpoint.resource, trigger)
                        while (await self.bench.carry_out(run))["state"] == "queued":
                            self.bench.due(run)

    def map(self) -> None:
        """Says whose the accounts are that were found."""
        autotask = self.bench.roots["autotask"]
        for (vendor, tenant), company in self.bench.world.estate.accounts.items():
            if company is not None:
                self.pipeline.database.execute(
                    "UPDATE account SET state = 'mapped', client_id = %s WHERE id = %s AND client_id IS NULL",
                    ids.client_id(autotask, str(company)),
                    ids.account_id(self.bench.connections[vendor], tenant),
                )

    def _accounts(self, vendor: str, level: str) -> list[UUID]:
        if level == "root":
            return [self.bench.roots[vendor]]
        tenants = "vendor = %s AND is_tenant AND unreachable_reason IS NULL AND parked_at IS NULL"
        rows: list[tuple[Any, ...]] = self.pipeline.database.execute(
            f"SELECT id FROM account WHERE {tenants} AND (NOT is_root OR vendor = 'autotask') ORDER BY id", vendor
        )
        return [row[0] for row in rows]


async def open_estate(database: Any, seed: int, clients: int, as_of: date = date(2026, 11, 23)) -> Estate:
    """The estate of a seed, not read yet. Close `bench.world.http` when done."""
    estate, at = generate(seed, clients, as_of), on_ports(PORTS)
    made = apps(estate, at)
    mounts = {f"http://127.0.0.1:{PORTS[name]}": Wire(app) for name, app in made.items()}
    world = World(estate, at, made, httpx.AsyncClient(mounts=mounts, trust_env=False))
    held = OneConnection(database)
    bench, known = await new_bench(held, world), estate.credentials
    m365 = {
        "client_id": known.m365_client_id,
        "partner_tenant_id": estate.partner_tenant_id,
        "login_url": at.m365,
        "graph_url": at.m365,
    }
    bench.connect("m365", m365, {"client_secret": known.m365_client_secret}, estate.partner_tenant_id)
    autotask = {"username": known.autotask_username, "zone_lookup_url": at.autotask}
    keys = {"secret": known.autotask_secret, "integration_code": known.autotask_integration_code}
    bench.connect("autotask", autotask, keys, known.autotask_username)
    sophos = {"client_id": known.sophos_client_id, "identity_url": at.sophos, "api_url": at.sophos}
    bench.connect("sophos", sophos, {"client_secret": known.sophos_client_secret}, known.sophos_client_id)
    return Estate(bench, await Pipeline.open(held, bench.msp))
