"""While a rollout lasts, what one release does not know is left to the other: nothing is tried in vain or buried."""

from __future__ import annotations

from uuid import UUID, uuid4

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import Next, NotInThisReleaseError
from mspbyte_common.ledger.perform import ROLLOUT_PAUSE, perform
from mspbyte_common.ledger.store import insert_work
from mspbyte_common.trace import new_traceparent
from svc_processors.process import process

MSP, ACCOUNT = uuid4(), uuid4()
IDS = [UUID(int=number) for number in range(1, 9)]


async def _work(pool, ids=IDS) -> int:
    async with transaction(pool, MSP) as connection:
        piece = Next("process", "identity", ACCOUNT, ids)
        [(number, *_)] = await insert_work(connection, MSP, None, new_traceparent(), [piece])
    return number


async def _of_another_release(_connection, _item):
    raise NotInThisReleaseError("no normalizer for sophos/tomorrow")


async def test_work_of_a_sort_that_only_another_release_knows_waits_untried_and_is_done_there(database) -> None:
    pool = await database.pool("svc_processors")
    number = await _work(pool)
    for _ in range(20):
        performed = await perform(pool, MSP, number, _of_another_release)
        assert (performed.outcome, performed.retry_in) == ("retry", ROLLOUT_PAUSE)
        database.execute("UPDATE work SET not_before = NULL")
    assert database.execute("SELECT attempts, last_error FROM work") == [(0, "no normalizer for sophos/tomorrow")]
    done = []

    async def there(_connection, item):
        done.extend(item.entity_ids)
        return []

    assert (await perform(pool, MSP, number, there)).outcome == "done"
    assert done == IDS


async def test_when_no_other_release_comes_within_an_hour_it_is_buried_whole(database) -> None:
    pool = await database.pool("svc_processors")
    number = await _work(pool)
    database.execute("UPDATE work SET created_at = now() - interval '61 minutes'")
    assert (await perform(pool, MSP, number, _of_another_release)).outcome == "buried"
    assert database.execute("SELECT entity_ids, error_class, state FROM dead_letter") == [
        (IDS, "NotInThisRelease", "open")
    ]


async def test_records_of_a_list_without_a_normalizer_are_left_to_another_release(database) -> None:
    pool, connection, entity = await database.pool("svc_processors"), uuid4(), uuid4()
    database.execute("INSERT INTO msp (id, name) VALUES (%s, 'm')", MSP)
    database.execute(
        "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, 'sophos', 'c', '', 1)",
        *(connection, MSP),
    )
    database.execute(
        "INSERT INTO account (id, msp_id, connection_id, vendor, external_id) VALUES (%s, %s, %s, 'sophos', 'x')",
        *(ACCOUNT, MSP, connection),
    )
    database.execute(
        """
        INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                            volatile_hash)
        VALUES (%s, %s, %s, 'sophos', 'tomorrow', 'identity', '1', '{}', '', '')
        """,
        *(entity, MSP, ACCOUNT),
    )
    number = await _work(pool, [entity])
    assert (await perform(pool, MSP, number, process)).outcome == "retry"
    assert database.execute("SELECT attempts FROM work") == [(0,)]
