"""Programs are kept running, and stopped in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from mspctl.embedded.program import Program
from mspctl.embedded.supervisor import Supervisor

SLEEP = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)
LISTENING = "import sys; sys.stdin.read(); print('parent gone', flush=True)"


@pytest.fixture
async def supervisor():
    supervisor = Supervisor()
    yield supervisor
    await supervisor.stop()


def program(folder: Path, name: str, code: str, **more: object) -> Program:
    return Program(name, (sys.executable, "-c", code), folder / f"{name}.log", **more)  # type: ignore[arg-type]


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(condition, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_program_that_is_killed_starts_again(tmp_path, supervisor):
    keeper = await supervisor.start(program(tmp_path, "sleeper", SLEEP))
    first = keeper.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: keeper.pid not in {None, first})
    assert keeper.restarts == 1


async def test_a_program_that_cannot_run_is_tried_again_with_growing_pauses(tmp_path, supervisor):
    keeper = await supervisor.start(program(tmp_path, "broken", "raise SystemExit(3)"))
    await until(lambda: keeper.restarts >= 2)
    assert keeper.exit_code == 3


async def test_a_restart_somebody_wants_is_no_failure_of_the_program(tmp_path, supervisor):
    keeper = await supervisor.start(program(tmp_path, "sleeper", SLEEP))
    first = keeper.pid
    keeper.restart()
    await until(lambda: keeper.pid not in {None, first}, seconds=2)


async def test_stopping_leaves_no_process(tmp_path):
    supervisor = Supervisor()
    keepers = [await supervisor.start(program(tmp_path, f"sleeper{n}", SLEEP)) for n in range(3)]
    pids = [keeper.pid for keeper in keepers]
    await supervisor.stop()
    assert not any(exists(pid) for pid in pids)


async def test_a_program_that_does_not_listen_is_killed(tmp_path):
    supervisor = Supervisor()
    keeper = await supervisor.start(program(tmp_path, "stubborn", STUBBORN, stop_seconds=0.3))
    await until(lambda: "deaf" in keeper.program.log.read_text())
    await supervisor.stop()
    assert keeper.pid is None
    assert keeper.exit_code == -signal.SIGKILL


async def test_the_highest_tier_stops_first(tmp_path):
    supervisor = Supervisor()
    order: list[str] = []
    keepers = [await supervisor.start(program(tmp_path, f"tier{tier}", SLEEP, tier=tier)) for tier in (0, 1, 2)]
    for keeper in keepers:
        stop = keeper.stop

        async def noted(stop=stop, name=keeper.program.name):
            order.append(name)
            await stop()

        keeper.stop = noted
    await supervisor.stop()
    assert order == ["tier2", "tier1", "tier0"]


async def test_a_lifeline_closes_with_the_supervisors_pipe(tmp_path, supervisor):
    keeper = await supervisor.start(program(tmp_path, "listening", LISTENING, lifeline=True))
    keeper._process.stdin.close()
    await until(lambda: "parent gone" in keeper.program.log.read_text())


async def test_settings_of_another_fleet_do_not_reach_a_program(tmp_path, supervisor, monkeypatch):
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", "postgresql://production")
    code = (
        "import os, time; print(sorted(n for n in os.environ if n.startswith('MSPBYTE')), flush=True); time.sleep(60)"
    )
    keeper = await supervisor.start(program(tmp_path, "env", code, env={"MSPBYTE_HTTP_PORT": "1"}))
    await until(keeper.program.log.read_text)
    assert keeper.program.log.read_text().strip() == "['MSPBYTE_HTTP_PORT']"
