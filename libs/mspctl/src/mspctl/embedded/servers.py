"""PostgreSQL and NATS, bootstrapped: the schema is migrated, roles may log in, streams and consumers exist."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nats.aio.client import Client

from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.db.roles import ROLES
from mspbyte_common.jetstream.connect import open_nats
from mspctl.embedded import broker, leftovers, nats, nats_conf, postgres
from mspctl.embedded.home import Home
from mspctl.embedded.supervisor import Keeper, Supervisor


@dataclass(frozen=True)
class Servers:
    """The two servers of a directory, and who may log in."""

    home: Home
    supervisor: Supervisor

    @property
    def database_admin_url(self) -> str:
        """The address of the schema's owner, with the password."""
        return postgres.url(self.home, postgres.OWNER)

    def role_url(self, role: str) -> str:
        """A role's address, with the password."""
        return postgres.url(self.home, role)

    @property
    def nats_url(self) -> str:
        """The broker's address; it wants a user (`nats_credentials`)."""
        return nats.url(self.home)

    @property
    def nats_monitor_url(self) -> str:
        """The address of the broker's own counters."""
        return nats.monitor_url(self.home)

    def nats_credentials(self, user: str = nats_conf.BOOTSTRAP) -> tuple[str, str]:
        """(user, password) of a service, or of the one who may do everything."""
        return user, self.home.password(f"nats_{user}")

    def connect(self) -> contextlib.AbstractAsyncContextManager[Client]:
        """A broker client that may do everything."""
        return open_nats(self.nats_url, nats_conf.BOOTSTRAP, credentials=self.nats_credentials())


@asynccontextmanager
async def embedded_servers(directory: Path) -> AsyncIterator[Servers]:
    """The two servers alone, in a directory that keeps their data. UsageError when a fleet already runs there."""
    with Home(directory) as home:
        supervisor = Supervisor()
        try:
            async with running_servers(home, supervisor) as servers:
                yield servers
        finally:
            await supervisor.stop()


@asynccontextmanager
async def running_servers(
    home: Home, supervisor: Supervisor, database: Mapping[str, str] | None = None
) -> AsyncIterator[Servers]:
    """Starts and bootstraps both under a supervisor; the caller stops that one. `database`: more settings of PostgreSQL."""
    await leftovers.clear(home)
    (home.path / "postgres" / "postmaster.pid").unlink(missing_ok=True)
    servers = Servers(home, supervisor)
    message_broker = await _start_nats(servers)
    await _start_postgres(servers, database)
    async with servers.connect() as client:
        await broker.declare(client)
        care = broker.care(client, message_broker, nats.store(home), nats.monitor_url(home))
        caring = asyncio.create_task(care, name="broker care")
        try:
            yield servers
        finally:
            while not caring.done():  # a wait_for of Python 3.11 that ends as it is cancelled forgets the cancellation
                caring.cancel()
                await asyncio.wait({caring}, timeout=1.0)


async def _start_nats(servers: Servers) -> Keeper:
    keeper = await servers.supervisor.start(nats.program(servers.home))
    await nats.ready(servers.home, keeper)
    return keeper


async def _start_postgres(servers: Servers, settings: Mapping[str, str] | None) -> None:
    home = servers.home
    await postgres.initialize(home)
    keeper = await servers.supervisor.start(postgres.program(home, settings))
    await postgres.ready(home, keeper)
    await asyncio.to_thread(migrate, servers.database_admin_url)
    passwords = {role.name: home.password(role.name) for role in ROLES}
    await asyncio.to_thread(apply_roles, servers.database_admin_url, passwords)
