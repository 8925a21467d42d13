"""Transactions of the pool: one msp each, over connections that may have been lost."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from mspbyte_common.db.engine import open_pool, transaction

MSP = "SELECT current_setting('app.msp_id')"


async def test_a_transaction_names_its_msp_and_the_next_one_does_not_have_it(database):
    mine = uuid4()
    async with open_pool(database.url("svc_workers"), "test", size=1) as pool:
        for msp_id, named in ((mine, mine.hex), (None, "")):
            async with transaction(pool, msp_id) as connection:
                assert await (await connection.execute(MSP)).fetchone() == (named,)
        with pytest.raises(AttributeError):
            async with transaction(pool, "'; DROP TABLE entity; --"):  # type: ignore[arg-type]
                pass


async def _fail(pool):
    async with transaction(pool, None) as connection:
        await connection.execute("INSERT INTO msp (id, name) VALUES (gen_random_uuid(), 'gone')")
        raise RuntimeError


async def test_a_block_that_raises_leaves_nothing_behind(database):
    async with open_pool(database.admin_url, "test", size=1) as pool:
        with pytest.raises(RuntimeError):
            await _fail(pool)
        async with transaction(pool, None) as connection:
            cursor = await connection.execute("SELECT count(*) FROM msp WHERE name = 'gone'")
            assert await cursor.fetchone() == (0,)


async def test_connections_that_the_server_dropped_are_replaced_and_nobody_notices(database):
    async with open_pool(database.admin_url, "dropped", size=3) as pool:
        held = [await pool.getconn() for _ in range(3)]
        for connection in held:
            await pool.putconn(connection)
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'dropped'"
            )
        for _ in range(4):
            async with transaction(pool, None) as connection:
                assert await (await connection.execute("SELECT 1")).fetchone() == (1,)
