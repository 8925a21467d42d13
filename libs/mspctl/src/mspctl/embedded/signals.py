"""Ctrl-C and SIGTERM end a fleet in order; a second one ends it at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any

INTERRUPTED = 130


def run_until_signal(main: Coroutine[Any, Any, int]) -> int:
    """Runs to the end and returns its exit code, or is cancelled by a signal, cleans up, and returns 130.

    At a second signal the process just ends; the kernel then ends its children (`program.Program.death_signal`).
    """
    return asyncio.run(_guarded(main))


async def _guarded(main: Coroutine[Any, Any, int]) -> int:
    task = asyncio.ensure_future(main)
    signalled = False

    def stop() -> None:
        nonlocal signalled
        if signalled:
            os._exit(INTERRUPTED)
        signalled = True
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return INTERRUPTED
