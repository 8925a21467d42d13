"""Connections: one pool per process, one transaction per piece of work, one msp per transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection, Error, OperationalError
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mspbyte_common.db.arrays import register_arrays

Connection = AsyncConnection[Any]
Pool = AsyncConnectionPool[AsyncConnection[Any]]

set_json_dumps(orjson.dumps)
set_json_loads(orjson.loads)

DATABASE_ERRORS = (Error, PoolTimeout)
"""Whatever the database may answer instead of doing what it was asked."""
DATABASE_AWAY = (OperationalError, PoolTimeout)
"""The database is not there, or went away in the middle: nothing was committed, and the same may be asked again."""

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 120
IDLE_SECONDS = 30
"""How long a transaction may stand still before the server ends it: a process that was paused, or whose machine is gone,
holds its locks no longer, and writes nothing when it wakes."""


@asynccontextmanager
async def open_pool(url: str, name: str, *, size: int = 8) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections whose owner shows as `name` in pg_stat_activity.

    It opens without waiting: readiness, not start-up, tells whether the database answers.
    """
    pool: Pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=False,
        kwargs={
            "autocommit": True,
            "application_name": name,
            "connect_timeout": CONNECT_SECONDS,
            "options": (
                f"-c statement_timeout={STATEMENT_SECONDS}s -c idle_in_transaction_session_timeout={IDLE_SECONDS}s "
                "-c timezone=UTC -c jit=off"
            ),
        },
        configure=register_arrays,
        reconnect_timeout=float("inf"),
        timeout=30,
    )
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def transaction(pool: Pool, msp_id: UUID | None) -> AsyncIterator[Connection]:
    """A transaction that sees one msp; with None, only what a role sees of every msp (`roles.Role.every_msp`).

    It commits when its block ends, and rolls back when that raises.
    """
    connection = await _begun(pool, msp_id)
    try:
        async with connection:
            yield connection
    finally:
        await pool.putconn(connection)


async def _begun(pool: Pool, msp_id: UUID | None) -> Connection:
    """A connection in a transaction. One whose server went away meanwhile is left to the pool, which makes another."""
    named = "" if msp_id is None else msp_id.hex  # a str has none: no text gets in here
    begin = f"BEGIN; SELECT set_config('app.msp_id', '{named}', true)"
    while True:
        connection = await pool.getconn()
        try:
            await connection.execute(begin, prepare=False)
        except BaseException as error:
            lost = connection.closed
            await pool.putconn(connection)
            if not (lost and isinstance(error, OperationalError)):
                raise
        else:
            return connection
