"""Every query of every rule and panel returns data from a real Prometheus that scraped a demo."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import yaml
from tests.deploy.test_monitoring import MONITORING, queries, rules
from tests.e2e.conftest import PATIENCE, World, running

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


@asynccontextmanager
async def _asking(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        yield client


async def _answer(client: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/query", params={"query": query})
    assert answer.status_code == 200, f"{query}: {answer.text}"
    return answer.json()["data"]["result"]


def _asked(where: str, query: str) -> str:
    """The query as a chart would ask it. An alert that is silent has no data by design: its comparisons give 0 or 1 here.

    Nor is there an hour ago for a Prometheus that has just started.
    """
    query = query.replace("$__rate_interval", "5m").replace(" offset 1h", "")
    if where in rules("alert"):
        query = query.replace(" > ", " > bool ").replace(" == ", " == bool ")
        query = query.removeprefix("absent(").removesuffix(")") if query.startswith("absent(") else query
    return query


async def test_every_query_of_every_rule_and_panel_returns_data_and_a_demo_that_is_well_alarms_nobody(
    ground: Path,
) -> None:
    async with running(ground / "fleet") as world:
        with _prometheus(world, ground / "prometheus") as address:
            await world.settle()
            async with _asking(address) as client:
                left = sorted({_asked(where, query) for where, query in queries()})
                deadline = time.monotonic() + PATIENCE
                while left and time.monotonic() < deadline:
                    await asyncio.sleep(1.0)
                    left = [query for query in left if not await _answer(client, query)]
                assert left == [], "no data"

                up = await _answer(client, "up == 1")
                assert len(up) == 8
                firing = (await client.get("/api/v1/alerts")).json()["data"]["alerts"]
                assert {one["labels"]["alertname"] for one in firing if one["state"] == "firing"} == set()
