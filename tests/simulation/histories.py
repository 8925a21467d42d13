"""Tells one seeded history: a small fleet is begun anew, struck while it works, left in peace, and comes to rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from tests.simulation.broker import Broker
from tests.simulation.conductor import Conductor, Gated
from tests.simulation.fleet import POISONED, STAGES, Fleet, entities, make_estate

from mspbyte_common.db.engine import Pool

MSP = UUID(int=1)
QUIET = 6_000
"""Without faults a history comes to rest within fewer steps."""
BUSY = "state IN ('waiting', 'queued', 'running')"
LOOK = 20
"""Steps from one look whether all is at rest to the next."""
PEACE = 40.0
"""How much longer than usual an empty turn takes without faults: there is less to see in each."""


class RestlessError(Exception):
    """A history that does not come to rest."""


@dataclass(frozen=True)
class Size:
    """How much there is to a history; of each range chance takes one. `spare`: how likely a service has a second process.

    `steps` with faults, and how likely one is at each. One history of so many has a record that is `poison`. `pace`: how
    much longer than usual an empty turn takes.
    """

    jobs: int
    pages: range
    stages: range
    spare: float
    steps: range
    faults: float
    poison: int
    pace: float = 1.0


WHOLE = Size(3, range(3, 4), range(4, 5), 1.0, range(400, 401), 0.05, 5)
BRIEF = Size(1, range(1, 3), range(1, 3), 0.3, range(10, 31), 0.15, 40, 4.0)


async def tell(seed: int, size: Size, control: psycopg.AsyncConnection[Any], pool: Pool) -> Fleet:
    """The history of a seed, to its end; raises `RestlessError` when it has none."""
    random = Random(seed)
    conductor = Conductor(random, control)
    Gated.conductor = conductor
    await make_estate(control, MSP, conductor.now, size.jobs, seed)
    stages, broker = STAGES[: random.choice(size.stages)], Broker(random, lambda: conductor.now)
    fleet = Fleet(pool, MSP, broker, conductor, random, set(), random.choice(size.pages), stages, size.pace)
    services = {"scheduler": fleet.scheduler, "adapter": fleet.adapter, "stages": fleet.stage}
    for name, service in services.items():
        for number in range(1 + (random.random() < size.spare)):
            conductor.start(f"{name} {number}", service)
    await conductor.settle()
    for _ in range(random.choice(size.steps)):
        if random.random() < size.faults:
            await _fault(fleet)
        await conductor.step()
        if seed % size.poison == 0 and POISONED in stages and not fleet.poison:
            await _poison(fleet)
    fleet.broker.away = False
    fleet.pace = PEACE
    for number in range(QUIET):
        await conductor.step()
        if number % LOOK == 0 and await _at_rest(control):
            break
    else:
        message = f"seed {seed} does not come to rest"
        raise RestlessError(message)
    await conductor.end()
    return fleet


async def _fault(fleet: Fleet) -> None:
    conductor, random = fleet.conductor, fleet.random
    match random.randrange(10):
        case 0 | 1 | 2:
            await conductor.kill(random.choice(conductor.actors))
        case 3 | 4:
            fleet.broker.fail()
        case 5:
            actor = random.choice(conductor.actors)  # paused, as by SIGSTOP or a machine that sleeps
            actor.wakes_at = max(actor.wakes_at, conductor.now + timedelta(seconds=random.choice((5, 20, 60))))
        case 6:
            await conductor.set_clock(conductor.now + timedelta(seconds=random.choice((1, 10, 40, 200))))
        case 7:
            held = [actor for actor in conductor.actors if actor.holds_a_transaction()]
            if held:
                await conductor.cut(random.choice(held))
        case 8:
            await _set_jobs(conductor.control, "paused = NOT paused", "random() < 0.3")
        case _:
            await _set_jobs(conductor.control, "manual_at = (SELECT at FROM sim.clock)", "true")


async def _set_jobs(control: psycopg.AsyncConnection[Any], assignment: str, where: str) -> None:
    """Changes the jobs that no process has in hand: nobody could wait here for one that stands at a gate."""
    await control.execute(
        f"UPDATE job SET {assignment} WHERE id IN (SELECT id FROM job WHERE {where} FOR UPDATE SKIP LOCKED)"
    )


async def _poison(fleet: Fleet) -> None:
    """One record of the first run that there is."""
    cursor = await fleet.conductor.control.execute(f"SELECT id FROM run WHERE {BUSY} AND state <> 'waiting' LIMIT 1")
    row = await cursor.fetchone()
    if row is not None:
        fleet.poison.add(entities(row[0], 0)[1])


async def _at_rest(control: psycopg.AsyncConnection[Any]) -> bool:
    """Lets what waits have its turn and nothing new begin; True when every job has had a run and nothing is left to do."""
    cursor = await control.execute(
        f"""
        WITH turned AS (
            UPDATE job SET paused = NOT paused WHERE id IN (
                SELECT id FROM job j WHERE paused = (EXISTS (SELECT 1 FROM run WHERE job_id = j.id AND state = 'waiting')
                                                     OR NOT EXISTS (SELECT 1 FROM run WHERE job_id = j.id))
                FOR UPDATE SKIP LOCKED))
        SELECT NOT EXISTS (SELECT 1 FROM run WHERE {BUSY}) AND NOT EXISTS (SELECT 1 FROM work)
               AND NOT EXISTS (SELECT 1 FROM job j WHERE manual_at IS NOT NULL
                               OR NOT EXISTS (SELECT 1 FROM run WHERE job_id = j.id))
        """
    )
    return await cursor.fetchone() == (True,)
