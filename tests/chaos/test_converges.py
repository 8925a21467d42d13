"""Whatever dies, a small fleet comes to what it comes to undisturbed. `make chaos` does it at length."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from tests.chaos.__main__ import POISONS, Options, chaos

from mspbyte_common.fault_points import POINTS

pytestmark = pytest.mark.e2e

SELDOM = {"adapter.records.tombstoned", "scheduler.runs.recovered", "tickets.note.looked"}
QUICK = sorted(POINTS.keys() - POISONS - SELDOM)
SEED = int(os.environ.get("MSPBYTE_CHAOS_SEED", "1"))


async def test_processes_that_die_at_fault_points_change_nothing_of_the_end(ground: Path) -> None:
    number = int(os.environ.get("MSPBYTE_CHAOS_POINTS", "4"))
    strikes = int(os.environ.get("MSPBYTE_CHAOS_STRIKES", "0"))
    points = random.Random(SEED).sample(QUICK, min(number, len(QUICK)))
    options = Options(SEED, clients=1, replicas=1, strikes=strikes, gap=1.0, seconds=0.0, points=points, brief=True)
    told = await chaos(options, ground)
    assert told.report() | {"seconds_to_converge": 0} == {
        "seed": SEED,
        "rounds": told.rounds,
        "faults": told.faults,
        "seconds_to_converge": 0,
        "seconds_from_return": {},
        "lost": 0,
        "duplicated": 0,
        "differing_rows": 0,
        "dead_letters": 0,
        "unreached_points": [],
        "tables": {},
    }
    assert told.faults["fault_point"] == number
