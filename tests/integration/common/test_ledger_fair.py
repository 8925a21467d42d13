"""One account's backlog is not another's wait, and no question of the ledger grows with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger import store as ledger
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.ledger.perform import perform
from mspbyte_common.ledger.store import MSP_WINDOW, PRESSED, WINDOW, insert_work, is_pressed
from mspbyte_common.trace import new_traceparent
from svc_scheduler import store as sweep

MSP = UUID(int=1)
HEAVY = UUID(int=2)
OTHERS = [UUID(int=number) for number in range(10, 34)]
PIECES = 8
"""What each of the others has to be done."""

TRACE = "00-0-0-01"

BULK = """
    INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
    SELECT %s, %s, %s, 'device', ARRAY[%s::uuid], '00-0-0-01' FROM generate_series(1, %s)
"""


async def _done(_connection: Any, _item: Item) -> list[Next]:
    return []


async def _waits(database: Any, *, heavy: int) -> list[int]:
    """How many pieces were done before each piece of the others since it was written; one stream, first in first out."""
    database.execute("TRUNCATE work RESTART IDENTITY")
    if heavy:
        database.execute(BULK, MSP, HEAVY, "evaluate", HEAVY, heavy)
        database.execute("ANALYZE work")
    pool, scheduler = await database.pool("svc_workers"), await database.pool("svc_scheduler")
    async with transaction(scheduler, None) as connection:
        stream = [one[0] for one in await sweep.waiting_work(connection)]
    async with transaction(pool, MSP) as connection:
        for _ in range(PIECES):
            following = [Next("evaluate", "device", account, [account]) for account in OTHERS]
            stream += [one[0] for one in await insert_work(connection, MSP, None, new_traceparent(), following)]
    waits: list[int] = []
    done = 0
    accounts = dict(database.execute("SELECT id, account_id FROM work"))
    while len(waits) < PIECES * len(OTHERS):
        number = stream.pop(0)
        performed = await perform(pool, MSP, number, _done)
        stream += [one[0] for one in performed.announce]
        if accounts[number] != HEAVY:
            waits.append(done)
        done += 1
    return sorted(waits)


async def test_one_account_with_a_hundred_thousand_pieces_raises_the_others_wait_by_a_fifth_at_most(database) -> None:
    alone = await _waits(database, heavy=0)
    beside = await _waits(database, heavy=100_000)
    place = int(0.99 * len(alone))
    assert beside[place] <= 1.2 * alone[place]


async def test_an_msps_accounts_take_turns_within_its_window(database) -> None:
    pool = await database.pool("svc_workers")
    accounts = sorted(uuid5(MSP, str(number)) for number in range(MSP_WINDOW // 2))
    async with transaction(pool, MSP) as connection:
        following = [Next("evaluate", "device", one, [one]) for one in accounts for _ in range(WINDOW)]
        stream = [one[0] for one in await insert_work(connection, MSP, None, TRACE, following)]
        assert len(stream) == MSP_WINDOW, "eight accounts have filled it"
    latecomers = set(accounts[WINDOW:])
    for _ in range(2 * MSP_WINDOW):
        performed = await perform(pool, MSP, stream.pop(0), _done)
        stream += [one[0] for one in performed.announce]
        assert len(stream) == MSP_WINDOW
    left = database.execute("SELECT account_id, count(*) FROM work GROUP BY account_id")
    waited = [account for account, number in left if account in latecomers and number == WINDOW]
    assert waited == [], "each has had its turn, and none has to wait for the others' end"


async def test_what_waits_in_a_later_stage_holds_back_the_ones_before_until_it_is_less(database) -> None:
    pool, scheduler = await database.pool("svc_linkers"), await database.pool("svc_scheduler")
    database.execute(BULK, MSP, HEAVY, "evaluate", HEAVY, PRESSED)
    held = Next("link", "device", HEAVY, [HEAVY])
    free = Next("link", "device", OTHERS[0], [OTHERS[0]])
    async with transaction(pool, MSP) as connection:
        assert [one[2] for one in await insert_work(connection, MSP, None, TRACE, [held, free])] == ["link"]
    announced = "SELECT account_id FROM work WHERE stage = 'link' AND announced_at IS NOT NULL"
    assert database.execute(announced) == [(OTHERS[0],)]
    async with transaction(scheduler, None) as connection:
        found = await sweep.waiting_work(connection)
    assert {one[2] for one in found} == {"evaluate"}, "the last stage goes on, the one before it waits"
    async with transaction(scheduler, None) as connection:
        assert {one[2] for one in await sweep.waiting_work(connection)} == {"link"}, "as soon as less waits"


async def test_pages_are_read_on_when_enough_of_what_was_read_is_worked_up(database) -> None:
    pool = await database.pool("svc_adapter_m365")
    database.execute(BULK, MSP, HEAVY, "process", HEAVY, PRESSED)
    async with transaction(pool, MSP) as connection:
        assert await is_pressed(connection, MSP, HEAVY)
        assert not await is_pressed(connection, MSP, OTHERS[0])
    database.execute("DELETE FROM work WHERE id = (SELECT min(id) FROM work)")
    async with transaction(pool, MSP) as connection:
        assert not await is_pressed(connection, MSP, HEAVY)


class Recorder:
    """A connection that asks for the plan of each statement, with what it was given, before it executes it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.plans: list[tuple[str, Any]] = []

    async def execute(self, statement: str, values: Any = None) -> Any:
        cursor = await self.connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        [(plan,)] = await cursor.fetchall()
        self.plans.append((statement, plan[0]["Plan"]))
        return await self.connection.execute(statement, values)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]


