"""One estate for reading, one for changing, and the simulators over each."""

import datetime
from collections.abc import AsyncIterator

import pytest

from vendor_sim.estate import Estate, generate
from vendor_sim.in_memory import World, open_world

AS_OF = datetime.date(2026, 11, 23)
SEED, CLIENTS = 1, 12


@pytest.fixture(scope="session")
def read_estate() -> Estate:
    """An estate nobody changes."""
    return generate(SEED, CLIENTS, AS_OF)


@pytest.fixture
def own_estate() -> Estate:
    """A small estate to change at will."""
    return generate(SEED, 6, AS_OF)


@pytest.fixture
async def world(read_estate: Estate) -> AsyncIterator[World]:
    """The simulators over the estate nobody changes."""
    opened = open_world(read_estate)
    async with opened.http:
        yield opened


@pytest.fixture
async def own_world(own_estate: Estate) -> AsyncIterator[World]:
    """The simulators over an estate of the test's own."""
    opened = open_world(own_estate)
    async with opened.http:
        yield opened


@pytest.fixture
def largest_tenant(read_estate: Estate) -> str:
    """The Microsoft tenant with the most users."""
    return max(read_estate.m365.values(), key=lambda tenant: len(tenant.users)).id
