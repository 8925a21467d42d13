"""The operator's commands as the operator's role, with a key file of the test's own."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import psycopg
import pytest

from mspbyte_common.key_ring import new_key
from mspctl.cli import invoke


@pytest.fixture
def kek(tmp_path):
    file = tmp_path / "kek"
    file.write_text(base64.b64encode(new_key()).decode())
    return file


@pytest.fixture
def ctl(database, kek, monkeypatch, capsys):
    """Runs a command with --json and returns what it says."""
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", database.url("mspctl"))
    monkeypatch.setenv("MSPBYTE_KEK_FILE", str(kek))
    monkeypatch.delenv("MSPBYTE_DATABASE_PASSWORD_FILE", raising=False)

    def run(*arguments: str, code: int = 0):
        assert invoke([*arguments, "--json"]) == code
        said = capsys.readouterr()
        return orjson.loads(said.out) if code == 0 else said.err

    return run


@pytest.fixture
def rows(database):
    """Runs SQL as the schema's owner."""

    def run(query: str, *values: object) -> list[tuple]:
        with psycopg.connect(database.admin_url) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    return run


WAITING = "FROM pg_stat_activity WHERE application_name = 'mspctl' AND wait_event_type = 'Lock'"


async def blocked(rows: Callable[..., list[tuple[Any, ...]]]) -> None:
    """Returns when a command waits for a lock that the test holds."""
    while not rows(f"SELECT 1 {WAITING}"):
        await asyncio.sleep(0.02)


@pytest.fixture
def cut_off(ctl, rows) -> Callable[..., Awaitable[None]]:
    """Runs a command, and cuts its connection where it waits for a lock that the test holds: it fails in the middle."""

    async def run(*arguments: str) -> None:
        running = asyncio.create_task(asyncio.to_thread(ctl, *arguments, code=1))
        await blocked(rows)
        rows(f"SELECT pg_terminate_backend(pid) {WAITING}")
        await running

    return run


@pytest.fixture
def killed(ctl, rows) -> Callable[..., Awaitable[None]]:
    """Runs a command in a process of its own, and kills it where it waits for a lock that the test holds."""

    async def run(*arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "mspctl", *arguments, env=dict(os.environ))
        await blocked(rows)
        process.kill()
        assert await process.wait() == -9

    return run
