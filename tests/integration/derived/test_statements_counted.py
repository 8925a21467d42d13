"""What a thousand records cost in SQL statements and messages, stage by stage: counted, so that no machine is too slow for it.

The reference is tests/integration/derived/statements.json. A change that makes it another says so: run this file once with
MSPBYTE_WRITE_STATEMENTS=1, and commit what it wrote with the change.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from tests.integration.derived.estates import Estate, open_estate
from tests.integration.pipeline import STAGES

from mspbyte_common import adapter, ids
from mspbyte_common.ledger.perform import perform
from mspbyte_common.vendors.budget import budget
from vendor_sim.crowd import add_crowd
from vendor_sim.mutate import mutate

REFERENCE = Path(__file__).with_name("statements.json")
RECORDS = 1_000
"""Users of the directory: two pages."""
PERCENT = 100


@dataclass
class Counter:
    """Statements that services sent, and the messages they had announced, by stage."""

    statements: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    messages: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stage: str = ""

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """What is sent within is the stage's."""
        self.stage = stage
        yield
        self.stage = ""

    def document(self) -> dict[str, dict[str, float]]:
        """Per stage and 1,000 records of the listing."""
        return {
            stage: {
                "statements": self.statements[stage] * 1_000 / RECORDS,
                "messages": self.messages[stage] * 1_000 / RECORDS,
            }
            for stage in ("pull", *STAGES)
        }


@pytest.fixture
def counter(monkeypatch) -> Counter:
    """Counts at the cursor, where every statement of a service passes. Leases and permits end by the clock, and not here."""
    counted = Counter()

    def counting(original):
        def call(*values, **more):
            counted.statements[counted.stage] += 1
            return original(*values, **more)

        return call

    for name in ("execute", "executemany", "copy"):
        monkeypatch.setattr(psycopg.AsyncCursor, name, counting(getattr(psycopg.AsyncCursor, name)))
    monkeypatch.setattr(adapter, "LEASE_SECONDS", 1e6)
    monkeypatch.setattr(budget, "VALID_SECONDS", 1e6)
    return counted


async def cost(estate: Estate, tenant: str, counter: Counter) -> dict[str, Any]:
    """Reads the directory's users and does all work that follows."""
    counter.statements.clear()
    counter.messages.clear()
    bench, pipeline = estate.bench, estate.pipeline
    bench.announcements.work_items.clear()
    run = bench.queue("m365", ids.account_id(bench.connections["m365"], tenant), "users")
    with counter.of("pull"):
        row = await bench.carry_out(run)
    assert (row["state"], row["records"]) == ("succeeded", RECORDS)
    counter.messages["pull"] = len(bench.announcements.work_items)
    oldest = "SELECT id, msp_id, stage FROM work ORDER BY array_position(%s::text[], stage), id LIMIT 1"
    while rows := bench.database.execute(oldest, list(STAGES)):
        [(number, msp, stage)] = rows
        role, handler = STAGES[stage]
        with counter.of(stage):
            performed = await perform(pipeline.pools[role], msp, number, handler)
        assert performed.outcome == "done", performed
        counter.messages[stage] += len(performed.announce)
    return counter.document()


async def test_a_thousand_records_cost_as_many_statements_and_messages_as_is_written_down(database, counter):
    estate = await open_estate(database, seed=1, clients=1)
    try:
        world, bench = estate.bench.world.estate, estate.bench
        tenant = next(place[1] for place, company in world.accounts.items() if place[0] == "m365" and company)
        for vendor, root in (("autotask", "Companies"), ("m365", "delegatedAdminRelationships")):
            await bench.read(vendor, bench.roots[vendor], root)
        estate.map()
        for resource in ("domains", "subscribedSkus", "groups"):
            await bench.read("m365", ids.account_id(bench.connections["m365"], tenant), resource)
        await estate.pipeline.drain()
        add_crowd(world, tenant, RECORDS - len(world.m365[tenant].users))
        found = {"first": await cost(estate, tenant, counter), "unchanged": await cost(estate, tenant, counter)}
        users = world.m365[tenant].users
        for user in sorted(users)[::PERCENT]:
            mutate(world, "m365", tenant, "users", user, {**users[user], "displayName": "Another Name"})
        found["one_percent"] = await cost(estate, tenant, counter)
    finally:
        await estate.bench.world.http.aclose()
    if os.environ.get("MSPBYTE_WRITE_STATEMENTS"):
        REFERENCE.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    assert found == orjson.loads(REFERENCE.read_bytes())
