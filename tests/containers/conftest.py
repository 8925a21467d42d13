"""Images built once, a project per test, and the end state of the embedded fleet to compare with."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from tests.containers.compose import CLIENTS, Project, comparable, engine_lacks


@pytest.fixture(scope="session")
def images() -> None:
    """Every image, built from this checkout."""
    lacks = engine_lacks()
    if lacks:
        pytest.skip(f"containers are not tested: {lacks}")
    Project("mspbyte")("build")


@pytest.fixture
def project(images: None) -> Iterator[Project]:
    """A fleet that is not up yet; removed when the test ends."""
    project = Project(f"mspbyte-test-{uuid4().hex[:8]}")
    try:
        yield project
    finally:
        project.down()


@pytest.fixture(scope="session")
def embedded(images: None) -> dict[str, Any]:
    """The end state of the embedded demo over the same estate."""
    with tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True) as name:
        options = ("--clients", str(CLIENTS), "--dir", str(Path(name) / "demo"), "--json")
        done = subprocess.run([sys.executable, "-m", "mspctl", "demo", *options], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-4_000:]
    return comparable(orjson.loads(done.stdout))
