"""`change_to_finding`: from a change at the vendor, whose list is due at once, to the finding it leads to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from statistics import median, quantiles

from mspctl.bench.courses import users
from mspctl.bench.figure import Figure, Ground, Measured

WANTED_SECONDS = 2.0


async def measure(ground: Ground, _variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """The 95th percentile in seconds, beside the two seconds that are wanted."""
    course = await ground.once(users.course)
    yield Measured(
        "change_to_finding",
        quantiles(course.changes, n=20, method="inclusive")[-1],
        WANTED_SECONDS,
        "s",
        len(course.changes),
        {
            "entities": course.users * len(course.rounds),
            "check": users.CHECK,
            "median": round(median(course.changes), 3),
            "worst": round(max(course.changes), 3),
            "baseline": "the two seconds that are wanted; the interval until a list is due is a setting and not in it",
        },
    )


CHANGE_TO_FINDING = Figure("change_to_finding", "A vendor's change to its finding, the 95th percentile", measure)
