"""`one_percent_sync`: the directory read again with one percent of its users changed, against nothing changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from statistics import median

from mspctl.bench.courses import users
from mspctl.bench.figure import Figure, Ground, Measured


async def measure(ground: Ground, _variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """Seconds, the medians of the rounds."""
    course = await ground.once(users.course)
    yield Measured(
        "one_percent_sync",
        median(one.one_percent.seconds for one in course.rounds),
        median(one.unchanged.seconds for one in course.rounds),
        "s",
        len(course.rounds),
        {
            "users": course.users,
            "changed": course.users // users.PERCENT,
            "seconds": [round(one.one_percent.seconds, 2) for one in course.rounds],
            "baseline": "our unchanged_sync of the same round",
            "cost": course.rounds[-1].one_percent.cost,
        },
    )


ONE_PERCENT_SYNC = Figure("one_percent_sync", "One percent of the users changed, against our unchanged_sync", measure)