ROWS = 1_000_000
LONG = 2_000
"""More rows than any of these questions may come to look at by the planner's estimate."""


@pytest.fixture
async def crowded(database) -> AsyncIterator[Any]:
    """A million pieces of work: a thousand accounts of ten msps, and half of it one account's."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET synchronous_commit = off")
        for stage in ("process", "link"):
            connection.execute(BULK, (MSP, HEAVY, stage, HEAVY, ROWS // 4))
        connection.execute(
            """
            INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
            SELECT ('00000000-0000-0000-0000-' || lpad((n %% 10)::text, 12, '0'))::uuid,
                   ('00000000-0000-0000-0001-' || lpad((n %% 1000)::text, 12, '0'))::uuid,
                   (ARRAY['process', 'resolve', 'link', 'evaluate'])[1 + n / 1000 %% 4], 'device', ARRAY[gen_random_uuid()],
                   '00-0-0-01'
            FROM generate_series(1, %s) AS n
            """,
            (ROWS // 2,),
        )
        connection.execute("UPDATE work SET announced_at = clock_timestamp() WHERE id %% 50_000 = 0", ())
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE work")
    yield database
    database.execute("TRUNCATE work")


async def test_at_a_million_rows_no_question_of_the_ledger_reads_the_table(crowded) -> None:
    pool, scheduler = await crowded.pool("svc_linkers"), await crowded.pool("svc_scheduler")
    item = Item(1, MSP, None, HEAVY, "link", "device", [HEAVY], 0, "00-0-0-01")
    async with transaction(pool, MSP) as connection:
        asked = Recorder(connection)
        await ledger.lock(asked, 1)
        await ledger.count_start(asked, 1)
        await ledger.insert_work(asked, MSP, None, TRACE, [Next("link", "device", HEAVY, [HEAVY])])
        await ledger.is_pressed(asked, MSP, HEAVY)
        assert len(await ledger.finish(asked, item)) == 1
    async with transaction(scheduler, None) as connection:
        swept = Recorder(connection)
        await sweep._lanes(swept)
        await sweep.announced_work(swept)
    assert len(asked.plans) > 5
    for statement, plan in asked.plans + swept.plans:
        for node in _nodes(plan):
            if node.get("Relation Name") == "work" and "Scan" in node["Node Type"]:
                assert node["Node Type"] != "Seq Scan", statement
        assert plan["Plan Rows"] <= LONG, statement
    for statement, plan in asked.plans:
        sorts = [node for node in _nodes(plan) if node["Node Type"] == "Sort" and node["Plan Rows"] > LONG]
        assert sorts == [], statement
