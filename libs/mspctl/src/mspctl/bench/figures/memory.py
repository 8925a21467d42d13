"""`memory.<service>`: the largest resident size of each process in mixed_estate, against that of dlt's process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from statistics import median

from mspctl.bench.courses import mixed, users
from mspctl.bench.figure import Figure, Ground, Measured
from mspctl.embedded.roster import SERVICES

MIB = 2**20


async def measure(ground: Ground, variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """Mebibytes, medians. dlt's is the larger of its main process and its largest helper."""
    course, estates = await ground.once(users.course), await ground.once(mixed.course)
    baseline = median(one.dlt_first["peak_bytes"] for one in course.rounds) / MIB
    for name in variants:
        peaks = [one.peaks[name] for one in estates if name in one.peaks]
        if peaks:
            settings = {"clients": ground.size.clients, "records": estates[0].records, "baseline_users": course.users}
            yield Measured(f"memory.{name}", median(peaks) / MIB, baseline, "MiB", len(peaks), settings)


MEMORY = Figure(
    "memory",
    "Peak resident size per service in mixed_estate, against dlt's peak in first_sync",
    measure,
    tuple(member.name for member in SERVICES),
)
