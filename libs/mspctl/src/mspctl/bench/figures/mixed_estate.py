"""`mixed_estate`: many clients of three vendors read for the first time, against the rate of first_sync."""

from __future__ import annotations

from collections.abc import AsyncIterator
from statistics import median

from mspctl.bench.courses import mixed, users
from mspctl.bench.figure import Figure, Ground, Measured


async def measure(ground: Ground, _variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """Records per second, medians."""
    course, estates = await ground.once(users.course), await ground.once(mixed.course)
    yield Measured(
        "mixed_estate",
        median(one.records / one.seconds for one in estates),
        median(one.first.records / one.first.seconds for one in course.rounds),
        "records/s",
        len(estates),
        {
            "clients": ground.size.clients,
            "records": estates[0].records,
            "seconds": [round(one.seconds, 2) for one in estates],
            "baseline": f"our first_sync of {course.users} users",
            "cost": estates[-1].cost,
        },
    )


MIXED_ESTATE = Figure("mixed_estate", "Three vendors and many clients, first sync, against first_sync's rate", measure)
