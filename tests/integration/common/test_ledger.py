"""The ledger: each piece of work once in effect, whatever fails."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID, uuid4

import psycopg
import pytest

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger import perform as performing
from mspbyte_common.ledger.alone import Alone
from mspbyte_common.ledger.item import Next, batches
from mspbyte_common.ledger.perform import ATTEMPTS, perform
from mspbyte_common.ledger.store import WINDOW, insert_work
from mspbyte_common.trace import new_traceparent

MSP, ACCOUNT = uuid4(), uuid4()
IDS = [UUID(int=number) for number in range(1, 9)]


async def _insert(pool, *pieces: Next):
    async with transaction(pool, MSP) as connection:
        return await insert_work(connection, MSP, None, new_traceparent(), pieces)


def _work(ids=IDS, stage: str = "process") -> Next:
    return Next(stage, "identity", ACCOUNT, ids)


async def test_work_that_is_done_leaves_only_what_follows(database) -> None:
    pool = await database.pool("svc_processors")
    [announcement] = await _insert(pool, _work())

    async def handler(_connection, item):
        return [Next("resolve", item.kind, item.account_id, item.entity_ids[:3])]

    performed = await perform(pool, MSP, announcement[0], handler)

    assert performed.outcome == "done"
    assert database.execute("SELECT stage, cardinality(entity_ids) FROM work") == [("resolve", 3)]
    assert [one[2] for one in performed.announce] == ["resolve"]


async def test_a_message_for_work_that_is_gone_is_dropped(database) -> None:
    pool = await database.pool("svc_processors")
    performed = await perform(pool, MSP, 4711, _never)
    assert (performed.outcome, performed.retry_in) == ("gone", None)


async def test_work_in_another_process_hands_is_not_done_twice(database) -> None:
    pool = await database.pool("svc_processors")
    [announcement] = await _insert(pool, _work())
    with psycopg.connect(database.admin_url) as other:
        other.execute("SELECT 1 FROM work WHERE id = %s FOR UPDATE", (announcement[0],))
        performed = await perform(pool, MSP, announcement[0], _never)
    assert performed.outcome == "gone"
    assert database.execute("SELECT attempts FROM work") == [(0,)]


async def test_what_a_failing_handler_wrote_is_rolled_back_and_tried_again(database) -> None:
    pool = await database.pool("svc_processors")
    [announcement] = await _insert(pool, _work())

    async def handler(connection, item):
        await insert_work(connection, MSP, None, item.traceparent, [_work(stage="resolve")])
        raise RuntimeError("broken on purpose")

    performed = await perform(pool, MSP, announcement[0], handler)

    assert performed.outcome == "retry"
    assert performed.retry_in == performing.PAUSES[0]
    assert database.execute("SELECT stage, attempts, last_error FROM work") == [
        ("process", 1, "RuntimeError: broken on purpose")
    ]


async def test_one_bad_record_ends_up_alone_and_the_others_go_on(database) -> None:
    pool = await database.pool("svc_processors")
    await _insert(pool, _work())
    bad, done = IDS[5], []

    async def handler(_connection, item):
        if bad in item.entity_ids:
            raise ValueError("this one does not work")
        done.extend(item.entity_ids)
        return []

    for _ in range(200):
        database.execute("UPDATE work SET not_before = NULL")
        waiting = database.execute("SELECT id FROM work ORDER BY id LIMIT 1")
        if not waiting:
            break
        await perform(pool, MSP, waiting[0][0], handler)

    assert sorted(done) == [one for one in IDS if one != bad]
    rows = database.execute("SELECT entity_ids, error_class, error, state FROM dead_letter")
    assert rows == [([bad], "ValueError", "this one does not work", "open")]
    assert database.execute("SELECT count(*) FROM work") == [(0,)]


class Killed(BaseException):
    """Ends the process in the middle of a piece of work."""


async def test_work_that_kills_its_processes_is_buried_and_not_tried_for_ever(database) -> None:
    pool = await database.pool("svc_processors")
    [announcement] = await _insert(pool, _work(IDS[:1]))
    killed = 0

    async def handler(_connection, _item):
        nonlocal killed
        killed += 1
        raise Killed

    for delivery in range(1, 50):
        try:
            performed = await perform(pool, MSP, announcement[0], handler, deliveries=delivery)
        except Killed:
            continue
        break
    assert performed.outcome == "buried"
    assert killed == ATTEMPTS + 1
    assert database.execute("SELECT error_class, entity_ids FROM dead_letter") == [("ProcessKilled", IDS[:1])]


async def test_what_dies_with_a_killer_is_done_and_not_taken_for_it(database) -> None:
    pool = await database.pool("svc_processors")
    announced = [number for number, *_ in await _insert(pool, *(_work([one]) for one in IDS[:4]))]
    killer, done, outcomes = IDS[0], [], []

    async def one(number: int, handler, delivery: int, alone: Alone) -> None:
        performed = await perform(pool, MSP, number, handler, deliveries=delivery, alone=alone)
        outcomes.append(performed.outcome)

    for delivery in range(1, 2 * ATTEMPTS + 2):
        alone, in_hand = Alone(), asyncio.Barrier(len(announced))

        async def handler(_connection, item, in_hand=in_hand, is_early=delivery < 3):
            if is_early:
                await in_hand.wait()  # they are side by side when the process dies
            if item.entity_ids == [killer]:
                raise Killed
            if is_early:
                await asyncio.Event().wait()
            done.extend(item.entity_ids)
            return []

        with suppress(BaseExceptionGroup):  # the process: the end of one is the end of all
            async with asyncio.TaskGroup() as process:
                for number in announced:
                    process.create_task(one(number, handler, delivery, alone))
    assert outcomes.count("buried") == 1
    assert sorted(done) == IDS[1:4]
    assert database.execute("SELECT entity_ids, error_class FROM dead_letter") == [([killer], "ProcessKilled")]


async def test_work_delivered_often_because_the_database_was_away_is_not_taken_for_a_killer(database) -> None:
    pool = await database.pool("svc_processors")
    [announcement] = await _insert(pool, _work())

    async def nothing(_connection, _item):
        return []

    assert (await perform(pool, MSP, announcement[0], nothing, deliveries=100)).outcome == "done"


async def test_an_attempt_that_meets_another_transaction_is_an_end_and_not_a_failure(database) -> None:
    pool = await database.pool("svc_processors")
    [announcement] = await _insert(pool, _work())

    async def handler(_connection, _item):
        raise psycopg.errors.DeadlockDetected

    for delivery in range(1, 3 * ATTEMPTS):
        performed = await perform(pool, MSP, announcement[0], handler, deliveries=delivery)
        assert (performed.outcome, performed.retry_in) == ("retry", performing.CONFLICT_PAUSE)
    assert database.execute("SELECT attempts, starts FROM work") == [(0, 0)]


async def test_postponed_work_is_left_alone_until_its_time(database) -> None:
    pool = await database.pool("svc_processors")
    [announcement] = await _insert(pool, _work())
    database.execute("UPDATE work SET not_before = now() + interval '1 hour'")
    assert (await perform(pool, MSP, announcement[0], _never)).outcome == "gone"


async def test_an_account_has_only_a_window_announced_and_each_end_announces_the_next(database) -> None:
    pool = await database.pool("svc_processors")
    announced = await _insert(pool, *(_work() for _ in range(WINDOW + 5)))
    assert len(announced) == WINDOW
    assert len(await _insert(pool, Next("process", "identity", uuid4(), IDS))) == 1, (
        "another account has its own window"
    )

    async def nothing(_connection, _item):
        return []

    finished = await perform(pool, MSP, announced[0][0], nothing)
    assert len(finished.announce) == 1
    assert finished.announce[0][0] == announced[-1][0] + 1, "the oldest that waits"


async def test_a_database_that_is_away_is_no_failure_of_the_work(database) -> None:
    pool = await database.pool("svc_processors")
    [announcement] = await _insert(pool, _work())

    async def handler(connection, _item):
        await connection.close()
        await connection.execute("SELECT 1")
        return []

    with pytest.raises(psycopg.OperationalError):
        await perform(pool, MSP, announcement[0], handler)
    assert database.execute("SELECT attempts FROM work") == [(0,)]


def test_batches_hold_each_id_once_in_pieces_of_at_most_a_thousand() -> None:
    ids = [UUID(int=number) for number in range(2_500)]
    pieces = list(batches("link", "device", ACCOUNT, ids + ids[:7]))
    assert [len(piece.entity_ids) for piece in pieces] == [1_000, 1_000, 500]
    assert [one for piece in pieces for one in piece.entity_ids] == ids


async def _never(_connection, _item):
    raise AssertionError("must not be called")
