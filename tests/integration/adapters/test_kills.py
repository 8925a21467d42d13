"""A process may die at any moment: the next one goes on after the last page that was kept."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Generator
from datetime import date
from typing import Any

import nats.errors
import pytest
from tests.integration.adapters.conforming import CONFORMERS
from tests.integration.adapters.conftest import OneConnection, connect_all, new_bench, open_world
from tests.integration.adapters.listing import SIZE, Listing

from svc_scheduler.recover import recover
from vendor_sim.estate import generate

PAGES, KILLS = 500, 100
LONGEST_LIFE = 70
"""Awaits that a process lives at most, before it is killed: some seven pages."""


class Killed:
    """An awaitable that runs a coroutine until it has waited so often, and is then cancelled where it waits."""

    def __init__(self, body: Coroutine[Any, Any, Any], after: int) -> None:
        self._body, self._left = body, after

    def __await__(self) -> Generator[Any, Any, bool]:
        """False when it was killed, True when it came to its end before."""
        waiting, task = self._body.__await__(), asyncio.current_task()
        given: BaseException | None = None
        while True:
            try:
                future = waiting.send(None) if given is None else waiting.throw(given)
            except StopIteration:
                return True
            except asyncio.CancelledError:
                assert task is not None
                task.uncancel()
                return False
            self._left -= 1
            if self._left == 0 and task is not None:
                task.cancel()
            try:
                yield future
                given = None
            except BaseException as error:  # noqa: BLE001 - it is handed on
                given = error


class NoBroker:
    """Holds nothing."""

    def jetstream(self, timeout: float) -> NoBroker:
        return self

    async def consumer_info(self, *_: str) -> None:
        raise nats.errors.TimeoutError


@pytest.fixture
async def listing(database) -> AsyncIterator[Listing]:
    """Autotask's contacts, in pages of five."""
    world = open_world(estate=generate(1, 2, date(2026, 11, 23)))
    bench = await new_bench(OneConnection(database), world)
    connect_all(bench)
    conformer = next(one for one in CONFORMERS if one.vendor.name == "autotask")
    yield Listing.over(bench, conformer, conformer.lists[0], PAGES * SIZE - 1)
    await world.http.aclose()


async def test_a_hundred_kills_in_five_hundred_pages_ask_for_no_more_than_a_hundred_pages_twice(
    listing: Listing, database
) -> None:
    dice, bench = random.Random(20261123), listing.bench  # noqa: S311 - drawn from a seed
    scheduler = await database.pool("svc_scheduler")
    run, kills = listing.queue(), 0
    while bench.row(run)["state"] != "succeeded":
        assert bench.row(run)["state"] == "queued", bench.row(run)["error"]
        life = dice.randrange(1, LONGEST_LIFE) if kills < KILLS else 10**9
        lived = await Killed(bench.carry_out(run), life)
        kills += not lived
        if not lived and bench.row(run)["state"] == "running":
            bench.database.execute("UPDATE run SET lease_until = clock_timestamp() - interval '1 second'")
            await recover(scheduler, NoBroker())  # type: ignore[arg-type]
    assert kills == KILLS, "the list ended before the last kill"
    counters = (await bench.world.http.get(f"{bench.world.at.autotask}/_sim/counters")).json()["requests"]
    asked = sum(number for route, number in counters.items() if "Contacts/query" in route)
    assert PAGES <= asked <= PAGES + KILLS
    assert bench.row(run)["pages"] == PAGES
    assert listing.alive() == listing.there()
    assert bench.database.execute("SELECT count(*), count(DISTINCT id) FROM page, unnest(entity_ids) AS id") == [
        (PAGES * SIZE - 1, PAGES * SIZE - 1)
    ]
