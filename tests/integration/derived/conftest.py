"""The stages over a real database."""

from __future__ import annotations

import pytest
from tests.integration.pipeline import Pipeline


@pytest.fixture
async def pipeline(database) -> Pipeline:
    """Every stage, and an empty msp."""
    return await Pipeline.open(database)
