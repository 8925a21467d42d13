"""Runs a baseline in a process of its own, so that its memory and its imports are its own."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import orjson

from mspctl.failure import Failure


async def ask(module: str, task: dict[str, Any]) -> dict[str, Any]:
    """What the baseline module answers to its task; Failure with the end of what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"{__package__}.{module}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        answered, complained = await process.communicate(orjson.dumps(task))
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        last = complained.decode(errors="replace").strip().splitlines()[-1:]
        message = f"the baseline {module} failed: {' '.join(last)} (make bench installs what it needs)"
        raise Failure(message)
    answer: dict[str, Any] = orjson.loads(answered)
    return answer
