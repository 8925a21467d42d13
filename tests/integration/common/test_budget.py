"""Budgets that replicas share, over a real database."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from types import SimpleNamespace
from uuid import uuid4

import pytest

from mspbyte_common.db.engine import transaction
from mspbyte_common.errors import OutOfBudget, Throttled, ThrottledApplication, Unreachable
from mspbyte_common.vendors.budget import places, store
from mspbyte_common.vendors.budget.budget import Budget
from mspbyte_common.vendors.budget.rate import grant
from mspbyte_common.vendors.limits import Limit, Owner

ROLE = "svc_adapter_sophos"
START = 2_000_000_000.0
LIMITS = (
    Limit(scope="connection", requests=40, seconds=10),
    Limit(scope="account", requests=25, seconds=10),
    Limit(scope="endpoint", requests=7, seconds=2),
)


class Broker:
    """Core NATS in a process: what is published is heard by who subscribed, unless they are deaf."""

    def __init__(self) -> None:
        self.heard = defaultdict(list)
        self.deaf = set()

    def client(self) -> SimpleNamespace:
        async def subscribe(subject, cb):
            self.heard[subject].append((one, cb))

        async def publish(subject, body):
            for other, cb in self.heard[subject]:
                if id(other) not in self.deaf:
                    await cb(SimpleNamespace(data=body))

        one = SimpleNamespace(subscribe=subscribe, publish=publish)
        return one


@pytest.fixture
async def pool(database):
    return await database.pool(ROLE)


def owner(**given) -> Owner:
    return Owner(**{"msp_id": uuid4(), "connection_id": uuid4(), "account_id": uuid4(), "resource": "users"} | given)


async def lease(pool, who: Owner, limits, number: int, now: float) -> list[float]:
    bound = who.bound_by(limits)
    async with transaction(pool, who.msp_id) as connection:
        rows = await store.locked(connection, who, bound, now=now)
        if rows is not None:
            given = grant(list(rows.buckets.values()), [[1.0] * len(bound)] * number, now)
            await store.charge(connection, who, dict(zip(rows.buckets, given.buckets, strict=True)))
            return list(given.slots)
    async with transaction(pool, who.msp_id) as connection:
        await store.add(connection, "sophos", who, bound)
    return await lease(pool, who, limits, number, now)


async def test_replicas_that_begin_at_once_do_not_wait_for_each_other_for_ever(pool) -> None:
    """Some of the rows are there, others are not: the first moments are when locks could be taken out of order."""
    for _ in range(15):
        first = owner()
        await lease(pool, first, LIMITS, 1, START)
        whos = [
            owner(msp_id=first.msp_id, connection_id=first.connection_id, account_id=account, resource=resource)
            for account in (first.account_id, uuid4())
            for resource in ("users", "groups", "devices")
        ]
        await asyncio.gather(*(lease(pool, who, LIMITS, 1, START + 60) for who in whos for _ in range(2)))


async def test_replicas_at_once_stay_below_every_nested_limit_and_use_it(pool) -> None:
    """Eight holders ask side by side, for two accounts and two lists, on a clock of the test's own."""
    msp, connection = uuid4(), uuid4()
    accounts = [uuid4(), uuid4()]
    whos = [owner(msp_id=msp, connection_id=connection, account_id=accounts[n % 2], resource=f"list{n // 2 % 2}")
            for n in range(8)]  # fmt: skip
    sent: list[tuple[float, Owner]] = []

    async def ask(who: Owner, now: float) -> None:
        sent.extend((slot, who) for slot in await lease(pool, who, LIMITS, 2, now))

    steps = 75
    for step in range(steps):
        await asyncio.gather(*(ask(who, START + step * 0.2) for who in whos))
    for scope in ("connection", "account", "endpoint"):
        limit = next(one for one in LIMITS if one.scope == scope)
        by_place = defaultdict(list)
        for slot, who in sent:
            by_place[who.place(scope)].append(slot)
        for slots in by_place.values():
            for end in slots:
                assert sum(end - limit.seconds < slot <= end for slot in slots) <= limit.requests
    assert len(sent) >= 0.9 * 4 * steps * 0.2


async def test_a_row_that_a_crash_of_the_server_emptied_is_made_anew(pool, database) -> None:
    who = owner()
    assert await lease(pool, who, LIMITS, 1, START)
    database.execute("TRUNCATE budget")
    assert await lease(pool, who, LIMITS, 1, START)


async def test_a_budget_sees_no_other_msps_rows(pool) -> None:
    mine, others = owner(), owner()
    tight = (Limit(scope="connection", requests=1, seconds=3_600),)
    assert await lease(pool, mine, tight, 1, START)
    assert not await lease(pool, mine, tight, 1, START)
    assert await lease(pool, others, tight, 1, START)


async def test_without_a_database_nothing_is_sent(database) -> None:
    pool = await database.pool(ROLE)
    await pool.close()
    async with Budget("sophos", LIMITS, pool) as budget:
        with pytest.raises(Exception, match="closed"):
            async with budget.request(owner()):
                pytest.fail("a request was let through")


