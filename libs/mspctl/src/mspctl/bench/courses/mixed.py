"""A whole estate of three vendors, read for the first time into an empty directory, as often as is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mspctl.bench.courses.estate import running
from mspctl.bench.figure import Ground
from mspctl.bench.observe import cost, look, peak_bytes
from mspctl.demo import store as demo


@dataclass(frozen=True)
class Estate:
    """One first sync: its seconds and records, what it cost, and each process's largest resident size in bytes."""

    seconds: float
    records: int
    cost: dict[str, Any]
    peaks: dict[str, int]


async def course(ground: Ground) -> tuple[Estate, ...]:
    """Goes through it as often as the size says."""
    return tuple([await _one(ground) for _ in range(ground.size.estates)])


async def _one(ground: Ground) -> Estate:
    async with running(ground.directory / "mixed", clients=ground.size.clients) as at:
        before = await look(at.fleet, at.connection)
        seconds = await at.synced()
        with at.database.transaction() as connection:
            records = sum(int(row["records"]) for row in demo.fetched(connection))
        return Estate(
            seconds, records, cost(before, await look(at.fleet, at.connection), records), peak_bytes(at.fleet)
        )
