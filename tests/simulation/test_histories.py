"""Seeded histories of a small fleet under faults: in the end nothing is lost or doubled, and every instant is told."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
import structlog.testing
from psycopg_pool import AsyncConnectionPool
from tests.simulation.broker import Broker
from tests.simulation.conductor import START, Conductor, Gated
from tests.simulation.fleet import STAGES, Fleet, entities, make_estate

HISTORIES = int(os.environ.get("MSPBYTE_SIMULATED_HISTORIES", "4"))
FIRST = int(os.environ.get("MSPBYTE_SIMULATED_FIRST", "0"))
"""The first seed: a history that failed is told again with this seed and one history."""
STEPS = 400
"""Steps with faults; without them a history needs fewer than `QUIET` to come to rest."""
QUIET = 6_000
MSP = UUID(int=1)
TABLES = "page, run, work, dead_letter, job, account, connection, msp, sim.effect"


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """What goes wrong on purpose is not told: a history has hundreds of failures."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
async def control(database) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """The server's owner, and a clock of the simulation's own in place of PostgreSQL's."""
    async with await psycopg.AsyncConnection.connect(database.admin_url, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA IF EXISTS sim CASCADE")
        await connection.execute("CREATE SCHEMA sim")
        await connection.execute("CREATE TABLE sim.clock (at timestamptz NOT NULL)")
        await connection.execute("INSERT INTO sim.clock VALUES (%s)", (START,))
        await connection.execute("CREATE TABLE sim.effect (stage text NOT NULL, entity_id uuid NOT NULL)")
        await connection.execute(
            "CREATE FUNCTION sim.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM sim.clock'"
        )
        await connection.execute("SET synchronous_commit = off")
        yield connection
        await connection.execute("DROP SCHEMA sim CASCADE")


@pytest.fixture
async def pool(database, control) -> AsyncIterator[AsyncConnectionPool[Any]]:
    """Gated connections on the simulation's clock."""
    async with AsyncConnectionPool(
        database.admin_url,
        connection_class=Gated,
        min_size=8,
        max_size=12,
        open=False,
        kwargs={"options": "-c search_path=sim,pg_catalog,public -c timezone=UTC -c jit=off -c synchronous_commit=off"},
        reconnect_timeout=float("inf"),
    ) as made:
        yield made


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
            if held:  # a connection is dropped
                actor = random.choice(held)
                assert actor.connection is not None
                pid = actor.connection.info.backend_pid
                await conductor.control.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        case 8:
            await _set_jobs(conductor.control, "paused = NOT paused", "random() < 0.3")
        case _:
            await _set_jobs(conductor.control, "manual_at = (SELECT at FROM sim.clock)", "true")


async def _history(seed: int, control: psycopg.AsyncConnection[Any], pool: AsyncConnectionPool[Any]) -> Fleet:
    random = Random(seed)
    await control.execute("DELETE FROM page; DELETE FROM work; DELETE FROM dead_letter; DELETE FROM sim.effect")
    await control.execute("DELETE FROM run; DELETE FROM connection; DELETE FROM msp")
    await control.execute("SELECT setseed(%s)", (seed % 1_000 / 1_000,))
    conductor = Conductor(random, control)
    Gated.conductor = conductor
    await conductor.set_clock(START)
    await make_estate(control, MSP, conductor)
    fleet = Fleet(pool, MSP, Broker(random, lambda: conductor.now), conductor, random, set(), [1.0])
    for number in range(2):
        conductor.start(f"scheduler {number}", fleet.scheduler)
        conductor.start(f"adapter {number}", fleet.adapter)
        conductor.start(f"stages {number}", lambda: fleet.stage(STAGES))
    await conductor.settle()
    for _ in range(STEPS):
        if random.random() < 0.05:
            await _fault(fleet)
        await conductor.step()
        if seed % 5 == 0 and not fleet.poison:
            await _poison(fleet, control)
    fleet.broker.away = False
    fleet.pace.append(4.0)
    for number in range(QUIET):
        await conductor.step()
        if number % 20 == 0 and await _at_rest(control):
            break
    else:
        pytest.fail(f"seed {seed} does not come to rest")
    await conductor.end()
    return fleet


async def _set_jobs(control: psycopg.AsyncConnection[Any], assignment: str, where: str) -> None:
    """Changes the jobs that no process has in hand: nobody could wait here for one that stands at a gate."""
    await control.execute(
        f"UPDATE job SET {assignment} WHERE id IN (SELECT id FROM job WHERE {where} FOR UPDATE SKIP LOCKED)"
    )


async def _poison(fleet: Fleet, control: psycopg.AsyncConnection[Any]) -> None:
    cursor = await control.execute("SELECT id FROM run WHERE state IN ('queued', 'running') LIMIT 1")
    row = await cursor.fetchone()
    if row is not None:
        fleet.poison.add(entities(row[0], 0)[1])


async def _at_rest(control: psycopg.AsyncConnection[Any]) -> bool:
    await _set_jobs(control, "paused = false", "id IN (SELECT job_id FROM run WHERE state = 'waiting')")
    await _set_jobs(control, "paused = true", "id NOT IN (SELECT job_id FROM run WHERE state = 'waiting')")
    cursor = await control.execute(
        """
        SELECT EXISTS (SELECT 1 FROM run WHERE state IN ('waiting', 'queued', 'running')) OR EXISTS (SELECT 1 FROM work)
               OR EXISTS (SELECT 1 FROM job WHERE manual_at IS NOT NULL)
        """
    )
    return await cursor.fetchone() == (False,)


async def _rows(control: psycopg.AsyncConnection[Any], statement: str) -> list[tuple[Any, ...]]:
    return await (await control.execute(statement)).fetchall()


@pytest.mark.parametrize("batch", range((HISTORIES + 24) // 25))
async def test_whatever_fails_nothing_is_lost_nothing_is_doubled_and_every_instant_is_told(
    control, pool, batch
) -> None:
    for seed in range(FIRST + 25 * batch, FIRST + min(25 * (batch + 1), HISTORIES)):
        fleet = await _history(seed, control, pool)
        pages = await _rows(control, "SELECT unnest(entity_ids) FROM page")
        stored = [entity for (entity,) in pages]
        assert len(stored) == len(set(stored)), seed
        for stage in STAGES:
            done = [one for (one,) in await _rows(control, f"SELECT entity_id FROM sim.effect WHERE stage = '{stage}'")]
            past_poison = STAGES.index(stage) >= STAGES.index("resolve")
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
            assert all(timedelta(minutes=1) < gap < timedelta(seconds=66) for gap in jittered), (seed, job)
