"""A database that goes by the simulation's clock, and connections whose statements wait for the conductor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
import uvloop
from psycopg_pool import AsyncConnectionPool
from tests.simulation.conductor import START, Gated

OPTIONS = (
    *("search_path=sim,pg_catalog,public", "timezone=UTC"),
    *("jit=off", "plan_cache_mode=force_generic_plan", "synchronous_commit=off"),
)


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
        min_size=4,
        max_size=12,
        open=False,
        kwargs={"autocommit": True, "prepare_threshold": 0, "options": " ".join(f"-c {one}" for one in OPTIONS)},
        reconnect_timeout=float("inf"),
    ) as made:
        yield made


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Services run on uvloop as well."""
    return {"uvloop": uvloop.new_event_loop}
