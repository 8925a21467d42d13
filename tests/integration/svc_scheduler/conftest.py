"""A plan: one msp with a connection, a root and tenants, as the scheduler sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from svc_scheduler.jobs.reconcile import reconcile
from svc_scheduler.jobs.tick import tick
from svc_scheduler.runs.choose import Caps
from svc_scheduler.runs.dispatch import dispatch
from svc_scheduler.runs.store import RunAnnouncement

CAPS = Caps()


@dataclass
class Plan:
    """One msp with a connection, a root and tenants."""

    database: Any
    pool: Any
    msp: UUID = field(default_factory=uuid4)
    connection: UUID = field(default_factory=uuid4)

    async def tick(self, pool: Any = None, caps: Caps = CAPS) -> list[RunAnnouncement]:
        """A turn of the scheduler: what it announces."""
        await tick(pool or self.pool)
        return await dispatch(pool or self.pool, caps)

    async def job(self, **columns: Any) -> UUID:
        """One job of one account, due an hour from now."""
        self.account()
        await reconcile(self.pool)
        self.database.execute("UPDATE job SET next_fire_at = now() + interval '1 hour'")
        self.set(**columns)
        [(job,)] = self.database.execute("SELECT id FROM job")
        return job

    def set(self, **columns: Any) -> None:
        """Changes every job."""
        if columns:
            assignments = ", ".join(f"{name} = %s" for name in columns)
            self.database.execute(f"UPDATE job SET {assignments}", *columns.values())

    def due(self, ago: str) -> None:
        """Every job was due so long ago."""
        self.database.execute("UPDATE job SET next_fire_at = now() - %s::interval", ago)

    def account(self, *, is_root: bool = False, **columns: Any) -> UUID:
        """An account of vendor m365."""
        account = uuid4()
        names = ", ".join(columns)
        self.database.execute(
            f"""
            INSERT INTO account (id, msp_id, connection_id, vendor, external_id, is_root {", " + names if names else ""})
            VALUES (%s, %s, %s, 'm365', %s, %s {", %s" * len(columns)})
            """,
            account,
            self.msp,
            self.connection,
            str(account),
            is_root,
            *columns.values(),
        )
        return account

    def jobs(self) -> set[tuple[UUID, str, bool]]:
        """(account, resource, enabled)."""
        return set(self.database.execute("SELECT account_id, resource, enabled FROM job"))

    def runs(self, columns: str = "state, trigger") -> list[tuple[Any, ...]]:
        """Runs in order of fire time."""
        return self.database.execute(f"SELECT {columns} FROM run ORDER BY fire_time")


@pytest.fixture
async def plan(database) -> Plan:
    """A plan with the resources 'users' (tenant) and 'customers' (root)."""
    made = Plan(database, await database.pool("svc_scheduler"))
    database.execute("INSERT INTO msp (id, name) VALUES (%s, 'm')", made.msp)
    database.execute(
        "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, 'm365', 'c', '', 1)",
        made.connection,
        made.msp,
    )
    for name, level in (("users", "tenant"), ("customers", "root")):
        database.execute(
            """
            INSERT INTO resource (vendor, name, kind, level, interval_seconds, priority)
            VALUES ('m365', %s, 'k', %s, 3600, 5)
            """,
            name,
            level,
        )
    return made
