"""The servers tests run against: named by the environment, else in containers, else embedded. Same tests, three providers."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest

from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.db.engine import Pool, open_pool
from mspbyte_common.db.roles import ROLES
from mspbyte_common.db.schema import metadata
from mspctl.embedded.servers import Servers, embedded_servers

PASSWORD = "a-password-of-the-tests"
POSTGRES_IMAGE = "postgres:18"
LARGE = 1 << 20
"""Bytes of a table from which on emptying the database truncates."""


hypothesis.settings.register_profile("no clock", deadline=None)
hypothesis.settings.load_profile("no clock")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the fuzzed suites last and what course they take; what else is asked that takes long."""
    parser.addoption("--fuzz-listings", type=int, default=250, help="listings of a failing vendor (250)")
    parser.addoption("--fuzz-seed", type=int, default=1, help="another seed, another course of things (1)")
    parser.addoption("--checkov", action="store_true", help="ask checkov about k8s/, as make k8s-test does")


def _server(directory: Path, stack: ExitStack) -> str:
    """The address of a PostgreSQL whose owner may create databases and roles."""
    url = os.environ.get("MSPBYTE_TEST_DATABASE_URL")
    if url:
        return url
    url = _container(stack)
    return url or _embedded(directory, stack).database_admin_url


def _container(stack: ExitStack) -> str | None:
    """A PostgreSQL container, where a Docker engine with the image is at hand; it never pulls."""
    if os.environ.get("MSPBYTE_TEST_PROVIDER") == "embedded":
        return None
    if shutil.which("docker") is None:
        return None
    found = subprocess.run(["docker", "image", "inspect", POSTGRES_IMAGE], capture_output=True, check=False, timeout=20)
    if found.returncode != 0:
        return None
    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.core.config import testcontainers_config

    testcontainers_config.ryuk_disabled = (
        True  # its image might have to be pulled; the session stops its container itself
    )
    container = stack.enter_context(PostgresContainer(POSTGRES_IMAGE, driver=None))
    return str(container.get_connection_url())


def _embedded(directory: Path, stack: ExitStack) -> Servers:
    """The embedded servers, kept by an event loop of their own for as long as the session lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="embedded servers", daemon=True)
    thread.start()
    async_stack = AsyncExitStack()
    servers = asyncio.run_coroutine_threadsafe(
        async_stack.enter_async_context(embedded_servers(directory)), loop
    ).result(timeout=120)

    def stop() -> None:
        asyncio.run_coroutine_threadsafe(async_stack.aclose(), loop).result(timeout=60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()

    stack.callback(stop)
    return servers


@dataclass
class Database:
    """A migrated, empty database with every role, and pools that end with the test."""

    admin_url: str
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def url(self, role: str) -> str:
        """The address for a role."""
        return psycopg.conninfo.make_conninfo(self.admin_url, user=role, password=PASSWORD) if role else self.admin_url

    async def pool(self, role: str) -> Pool:
        """A pool of a role."""
        return await self.stack.enter_async_context(open_pool(self.url(role), role, size=6))

    def execute(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """A statement as the owner, who sees every msp."""
        with psycopg.connect(self.admin_url) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def ground() -> Iterator[Path]:
    """A directory for servers. pytest's own are for its user alone, and PostgreSQL never runs as root."""
    with tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server for the session."""
    with tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        yield _server(Path(name) / "embedded", stack)


@pytest.fixture(scope="session")
def migrated_url(server_url: str) -> Iterator[str]:
    """A database of this session's own, with schema and roles."""
    name = f"mspbyte_test_{os.getpid()}"
    url = psycopg.conninfo.conninfo_to_dict(server_url)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        # What makes guessing passwords dear makes each of thousands of connections dear; these passwords are no secret.
        connection.execute(f'ALTER DATABASE "{name}" SET scram_iterations = 1')
    mine = f"postgresql://{url['user']}:{url.get('password', '')}@{url['host']}:{url.get('port', 5432)}/{name}"
    migrate(mine)
    apply_roles(mine, {role.name: PASSWORD for role in ROLES})
    yield mine
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _empty(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Every table as after migrating. Most tests leave a few rows in a few tables: deleting those takes a fifth of the time
    that new files for every table and index take; what a large one left is truncated.
    """
    names = [table.name for table in metadata.sorted_tables]
    filled = connection.execute(
        " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names)
    ).fetchall()
    large = connection.execute(
        "SELECT 1 FROM unnest(%s::text[]) t WHERE pg_table_size(t::regclass) > %s LIMIT 1", (names, LARGE)
    )
    if large.fetchone():
        connection.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
        return
    connection.execute("SET LOCAL session_replication_role = replica")  # all of them go: no key has to be checked
    for (name,) in filled:
        connection.execute(f"DELETE FROM {name}")
    connection.execute(
        "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
    )


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """The session's database, emptied."""
    with psycopg.connect(migrated_url) as connection:
        _empty(connection)
    held = Database(migrated_url)
    async with held.stack:
        yield held
