"""Thousands of listings of a changing vendor that fails in every way: nothing lost, nothing doubled, nothing falsely ended.

A few hundred by default; `pytest --fuzz-listings 10000 --fuzz-seed 7` for more, and for another course of things.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from tests.integration.adapters.listing import LISTS, Listing, open_listing

from vendor_sim.estate import Estate, generate

RECORDS = 12
KEYS = 16
"""Records come and go among so many."""
FAULTS: tuple[dict[str, Any], ...] = (
    {"action": "status:429"},
    {"action": "status:429", "retry_after": 3, "dated": True, "clock_ahead": -900},
    {"action": "status:429", "retry_after": 3, "times": 2},
    {"action": "status:500"},
    {"action": "status:503", "times": 2},
    {"action": "html"},
    {"action": "html:200"},
    {"action": "malformed"},
    {"action": "blank"},
    {"action": "drop"},
    {"action": "slow", "seconds": 0.0},
    {"action": "status:403"},
    {"action": "status:401"},
    {"action": "status:410"},
    {"action": "status:418"},
)
REPEATS: tuple[dict[str, Any], ...] = ({"action": "repeat"}, {"action": "repeat", "times": 3})
"""These come alone: a page given in place of another listing's is what nobody can tell from a list that shrank."""


@dataclass
class Course:
    """What happens at the vendor, and what must be known of it."""

    listing: Listing
    dice: random.Random
    gone_for: dict[str, int] = field(default_factory=dict)
    """Complete listings since the record went, by id."""
    steady: set[str] = field(default_factory=set)
    """Records that were there all through this listing."""
    changes: int = 0

    def change(self) -> None:
        """A record comes, comes back, is renamed or goes."""
        number = self.dice.randrange(KEYS)
        key = str(self.listing.listed.key(number))
        self.changes += 1
        if self.dice.random() < 0.5 and key in self.listing.there() and len(self.listing.rows) > KEYS // 2:
            self.listing.drop(number)
            self.steady.discard(key)
            self.gone_for[key] = -1
        else:
            self.listing.put(number, f"name {self.changes}")
            self.gone_for.pop(key, None)

    async def one_listing(self) -> None:
        """Changes before and within a listing that is disturbed; then what we hold is compared with the vendor's."""
        for _ in range(self.dice.randrange(3)):
            self.change()
        self.gone_for = {key: max(passed, 0) for key, passed in self.gone_for.items()}
        self.steady = set(self.listing.there())
        named_before = self.listing.there()
        if self.dice.random() < 0.1:
            await self.listing.fault(after=self.dice.randrange(1, 4), **self.dice.choice(REPEATS))
        else:
            for _ in range(self.dice.choice((0, 1, 1, 2))):
                await self.listing.fault(after=self.dice.randrange(4), **self.dice.choice(FAULTS))
        moment, within = self.dice.randrange(1, 4), self.dice.random() < 0.2
        self.listing.between.pages = 0
        self.listing.between.then = lambda page: self.change() if within and page == moment else None
        deleted = {key for key, (_, gone) in self.listing.stored().items() if gone}

        def seen(row: dict[str, Any]) -> None:
            if row["state"] != "succeeded":
                now = {key for key, (_, gone) in self.listing.stored().items() if gone}
                assert now <= deleted, "a listing that was not read whole ended a record"

        await self.listing.until_complete(seen)
        await self.listing.bench.world.http.delete(f"{self.listing.bench.world.at.m365}/_sim/faults")
        self.compare(named_before)

    def compare(self, named_before: dict[str, str]) -> None:
        """Lost, doubled, falsely ended: none of these."""
        stored, there = self.listing.stored(), self.listing.there()
        for key in self.steady:
            assert key in stored, f"{key} is lost"
            name, deleted = stored[key]
            assert not deleted, f"{key} is there and was ended"
            assert name in (there[key], named_before[key]), f"{key} has a name it never had"
        agreed = 2 if self.listing.shifts else 1
        for key in self.gone_for:
            self.gone_for[key] += 1
            if self.gone_for[key] >= agreed and key in stored:
                assert stored[key][1], f"{key} went {self.gone_for[key]} listings ago and is held for alive"


@pytest.fixture(scope="module")
def estate() -> Estate:
    """An estate whose lists are filled anew."""
    return generate(1, 2, date(2026, 11, 23))


@pytest.fixture(params=LISTS)
async def listing(request, database, estate: Estate) -> AsyncIterator[Listing]:
    """One list of three pages."""
    async with open_listing(database, estate, request.param, RECORDS) as held:
        yield held


async def test_every_listing_of_a_changing_and_failing_vendor_is_true(listing: Listing, pytestconfig) -> None:
    number = pytestconfig.getoption("--fuzz-listings") // len(LISTS)
    seed = pytestconfig.getoption("--fuzz-seed")
    course = Course(listing, random.Random(f"{seed} {listing.listed.resource}"))  # noqa: S311 - drawn from a seed
    for done in range(number):
        try:
            await course.one_listing()
        except AssertionError as error:
            error.add_note(f"listing {done} of seed {seed}")
            raise
        if done % 100 == 99:
            listing.bench.database.execute("TRUNCATE run, work CASCADE")
    assert course.changes >= number // 2
