"""A small fleet: schedulers, adapters and stages, each a process of the conductor's, with the product's functions inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from random import Random
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg import sql
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
POISONED = "resolve"
"""The stage that cannot take a record that is poison."""
CAPS = Caps(vendor=3, msp=3, account=1)
TURN_SECONDS = 5.0
IDLE_SECONDS = 3.0
"""Longer than in the fleet: an empty turn takes steps and tells nothing."""


class PoisonError(Exception):
    """A record no stage can take."""


@dataclass
class Fleet:
    """What the processes share: the database, the broker, and which entity is poison."""

    pool: Pool
    msp: UUID
    broker: Broker
    conductor: Conductor
    random: Random
    poison: set[UUID]
    most_pages: int
    stages: Sequence[str]
    pace: float = 1.0
    """How much longer than usual an empty turn takes."""

    @property
    def announcer(self) -> Announcer:
        """The product's own, speaking to the model of the broker."""
        return Announcer(self.broker)  # type: ignore[arg-type]

    async def scheduler(self) -> None:
        """Decides and announces turn after turn, and mends every other one, as the service does."""
        for turn in count():
            try:
                await tick(self.pool)
                for announcement in await dispatch(self.pool, CAPS):
                    await self.conductor.gate()
                    await self.announcer.run(*announcement)
                if turn % 2:
                    again, work = await recover(self.pool, self.broker)  # type: ignore[arg-type]
                    await self.conductor.gate()
                    for announcement in again:
                        await self.announcer.run(*announcement)
                    await self.announcer.work(work)
            except DATABASE_ERRORS:
                pass  # as the service does: tried again at the next turn
            await self.conductor.gate(TURN_SECONDS * self.pace)

    async def adapter(self) -> None:
        """Takes runs and stores their pages, as `vendors/keep.py` does: place, page and work in one transaction."""
        while True:
            message = self.broker.pull("adapter-m365")
            if message is None:
                await self.conductor.gate(IDLE_SECONDS * self.pace)
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
        pages = 1 + run_id.int % self.most_pages
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

    async def stage(self) -> None:
        """Takes work, as `service.receive_work` and the consume loop do."""
        while True:
            found = [(stage, message) for stage in self.stages if (message := self.broker.pull(stage)) is not None]
            if not found:
                await self.conductor.gate(IDLE_SECONDS * self.pace)
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
        if item.stage == POISONED and self.poison.intersection(item.entity_ids):
            raise PoisonError
        later = self.stages[self.stages.index(item.stage) + 1 :]
        return [Next(later[0], item.kind, item.account_id, item.entity_ids)] if later else []


def entities(run_id: UUID, number: int) -> list[UUID]:
    """The records of a page."""
    return sorted(uuid5(run_id, f"{number}/{record}") for record in range(3))


async def make_estate(control: psycopg.AsyncConnection[Any], msp: UUID, now: datetime, jobs: int, seed: int) -> None:
    """A database without a past: an msp with so many accounts, each with a list read every minute, by three policies."""
    await control.execute(
        sql.SQL(ESTATE).format(
            seed=sql.Literal(seed), now=sql.Literal(now), msp=sql.Literal(msp), jobs=sql.Literal(jobs)
        )
    )


ESTATE = """
    DELETE FROM page; DELETE FROM work; DELETE FROM dead_letter; DELETE FROM run; DELETE FROM connection; DELETE FROM msp;
    DELETE FROM sim.effect; UPDATE sim.clock SET at = {now}; SELECT setseed({seed} % 1000 / 1000.0);
    INSERT INTO msp (id, name) VALUES ({msp}, 'm');
    INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES ({msp}, {msp}, 'm365', 'c', '', 1);
    INSERT INTO account (id, msp_id, connection_id, vendor, external_id)
    SELECT md5(concat_ws(' ', {seed}, number))::uuid, {msp}, {msp}, 'm365', number FROM generate_series(1, {jobs}) AS number;
    INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at, overlap, catch_up)
    SELECT id, msp_id, id, vendor, 'users', 'every 60s', 5, {now} + make_interval(secs => external_id::int - 1),
           (ARRAY['skip', 'queue', 'queue'])[policy], (ARRAY['latest', 'all', 'none'])[policy]
    FROM account, LATERAL (SELECT 1 + (external_id::int + {seed}) % 3) AS chosen (policy)
"""
