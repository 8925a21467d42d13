"""Every query of every rule and panel returns data from a real Prometheus that scraped a demo."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import yaml
from tests.e2e.conftest import PATIENCE, World, running
from tests.promql import MONITORING, answer, asked, firing, without_data

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="prometheus is not installed (Debian: apt install prometheus)"
    ),
]


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


@contextmanager
def _prometheus(world: World, folder: Path) -> Iterator[str]:
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


async def test_every_query_of_every_rule_and_panel_returns_data_and_a_demo_that_is_well_alarms_nobody(
    ground: Path,
) -> None:
    async with running(ground / "fleet") as world:
        with _prometheus(world, ground / "prometheus") as address:
            await world.settle()
            with httpx.Client(base_url=address, trust_env=False) as client:
                left, deadline = asked(), time.monotonic() + PATIENCE
                while left and time.monotonic() < deadline:
                    await asyncio.sleep(1.0)
                    left = await asyncio.to_thread(without_data, client, left)
                assert left == [], "no data"

                assert len(answer(client, "up == 1")) == 8
                assert firing(client) == set()
