"""Moments that fall together, which only a clock that stands still can show."""

from __future__ import annotations

from random import Random
from uuid import UUID

from tests.simulation.conductor import START, Conductor, Gated
from tests.simulation.fleet import make_estate

from svc_scheduler.jobs.tick import tick

MSP = UUID(int=1)


async def test_a_wish_at_the_very_moment_of_an_instant_takes_no_row_from_it(control, pool) -> None:
    Gated.conductor = Conductor(Random(0), control)
    await make_estate(control, MSP, START, 1, 0)
    await control.execute("UPDATE job SET manual_at = next_fire_at, overlap = 'queue'")

    assert await tick(pool) == 1

    cursor = await control.execute("SELECT trigger, state, fire_time = %s FROM run ORDER BY trigger", (START,))
    assert await cursor.fetchall() == [("manual", "queued", False), ("schedule", "waiting", True)]
