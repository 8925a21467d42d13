"""An empty estate for the linkers."""

from __future__ import annotations

import pytest
from tests.integration.svc_linkers.world import World


@pytest.fixture
async def world(database) -> World:
    """An empty msp."""
    return World(
        database,
        await database.pool("svc_resolvers"),
        await database.pool("svc_linkers"),
        await database.pool("mspctl"),
    )
