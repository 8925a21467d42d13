"""What a fleet leaves behind: processes, when its supervisor was killed (on Linux the kernel ends them), and data."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import orjson

from mspctl.embedded.home import MARKER, Home

WAIT_SECONDS = 5.0


async def clear(home: Home) -> None:
    """Returns when no process of the directory's last fleet is left."""
    pids = _recorded(home)
    deadline = time.monotonic() + WAIT_SECONDS
    while alive := [pid for pid in pids if belongs(pid, home.path)]:
        if time.monotonic() > deadline:
            for pid in alive:
                os.kill(pid, signal.SIGKILL)
            return
        await asyncio.sleep(0.05)


async def empty(path: Path) -> None:
    """Removes a fleet's data; UsageError for a directory that is not a fleet's, or whose fleet runs."""
    with Home(path) as home:
        await clear(home)
        for child in home.path.iterdir():
            if child.name in {".lock", MARKER}:
                continue
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            else:
                child.unlink()


def belongs(pid: int, path: Path) -> bool:
    """Whether the process exists and names the directory in its command or environment: pids are used again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    folder = Path(f"/proc/{pid}")
    if folder.exists():
        try:
            known = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            return False
        return str(path).encode() + b"/" in known
    listed = subprocess.run(  # noqa: S603 - a constant and a number
        ["/bin/ps", "-E", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return f"{path}/" in listed.stdout


def _recorded(home: Home) -> list[int]:
    pids = []
    if home.fleet_file.exists():
        programs = orjson.loads(home.fleet_file.read_bytes()).get("programs", {})
        pids = [program["pid"] for program in programs.values() if program["pid"]]
    postmaster = home.path / "postgres" / "postmaster.pid"
    if postmaster.exists():
        pids.append(int(postmaster.read_text().split("\n", 1)[0] or 0))
    return [pid for pid in pids if pid > 1]
