"""Scheduled reports: asked for when they are due, once, on whom they are about, and let go when they are old."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from svc_scheduler.reports.ask import ask
from svc_scheduler.retention.clean import clean

HOUR = timedelta(hours=1)


@dataclass
class Msp:
    """An msp with three clients: two with a tenant, of which one is in a group with the third."""

    database: Any
    pool: Any
    id: UUID = field(default_factory=uuid4)
    clients: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(3)])
    group: UUID = field(default_factory=uuid4)

    def fill(self) -> Msp:
        """Writes it."""
        run, connection = self.database.execute, uuid4()
        run("INSERT INTO msp (id, name) VALUES (%s, %s)", self.id, str(self.id))
        run(
            "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, 'm365', 'c', '', 1)",
            *(connection, self.id),
        )
        for number, client in enumerate(self.clients):
            run(
                "INSERT INTO client (id, msp_id, account_id, company_id) VALUES (%s, %s, %s, %s)",
                *(client, self.id, uuid4(), f"k{number}"),
            )
        for client in self.clients[:2]:
            run(
                "INSERT INTO account (id, msp_id, connection_id, vendor, external_id, state, client_id)"
                " VALUES (%s, %s, %s, 'm365', %s, 'mapped', %s)",
                *(uuid4(), self.id, connection, str(client), client),
            )
        run("INSERT INTO client_group (id, msp_id, name) VALUES (%s, %s, 'g')", self.group, self.id)
        for client in self.clients[1:]:
            run(
                "INSERT INTO client_group_member (client_id, msp_id, group_id) VALUES (%s, %s, %s)",
                *(client, self.id, self.group),
            )
        return self

    def plan(
        self, scope: str, target: UUID | None = None, *, due: datetime, schedule: str = "every 3600s", days: int = 400
    ) -> UUID:
        """A schedule."""
        made = uuid4()
        self.database.execute(
            "INSERT INTO report_schedule (id, msp_id, name, scope, target_id, schedule, next_fire_at, keep_days, author)"
            " VALUES (%s, %s, 'executive', %s, %s, %s, %s, %s, 'ann')",
            *(made, self.id, scope, target, schedule, due, days),
        )
        return made

    def asked(self, schedule: UUID, state: str = "requested") -> set[UUID | None]:
        """On whom reports of a schedule are in that state."""
        rows = self.database.execute(
            "SELECT client_id FROM report WHERE schedule_id = %s AND state = %s", schedule, state
        )
        found = {row[0] for row in rows}
        assert len(found) == len(rows) or state == "missed", "each once"
        return found

    def work(self) -> list[Any]:
        """The reports that stand in the ledger, one a piece."""
        rows = self.database.execute("SELECT entity_ids FROM work WHERE stage = 'report' AND kind = 'client'")
        return sorted(row[0][0] for row in rows)


@pytest.fixture
async def msp(database: Any) -> Msp:
    """The msp."""
    return Msp(database, await database.pool("svc_scheduler")).fill()


async def test_what_is_due_is_asked_for_on_whom_it_is_about(msp: Msp) -> None:
    now = datetime.now(UTC)
    one, two, three = msp.clients
    due = now - timedelta(minutes=1)
    plans = {
        msp.plan("fleet", due=due): {None},
        msp.plan("client", three, due=due): {three},
        msp.plan("client_group", msp.group, due=due): {two, three},
        msp.plan("every_client", due=due): {one, two},
        msp.plan("fleet", due=now + HOUR): set(),
    }
    announced = await ask(msp.pool)

    assert {schedule: msp.asked(schedule) for schedule in plans} == plans
    assert msp.work() == sorted(row[0] for row in msp.database.execute("SELECT id FROM report"))
    assert {(msp_id, stage, kind) for _, msp_id, stage, kind, _ in announced} == {(msp.id, "report", "client")}
    [(soonest,)] = msp.database.execute("SELECT min(next_fire_at) FROM report_schedule")
    assert soonest > now
    assert await ask(msp.pool) == []


async def test_of_several_replicas_one_asks(msp: Msp) -> None:
    schedule = msp.plan("every_client", due=datetime.now(UTC) - timedelta(minutes=1))
    await asyncio.gather(*(ask(msp.pool) for _ in range(4)))

    assert msp.asked(schedule) == set(msp.clients[:2])
    assert len(msp.work()) == 2


async def test_after_an_outage_the_latest_is_made_and_each_before_it_is_noted(msp: Msp) -> None:
    schedule = msp.plan("fleet", due=datetime.now(UTC) - 3.5 * HOUR)
    await ask(msp.pool)

    rows = msp.database.execute(
        "SELECT state, error FROM report WHERE schedule_id = %s ORDER BY requested_at", schedule
    )
    assert rows == [*[("missed", "the scheduler was not there")] * 3, ("requested", None)]
    assert len(msp.work()) == 1


async def test_nothing_is_made_of_an_msp_that_is_being_removed(msp: Msp) -> None:
    msp.plan("fleet", due=datetime.now(UTC) - HOUR)
    msp.database.execute("UPDATE msp SET removed_at = now()")

    assert await ask(msp.pool) == []


async def test_reports_are_let_go_when_their_time_is_over(msp: Msp) -> None:
    kept = msp.plan("fleet", due=datetime.now(UTC) - timedelta(minutes=1), days=30)
    await ask(msp.pool)
    msp.database.execute(
        "INSERT INTO report (id, msp_id, name, state, kept_until) VALUES (%s, %s, 'executive', 'ready',"
        " now() - interval '1 second')",
        *(uuid4(), msp.id),
    )
    msp.database.execute(
        "INSERT INTO report (id, msp_id, name, state) VALUES (%s, %s, 'quality', 'ready')", uuid4(), msp.id
    )
    await clean(msp.pool)

    rows = msp.database.execute(
        "SELECT name, schedule_id, round(extract(epoch FROM kept_until - requested_at) / 86400)::int FROM report ORDER BY name"
    )
    assert rows == [("executive", kept, 30), ("quality", None, 90)]
