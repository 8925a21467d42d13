"""A fleet that nothing disturbs, and the demo as a newcomer starts it."""

from __future__ import annotations

import asyncio
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.undisturbed import Undisturbed, undisturbed_syncs

DEMO_PATIENCE = 900.0
"""Seconds until a demo that does not end is a failure; no test measures time."""


@pytest.fixture(scope="session")
def undisturbed() -> Undisturbed:
    """What was seen of a fleet that nothing disturbed. It is down: fleets take the machine from each other."""
    with tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True) as name:
        return asyncio.run(undisturbed_syncs(Path(name)))


MSPCTL = Path(sysconfig.get_path("scripts")) / "mspctl"


@dataclass(frozen=True)
class Demo:
    """`mspctl demo --keep`, as README has it, at its end. `told`: what it said until then, the lines of progress too."""

    directory: Path
    told: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """The demo's fleet, kept up for the module."""
    with tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True) as name:
        directory, log = Path(name) / "demo", Path(name) / "log"
        with log.open("w") as said:
            keeping = subprocess.Popen(
                [MSPCTL, "demo", "--keep", "--dir", directory], stdout=said, stderr=subprocess.STDOUT
            )
        try:
            deadline = time.monotonic() + DEMO_PATIENCE
            while "Ctrl-C stops everything" not in log.read_text():
                assert keeping.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield Demo(directory, log.read_text())
        finally:
            keeping.terminate()
            keeping.wait(timeout=60)
