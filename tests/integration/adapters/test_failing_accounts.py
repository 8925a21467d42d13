"""Of three hundred accounts thirty fail: the others go on, and each of the thirty has one finding that says what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest
from tests.integration.adapters.conftest import Bench, OneConnection, connect_all, new_bench, open_world
from tests.integration.adapters.failing import WAYS, settle, tenants

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import Item
from mspbyte_common.vendors.breaker import OPENS_AT
from svc_workers.evaluate import evaluate
from vendor_sim.estate import generate

ACCOUNTS, FAILING = 300, 30


@pytest.fixture
async def bench(database) -> AsyncIterator[Bench]:
    """A bench with a hand on the database."""
    world = open_world(estate=generate(1, 1, date(2026, 11, 23)))
    held = await new_bench(OneConnection(database), world)
    connect_all(held)
    yield held
    await world.http.aclose()


async def test_thirty_failing_accounts_of_three_hundred_hold_up_no_other_and_each_says_once_what_to_do(
    bench: Bench, database
) -> None:
    every, ways = ACCOUNTS // FAILING, list(WAYS)
    made = await tenants(
        bench, ACCOUNTS, 3, lambda place: ways[place // every % len(ways)] if place % every == 0 else None
    )
    failing = {account: way for account, way in made.items() if way is not None}
    assert len(failing) == FAILING
    for account, way in made.items():
        runs = OPENS_AT + 1 if way in ("server error", "damaged answers") else 1
        ended = [await settle(bench, bench.queue("m365", account, "users")) for _ in range(runs)]
        assert ended == ["succeeded" if way is None else "parked" if runs == 1 else "failed"] * runs
    assert bench.database.execute(
        "SELECT count(DISTINCT account_id) FROM listing WHERE complete_at IS NOT NULL AND records = 3"
    ) == [(ACCOUNTS - FAILING,)]

    workers = await database.pool("svc_workers")
    for kind, subjects in bench.database.execute("SELECT kind, entity_ids FROM work WHERE stage = 'evaluate'"):
        async with transaction(workers, bench.msp) as connection:
            await evaluate(connection, Item(0, bench.msp, None, None, "evaluate", kind, subjects, 0, "00-0-0-01"))
    found = bench.database.execute("SELECT subject_id, check_name, evidence FROM finding WHERE state = 'open'")
    assert {subject for subject, _, _ in found} == set(failing)
    assert len(found) == FAILING, "one each"
    for subject, check, evidence in found:
        _, expected, error_class = WAYS[failing[subject]]
        assert check == expected
        assert evidence["to_do"]
        assert error_class in (evidence.get("class"), *(one["class"] for one in evidence.get("resources", ())))
