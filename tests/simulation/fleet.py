"""A small fleet: schedulers, adapters and stages, each a process of the conductor's, with the product's functions inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

import psycopg
from tests.simulation.broker import Broker
from tests.simulation.conductor import Conductor

from mspbyte_common.db.engine import DATABASE_ERRORS, Connection, Pool, transaction
from mspbyte_common.errors import LeaseLost
from mspbyte_common.jetstream.announce import Announcer
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.ledger.perform import perform
from mspbyte_common.ledger.store import insert_work
from mspbyte_common.vendors.runs import store as runs
from svc_scheduler.jobs.tick import tick
from svc_scheduler.recover import recover
from svc_scheduler.runs.choose import Caps
from svc_scheduler.runs.dispatch import dispatch

STAGES = ("process", "resolve", "link", "evaluate")
CAPS = Caps(vendor=3, msp=3, account=1)
TURN_SECONDS = 5.0
IDLE_SECONDS = 3.0
"""Longer than in the fleet: an empty turn takes steps and tells nothing."""


class PoisonError(Exception):
    """A record no stage can take."""


@dataclass(frozen=True)
class Fleet:
    """What the processes share: the database, the broker, and which entity is poison."""

    pool: Pool
    msp: UUID
    broker: Broker
    conductor: Conductor
    random: Random
    poison: set[UUID]
    pace: list[float]
    """How much longer than usual an empty turn takes: without faults, there is less to see in each."""

    @property
    def announcer(self) -> Announcer:
        """The product's own, speaking to the model of the broker."""
        return Announcer(self.broker)  # type: ignore[arg-type]

    async def scheduler(self) -> None:
        """Decides, announces, mends, turn after turn."""
        while True:
            try:
                await tick(self.pool)
                for announcement in await dispatch(self.pool, CAPS):
                    await self.conductor.gate()
                    await self.announcer.run(*announcement)
                again, work = await recover(self.pool, self.broker)  # type: ignore[arg-type]
                await self.conductor.gate()
                for announcement in again:
                    await self.announcer.run(*announcement)
                await self.announcer.work(work)
            except DATABASE_ERRORS:
                pass  # as the service does: tried again at the next turn
            await self.conductor.gate(TURN_SECONDS * self.pace[-1])

    async def adapter(self) -> None:
        """Takes runs and stores their pages, as `vendors/keep.py` does: place, page and work in one transaction."""
        while True:
            message = self.broker.pull("adapter-m365")
            if message is None:
                await self.conductor.gate(IDLE_SECONDS * self.pace[-1])
                continue
            retry_in = None
            try:
                await self._carry_out(UUID(message.body["run"]))
            except LeaseLost:
                pass
            except DATABASE_ERRORS:
                retry_in = 2.0
            await self.conductor.gate()
            self.broker.answer("adapter-m365", message, retry_in)

    async def _carry_out(self, run_id: UUID) -> None:
        async with transaction(self.pool, self.msp) as connection:
            run = await runs.claim(connection, run_id, "simulated")
        if run is None:
            return
        pages = 1 + run_id.int % 3
        for number in range(run.pages, pages):
            await self.conductor.gate(self.random.choice((0.0, 0.0, 1.0, 20.0)))
            ids = entities(run_id, number)
            async with transaction(self.pool, self.msp) as connection:
                place = {"page": number + 1} if number + 1 < pages else None
                await runs.advance(
                    connection, run, number + 1, place, None, records=len(ids), changed=len(ids), deleted=0
                )
                await runs.write_page(connection, run, number, ids, len(ids))
                following = [Next("process", "device", run.account_id, ids)]
                announcements = await insert_work(connection, self.msp, run.id, run.traceparent, following)
            await self.conductor.gate()
            await self.announcer.work(announcements)
        async with transaction(self.pool, self.msp) as connection:
            await runs.finish(connection, run, "succeeded")

    async def stage(self, stages: Sequence[str]) -> None:
        """Takes work, as `service.receive_work` and the consume loop do."""
        while True:
            found = [(stage, message) for stage in stages if (message := self.broker.pull(stage)) is not None]
            if not found:
                await self.conductor.gate(IDLE_SECONDS * self.pace[-1])
            for stage, message in found:
                try:
                    performed = await perform(
                        self.pool, self.msp, message.body["work"], self._do, deliveries=message.deliveries
                    )
                    retry_in = performed.retry_in
                    await self.conductor.gate()
                    await self.announcer.work(performed.announce)
                except DATABASE_ERRORS:
                    retry_in = 2.0
                await self.conductor.gate()
                self.broker.answer(stage, message, retry_in)

    async def _do(self, connection: Connection, item: Item) -> Sequence[Next]:
        """A stage whose only effect is a row that says it was done: two of them would be seen."""
        await connection.execute(
            "INSERT INTO sim.effect (stage, entity_id) SELECT %s, unnest(%s::uuid[])", (item.stage, item.entity_ids)
        )
        if item.stage == "resolve" and self.poison.intersection(item.entity_ids):
            raise PoisonError
        later = STAGES[STAGES.index(item.stage) + 1 :]
        return [Next(later[0], item.kind, item.account_id, item.entity_ids)] if later else []


def entities(run_id: UUID, number: int) -> list[UUID]:
    """The records of a page."""
    return sorted(uuid5(run_id, f"{number}/{record}") for record in range(3))


async def make_estate(control: psycopg.AsyncConnection[Any], msp: UUID, conductor: Conductor) -> None:
    """An msp with three accounts, each with a list that is read every minute, by three policies."""
    connection = uuid5(msp, "connection")
    await control.execute("INSERT INTO msp (id, name) VALUES (%s, 'm')", (msp,))
    await control.execute(
        "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, 'm365', 'c', '', 1)",
        (connection, msp),
    )
    policies = (("skip", "latest"), ("queue", "all"), ("queue", "none"))
    for number, (overlap, catch_up) in enumerate(policies):
        account = uuid5(msp, f"account {number}")
        await control.execute(
            "INSERT INTO account (id, msp_id, connection_id, vendor, external_id) VALUES (%s, %s, %s, 'm365', %s)",
            (account, msp, connection, str(number)),
        )
        await control.execute(
            """
            INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at, overlap, catch_up)
            VALUES (%s, %s, %s, 'm365', 'users', 'every 60s', 5, %s, %s, %s)
            """,
            (uuid5(account, "job"), msp, account, conductor.now + timedelta(seconds=number), overlap, catch_up),
        )
