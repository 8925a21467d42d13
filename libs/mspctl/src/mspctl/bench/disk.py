"""How fast this disk makes things durable, at this moment."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

SECONDS = 0.5
BLOCK = b"\0" * 8_192


def fdatasync_per_second(directory: Path) -> float:
    """Blocks of 8 KiB appended to a file there and synced one by one, per second, over half a second."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        began, done = time.perf_counter(), 0
        while (lasted := time.perf_counter() - began) < SECONDS:
            file.write(BLOCK)
            os.fdatasync(file.fileno())
            done += 1
    return done / lasted
