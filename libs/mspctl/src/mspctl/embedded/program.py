"""One child process: what to run, and how it starts so that it cannot outlive us."""

from __future__ import annotations

import asyncio
import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""


@dataclass(frozen=True)
class Program:
    """A program the supervisor keeps running.

    `stop_signal` asks it to end, after `stop_seconds` it is killed. `death_signal` is what the kernel sends it when the
    supervisor is gone (Linux). `lifeline`: its standard input is a pipe that closes with the supervisor. `user`: the
    unprivileged user it runs as. Programs of one `tier` stop together, the highest tier first.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    tier: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    death_signal: signal.Signals = signal.SIGKILL
    lifeline: bool = False
    user: str | None = None


async def spawn(program: Program) -> asyncio.subprocess.Process:
    """Starts it in a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone."""
    owner = {"user": program.user, "group": _group(program.user), "extra_groups": []} if program.user else {}
    with program.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *program.argv,
            stdin=asyncio.subprocess.PIPE if program.lifeline else asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**_inherited(), **program.env},
            start_new_session=True,
            preexec_fn=tie_to(os.getpid(), program.death_signal),
            **owner,  # type: ignore[arg-type]
        )


def _inherited() -> dict[str, str]:
    """Our environment without settings of other fleets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MSPBYTE_")}


def _group(user: str) -> int:

    return pwd.getpwnam(user).pw_gid


def tie_to(parent: int, death_signal: signal.Signals) -> Callable[[], None] | None:
    """Runs in the child between fork and exec, after the change of user (which clears the setting)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie
