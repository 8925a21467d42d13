"""Every query of every rule and panel returns data from a real Prometheus that scraped a demo."""

from __future__ import annotations

import os
import shutil
import socket
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
from tests.e2e.conftest import PATIENCE, Demo
from tests.promql import MONITORING, answer, asked, without_data

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="prometheus is not installed (Debian: apt install prometheus)"
    ),
]


def _configuration(demo: Demo) -> dict[str, Any]:
    services = orjson.loads((demo.directory / "fleet.json").read_bytes())["services"]
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _prometheus(demo: Demo, folder: Path) -> Iterator[str]:
    configuration = folder / "prometheus.yml"
    configuration.write_text(yaml.safe_dump(_configuration(demo)))
    address = f"127.0.0.1:{_free_port()}"
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


def _listens(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def test_every_query_of_every_rule_and_panel_returns_data_and_a_demo_that_is_well_alarms_nobody(
    demo: Demo, tmp_path: Path
) -> None:
    with _prometheus(demo, tmp_path) as address, httpx.Client(base_url=address, trust_env=False) as client:
        deadline = time.monotonic() + PATIENCE
        while not _listens(client):
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        left = asked()
        while left and time.monotonic() < deadline:
            time.sleep(1.0)
            left = without_data(client, left)
        assert left == [], "no data"
        assert len(answer(client, "up == 1")) == 8
        firing = client.get("/api/v1/alerts").json()["data"]["alerts"]
        assert {one["labels"]["alertname"] for one in firing if one["state"] == "firing"} == set()
