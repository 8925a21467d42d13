"""`unchanged_sync`: the same directory read again with nothing changed, against dlt doing the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from statistics import median

from mspctl.bench.courses import users
from mspctl.bench.figure import Figure, Ground, Measured


async def measure(ground: Ground, _variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """Records per second, the medians of the rounds."""
    course = await ground.once(users.course)
    yield Measured(
        "unchanged_sync",
        median(one.unchanged.records / one.unchanged.seconds for one in course.rounds),
        median(one.dlt_unchanged["records"] / one.dlt_unchanged["seconds"] for one in course.rounds),
        "records/s",
        len(course.rounds),
        {
            "users": course.users,
            "seconds": [round(one.unchanged.seconds, 2) for one in course.rounds],
            "baseline_seconds": [round(one.dlt_unchanged["seconds"], 2) for one in course.rounds],
            "baseline": f"dlt {course.rounds[0].dlt_first['version']}, as for first_sync",
            "cost": course.rounds[-1].unchanged.cost,
        },
    )


UNCHANGED_SYNC = Figure("unchanged_sync", "The same directory again, nothing changed, against dlt the same", measure)
