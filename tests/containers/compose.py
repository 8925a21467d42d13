"""The fleet of docker-compose.yml as a project of its own, steered as a person would: through the docker command."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mspctl.embedded.roster import SERVICES

ROOT = Path(__file__).parents[2]
CLIENTS = 7
PATIENCE = 900.0
"""Seconds until what does not come is a failure; no test measures time."""
BASE_IMAGES = ("python:3.13-slim", "postgres:18", "nats:2.15", "prom/prometheus:v2.53.3")
NAMES = tuple(member.name.replace("_", "-") for member in reversed(SERVICES))
"""Services, from the beginning of the walk to its end."""
PSQL = ("psql", "-U", "postgres", "-d", "mspbyte", "-Atc")
KILL = "import os, signal; os.kill(-1, signal.SIGKILL)"
"""Everything in the container dies but its init, which then ends: the engine sees a crash, and restarts."""


def engine_lacks() -> str | None:
    """Why no container can be run here, or None."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    for what, command in (
        ("no Docker engine answers", ("info",)),
        ("docker has no compose", ("compose", "version")),
        ("docker has no buildx", ("buildx", "version")),
    ):
        if _docker(*command).returncode:
            return what
    for image in BASE_IMAGES:
        if _docker("image", "inspect", image).returncode and _docker("pull", "--quiet", image).returncode:
            return f"there is no image {image}, and it cannot be pulled"
    return None


def _docker(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["docker", *arguments], capture_output=True, check=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Project:
    """One fleet. `port`: where Prometheus is published on this machine. `files`: what is laid over docker-compose.yml."""

    name: str
    port: int = field(default_factory=_free_port)
    files: tuple[Path, ...] = ()

    @property
    def _compose(self) -> list[str]:
        files = [part for file in (ROOT / "docker-compose.yml", *self.files) for part in ("--file", str(file))]
        return ["docker", "compose", *files, "--project-name", self.name]

    def __call__(self, *arguments: str, stdin: bytes = b"") -> str:
        """`docker compose …` with the demo's profile: what it wrote, as text."""
        return self.raw(*arguments, stdin=stdin).decode()

    def raw(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """The same, as bytes. A failure shows what it complained of."""
        done = subprocess.run(
            [*self._compose, "--profile", "demo", *arguments],
            cwd=ROOT,
            env=os.environ | {"DEMO_CLIENTS": str(CLIENTS), "PROMETHEUS_PORT": str(self.port)},
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"docker compose {' '.join(arguments)}: {done.stderr.decode()[-4_000:]}"
        return done.stdout

    def owner(self, statement: str) -> list[str]:
        """Lines a statement answers, as the owner, who sees every msp; none while the database is away."""
        done = subprocess.run(
            [*self._compose, "exec", "-T", "postgres", *PSQL, statement],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        return done.stdout.decode().split()

    def until_some_work_is_done(self) -> None:
        """Returns when the sync is in its middle."""
        self.until(lambda: self.owner("SELECT 1 FROM entity WHERE normalized_data IS NOT NULL LIMIT 1") == ["1"])

    def until(self, holds: Callable[[], bool], why: Callable[[], str] = str) -> None:
        """Returns when it holds. `why`: what is said, before the logs, of what does not come."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, why() + self("ps", "--all") + self("logs", "--tail", "20")
            time.sleep(0.5)

    def end_state(self) -> dict[str, Any]:
        """The summary, as soon as everything is synced."""
        self.until(lambda: "exited" in self("ps", "--all", "--format", "{{.State}}", "operator"))
        told = self("run", "--rm", "-T", "operator", *self._operate(), "--json")
        return comparable(orjson.loads(told))

    def _operate(self) -> tuple[str, ...]:
        model = orjson.loads(self("config", "--format", "json"))
        return tuple(model["services"]["operator"]["command"])

    def containers(self, service: str) -> list[str]:
        """Ids of a service's running containers."""
        return self("ps", "--quiet", service).split()

    def kill(self, service: str) -> None:
        """Kills the process of each of a service's containers, as a crash would."""
        for container in self.containers(service):
            _docker("exec", container, "python", "-c", KILL)

    def restarts(self, service: str) -> list[int]:
        """How often the engine has restarted each of a service's containers."""
        ids = self.containers(service)
        return [int(_docker("inspect", "--format", "{{.RestartCount}}", one).stdout) for one in ids]

    def down(self) -> None:
        """Removes everything, data and keys included."""
        self("--profile", "tools", "--profile", "monitoring", "down", "--volumes", "--timeout", "5")


def comparable(summary: dict[str, Any]) -> dict[str, Any]:
    """What two syncs of one estate have in common, however they were run. `records`: each was read once."""
    names = ("records", "entities", "relationships", "findings_by_severity", "link_quality", "dead_letters")
    return {name: summary[name] for name in (*names, "failed_runs", "quarantined")}
