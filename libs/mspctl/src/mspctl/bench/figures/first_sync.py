"""`first_sync`: one large directory from its first page to its last finding, against dlt's three steps alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from statistics import median

from mspctl.bench.baselines.dlt_users import SETTINGS
from mspctl.bench.courses import users
from mspctl.bench.figure import Figure, Ground, Measured


async def measure(ground: Ground, _variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """Records per second, the medians of the rounds."""
    course = await ground.once(users.course)
    yield Measured(
        "first_sync",
        median(one.first.records / one.first.seconds for one in course.rounds),
        median(one.dlt_first["records"] / one.dlt_first["seconds"] for one in course.rounds),
        "records/s",
        len(course.rounds),
        {
            "users": course.users,
            "page": users.PAGE,
            "seconds": [round(one.first.seconds, 2) for one in course.rounds],
            "baseline_seconds": [round(one.dlt_first["seconds"], 2) for one in course.rounds],
            "baseline": f"dlt {course.rounds[0].dlt_first['version']}, merge, CSV, no nesting",
            "baseline_settings": SETTINGS,
            "cost": course.rounds[-1].first.cost,
        },
    )


FIRST_SYNC = Figure(
    "first_sync",
    "A large directory from fetch to findings, all stages, against dlt's extract, normalize and load",
    measure,
)
