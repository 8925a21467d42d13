"""Services come after the bootstrap because they wait for its schema, whatever is started first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from tests.conftest import PASSWORD

from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.db.engine import open_pool
from mspbyte_common.db.revision import behind, known_revisions
from mspbyte_common.db.roles import ROLES
from mspbyte_common.service import Health


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """A database in which nothing has been bootstrapped."""
    name = f"mspbyte_empty_{uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    parts = psycopg.conninfo.conninfo_to_dict(server_url)
    yield f"postgresql://{parts['user']}:{parts.get('password', '')}@{parts['host']}:{parts.get('port', 5432)}/{name}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def test_a_service_that_is_there_first_waits_for_the_bootstrap_and_then_goes_on(empty_url: str, database) -> None:
    role = psycopg.conninfo.make_conninfo(empty_url, user="svc_linkers", password=PASSWORD)
    async with open_pool(role, "svc-linkers") as pool:
        health = Health(asyncio.Event(), pool)
        assert await health._database_problem() == "there is no schema yet: run mspctl bootstrap"
        waiting = asyncio.create_task(health.wait_for_schema())
        await asyncio.to_thread(migrate, empty_url)
        await asyncio.to_thread(apply_roles, empty_url, {one.name: PASSWORD for one in ROLES})
        assert await waiting is True
        assert await health._database_problem() is None


async def test_an_older_schema_is_waited_for_and_a_newer_one_is_not(database) -> None:
    newest, older, *_ = known_revisions()
    connection = await psycopg.AsyncConnection.connect(database.admin_url)
    try:
        for at, problem in (
            (newest, None),
            (older, f"the schema is at {older}, this version needs {newest}: run mspctl bootstrap"),
            ("9999", None),  # of the next release, on which this one still runs
        ):
            await connection.execute("UPDATE alembic_version SET version_num = %s", [at])
            assert await behind(connection) == problem
        await connection.execute("DELETE FROM alembic_version")
        assert "the schema is at nothing" in (await behind(connection) or "")
    finally:
        await connection.rollback()
        await connection.close()
