"""Seeded histories of a small fleet under faults: in the end nothing is lost or doubled, and every instant is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
import structlog.testing
from tests.simulation.fleet import POISONED, STAGES, Fleet
from tests.simulation.histories import BRIEF, WHOLE, Size, tell

HISTORIES = int(os.environ.get("MSPBYTE_SIMULATED_HISTORIES", "4"))
BRIEF_HISTORIES = int(os.environ.get("MSPBYTE_SIMULATED_BRIEF", "75"))
FIRST = int(os.environ.get("MSPBYTE_SIMULATED_FIRST", "0"))
"""The first seed: a history that failed is told again with this seed and one history of its size."""
BATCH = 100
"""Histories of one test."""


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """What goes wrong on purpose is not told: a history has hundreds of failures."""
    with structlog.testing.capture_logs():
        yield


def _batches(size: Size, number: int) -> list[tuple[Size, int, int]]:
    starts = range(FIRST, FIRST + number, BATCH)
    return [(size, start, min(start + BATCH, FIRST + number)) for start in starts]


async def _rows(control: psycopg.AsyncConnection[Any], statement: str) -> list[tuple[Any, ...]]:
    return await (await control.execute(statement)).fetchall()


@pytest.mark.parametrize(("size", "first", "last"), [*_batches(WHOLE, HISTORIES), *_batches(BRIEF, BRIEF_HISTORIES)])
async def test_whatever_fails_nothing_is_lost_nothing_is_doubled_and_every_instant_is_told(
    control, pool, size, first, last
) -> None:
    for seed in range(first, last):
        fleet = await tell(seed, size, control, pool)
        await _check(seed, fleet, control)


async def _check(seed: int, fleet: Fleet, control: psycopg.AsyncConnection[Any]) -> None:
    pages = await _rows(control, "SELECT unnest(entity_ids) FROM page")
    stored = [entity for (entity,) in pages]
    assert len(stored) == len(set(stored)), seed
    for stage in fleet.stages:
        done = [one for (one,) in await _rows(control, f"SELECT entity_id FROM sim.effect WHERE stage = '{stage}'")]
        past_poison = STAGES.index(stage) >= STAGES.index(POISONED)
        assert sorted(done) == sorted(set(stored) - (fleet.poison if past_poison else set())), (seed, stage)
    buried = {one for (one,) in await _rows(control, "SELECT unnest(entity_ids) FROM dead_letter")}
    assert buried == fleet.poison & set(stored), seed
    for number, first, last in await _rows(
        control, "SELECT count(*), min(number), max(number) FROM page GROUP BY run_id"
    ):
        assert (first, last) == (0, number - 1), seed
    bad = await _rows(
        control,
        """
        SELECT state, error_class, error FROM run WHERE NOT (state = 'succeeded' OR state IN ('skipped', 'missed')
               AND error IS NOT NULL OR state = 'failed' AND error_class = 'process_lost')
        """,
    )
    assert bad == [], seed
    told = await _rows(
        control,
        """
        SELECT j.id, array_agg(at ORDER BY at), min(j.next_fire_at) FROM job j JOIN run r ON r.job_id = j.id,
               unnest(r.fire_time || r.further_fire_times) AS at WHERE r.trigger = 'schedule' GROUP BY j.id
        """,
    )
    for job, instants, following in told:
        gaps = [later - earlier for earlier, later in pairwise([*instants, following])]
        jittered = [gap for gap in gaps if gap != timedelta(minutes=1)]
        assert len(jittered) <= 1, (seed, job)
        assert all(timedelta(minutes=1) < gap < timedelta(seconds=66) for gap in jittered), (
            seed,
            job,
            [str(x) for x in instants],
            str(following),
        )