async def test_a_refusal_stops_the_other_replicas_for_its_scope_alone(pool) -> None:
    broker, who = Broker(), owner()
    other = owner(msp_id=who.msp_id, connection_id=uuid4())
    async with (
        Budget("sophos", LIMITS, pool, broker.client()) as one,
        Budget("sophos", LIMITS, pool, broker.client()) as two,
    ):
        with pytest.raises(ThrottledApplication):
            async with one.heeding(who):
                raise ThrottledApplication("slow down", retry_after=900.0)
        for budget in (one, two):
            with pytest.raises(OutOfBudget) as told:
                async with budget.request(who):
                    pytest.fail("a request was let through")
            assert 800 < told.value.retry_after <= 900
            async with budget.request(other):
                pass


async def test_a_replica_that_did_not_hear_of_a_pause_reads_it(pool) -> None:
    broker, who = Broker(), owner()
    deaf = broker.client()
    broker.deaf.add(id(deaf))
    async with Budget("sophos", LIMITS, pool, broker.client()) as one, Budget("sophos", LIMITS, pool, deaf) as two:
        await one.refused(who, Throttled("slow down", retry_after=900.0))
        with pytest.raises(OutOfBudget):
            async with two.request(who):
                pytest.fail("a request was let through")
        async with two.request(owner(msp_id=who.msp_id, connection_id=who.connection_id)):
            pass


async def test_a_refusal_lowers_the_rate_and_is_on_the_books(pool, database) -> None:
    who = owner()
    async with Budget("sophos", LIMITS, pool) as budget:
        async with budget.request(who):
            pass
        await budget.refused(who, ThrottledApplication("slow down"))
        await budget.lower(who, "account", 0.5)
    rows = database.execute("SELECT scope, factor, refused, reason, not_before > now() FROM budget ORDER BY scope")
    by_scope = {scope: rest for scope, *rest in rows}
    place = who.place("connection")
    assert by_scope[place][1:] == [1, "slow down", True]
    factors = {limit.scope: by_scope[name][0] for name, limit in who.bound_by(LIMITS)}
    assert factors == {"connection": pytest.approx(0.75), "account": pytest.approx(0.5), "endpoint": 1.0}


async def test_of_all_replicas_one_is_told_to_look_at_the_vendors_count(pool) -> None:
    who = owner()
    budgets = [Budget("autotask", (), pool) for _ in range(4)]
    assert sum(await asyncio.gather(*(budget.due(who, 120.0) for budget in budgets))) == 1


# --- places ----------------------------------------------------------------------------------------------------------

THREE = Limit(scope="endpoint", concurrent=3)


async def test_places_are_never_more_than_the_limit_even_when_their_holders_die(pool, database) -> None:
    who = owner()
    bound = who.bound_by([THREE])[0]

    async def take() -> bool:
        async with transaction(pool, who.msp_id) as connection:
            return await store.take_place(connection, "autotask", who, bound, uuid4().hex, 30.0)

    for _ in range(3):
        assert sum(await asyncio.gather(*(take() for _ in range(8)))) == 3
        [(held,)] = database.execute("SELECT count(*) FROM budget_place WHERE held_until > now()")
        assert held == 3
        database.execute("UPDATE budget_place SET held_until = now() - interval '1 second'")


async def test_a_place_that_ran_out_is_not_held_on_and_says_whether_others_wait(pool, database) -> None:
    who = owner()
    bound = who.bound_by([Limit(scope="endpoint", concurrent=1)])[0]

    async def take(holder: str) -> bool:
        async with transaction(pool, who.msp_id) as connection:
            return await store.take_place(connection, "autotask", who, bound, holder, 30.0)

    async def hold(holder: str) -> dict[str, bool]:
        async with transaction(pool, who.msp_id) as connection:
            return await store.hold_places(connection, [holder], 30.0)

    assert await take("first")
    assert await hold("first") == {"first": False}
    assert not await take("second")
    assert await hold("first") == {"first": True}
    database.execute("UPDATE budget_place SET held_until = now() - interval '1 second'")
    assert await hold("first") == {}
    assert await take("second")


async def test_replicas_together_never_have_more_requests_at_a_time_than_allowed(pool) -> None:
    who, inside, most = owner(), 0, 0

    async def request(budget: Budget) -> None:
        nonlocal inside, most
        async with budget.request(who):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async with Budget("autotask", (THREE,), pool) as one, Budget("autotask", (THREE,), pool) as two:
        await asyncio.gather(*(request(budget) for budget in (one, two) for _ in range(20)))
    assert most <= 3


async def test_a_request_is_stopped_before_its_place_can_go_to_somebody_else(pool, monkeypatch) -> None:
    monkeypatch.setattr(places, "LEASE_SECONDS", places.MARGIN_SECONDS + 0.05)
    monkeypatch.setattr(places, "RENEW_SECONDS", 60.0)
    async with Budget("autotask", (THREE,), pool) as budget:
        with pytest.raises(Unreachable, match="stopped"):
            async with budget.request(owner()):
                await asyncio.Event().wait()


async def test_places_are_given_back_when_the_process_ends(pool, database) -> None:
    async with Budget("autotask", (THREE,), pool) as budget, budget.request(owner()):
        assert database.execute("SELECT count(*) FROM budget_place") == [(1,)]
    assert database.execute("SELECT count(*) FROM budget_place") == [(0,)]
