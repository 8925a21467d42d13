"""A real Prometheus that scrapes a fleet, and what it makes of every rule and panel."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import yaml
from tests.e2e.world import PATIENCE, World
from tests.promql import MONITORING, answer, asked, firing, without_data


@dataclass(frozen=True)
class Seen:
    """Queries without data, how many services are up, which alerts fire."""

    without_data: list[str]
    up: int
    firing: set[str]


def installed() -> bool:
    """Whether there is a Prometheus to start."""
    return shutil.which("prometheus") is not None


async def seen(address: str) -> Seen:
    """What a Prometheus sees, as soon as it has data for all that is asked."""
    with httpx.Client(base_url=address, trust_env=False) as client:
        left, deadline = asked(), time.monotonic() + PATIENCE
        while left and time.monotonic() < deadline:
            await asyncio.sleep(1.0)
            left = await asyncio.to_thread(without_data, client, left)
        return Seen(left, len(answer(client, "up == 1")), firing(client))


@contextmanager
def prometheus(world: World, folder: Path) -> Iterator[str]:
    """Its address; it scrapes every service of the fleet."""
    folder.mkdir()
    configuration = folder / "prometheus.yml"
    configuration.write_text(yaml.safe_dump(_configuration(world)))
    address = f"127.0.0.1:{world.fleet.home.port('prometheus')}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"]},
        )
        try:
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _configuration(world: World) -> dict[str, Any]:
    services = orjson.loads((world.fleet.home.path / "fleet.json").read_bytes())["services"]
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(MONITORING / "rules" / "*.yml")],
        "scrape_configs": [
            {
                "job_name": "mspbyte",
                "static_configs": [
                    {
                        "targets": [one["http"].removeprefix("http://")],
                        "labels": {"service": name.replace("_", "-")},
                    }
                    for name, one in services.items()
                ],
            }
        ],
    }
