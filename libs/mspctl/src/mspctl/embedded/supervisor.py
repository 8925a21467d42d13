"""Starts programs, restarts what dies, stops all."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from itertools import groupby

import structlog

from mspctl.embedded.program import Program, spawn

log = structlog.get_logger()

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
STEADY_SECONDS = 10.0
"""A program that ran this long starts again at once, with the first pause."""


class Keeper:
    """Keeps one program running."""

    def __init__(self, program: Program, changed: Callable[[], None]) -> None:
        self.program = program
        self.restarts = 0
        self.exit_code: int | None = None
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process now running; None between two."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Returns when the first process exists; whether it is ready is another question."""
        self._process = await spawn(self.program)
        self._changed()
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    def restart(self) -> None:
        """Kills the process; the loop starts another, without the pause of one that died."""
        self._wanted = True
        if self.pid is not None and self._process is not None:
            self._process.kill()

    async def stop(self) -> None:
        """Asks the process to end, waits, kills."""
        self._stopping.set()
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), self.program.stop_seconds)
            except TimeoutError:
                log.warning("program_killed", program=self.program.name, after=self.program.stop_seconds)
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        if self._task is not None:
            await self._task

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while self._process is not None:
            started = time.monotonic()
            self.exit_code = await self._process.wait()
            if self._stopping.is_set():
                return
            steady = self._wanted or time.monotonic() - started > STEADY_SECONDS
            pause = FIRST_PAUSE if steady else min(2 * pause, LONGEST_PAUSE)
            self._wanted = False
            log.warning("program_died", program=self.program.name, exit_code=self.exit_code, seconds=round(pause, 1))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            if self._stopping.is_set():
                return
            self.restarts += 1
            self._process = await spawn(self.program)
            self._changed()


class Supervisor:
    """All programs of one fleet. `on_change` is called whenever a process was started."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.on_change = on_change
        self.keepers: dict[str, Keeper] = {}

    async def start(self, program: Program) -> Keeper:
        """Starts a program and keeps it running from now on."""
        keeper = Keeper(program, self.on_change)
        self.keepers[program.name] = keeper
        await keeper.start()
        return keeper

    async def stop(self) -> None:
        """Stops tier after tier, the last started first, and returns when no process is left."""
        order = sorted(self.keepers.values(), key=lambda keeper: -keeper.program.tier)
        for _tier, keepers in groupby(order, key=lambda keeper: keeper.program.tier):
            await asyncio.gather(*(keeper.stop() for keeper in keepers))
        self.keepers.clear()
