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
            "application_name": name,
            "connect_timeout": CONNECT_SECONDS,
            "options": (
                f"-c statement_timeout={STATEMENT_SECONDS}s -c idle_in_transaction_session_timeout={IDLE_SECONDS}s "
                "-c timezone=UTC -c jit=off"
            ),
        },
        configure=register_arrays,
        check=AsyncConnectionPool.check_connection,
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
    """A transaction that sees one msp; with None, only what a role sees of every msp (`roles.Role.every_msp`)."""
    async with pool.connection() as connection, connection.transaction():
        await tenancy(connection, msp_id)
        yield connection


async def tenancy(connection: Connection, msp_id: UUID | None) -> None:
    """Names the msp whose rows the rest of this transaction sees and writes."""
    await connection.execute("SELECT set_config('app.msp_id', %s, true)", (str(msp_id) if msp_id else "",))
