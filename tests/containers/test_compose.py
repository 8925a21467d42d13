"""The fleet in containers ends where the embedded one does, whatever happens to its containers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest
from tests.containers.compose import NAMES, Project
from tests.promql import asked, without_data

pytestmark = pytest.mark.containers

REPLICAS = 4


def test_an_adapter_is_scaled_and_every_service_killed_in_mid_run_the_end_is_the_embedded_one_and_prometheus_saw_all(
    project: Project, embedded: dict[str, Any]
) -> None:
    project("up", "--detach")
    project("up", "--detach", "prometheus")
    project.until_some_work_is_done()
    adapter = "svc-adapter-m365"
    project("up", "--detach", "--no-deps", "--no-recreate", "--scale", f"{adapter}={REPLICAS}", adapter)
    for name in NAMES:
        project.kill(name)
    assert project.end_state() == embedded
    assert len(project.containers(adapter)) == REPLICAS
    for name in NAMES:
        assert min(project.restarts(name)) >= 1, name
    wanted = Counter(dict.fromkeys(NAMES, 1)) | Counter({adapter: REPLICAS})
    with httpx.Client(base_url=f"http://127.0.0.1:{project.port}", trust_env=False) as prometheus:
        project.until(lambda: targets(prometheus) == (wanted, {"up"}))
        left = asked()

        def answered() -> bool:
            left[:] = without_data(prometheus, left)
            return not left

        project.until(answered, lambda: f"no data: {left}")


def targets(prometheus: httpx.Client) -> tuple[Counter[str], set[str]]:
    """How many targets it has of each service, and what it says of their health."""
    try:
        answer = prometheus.get("/api/v1/targets", params={"state": "active"})
    except httpx.TransportError:
        return Counter(), set()
    active = answer.raise_for_status().json()["data"]["activeTargets"]
    return Counter(one["labels"]["service"] for one in active), {one["health"] for one in active}


def test_everything_is_restarted_in_turn_under_load_and_nothing_is_lost_or_doubled(
    project: Project, embedded: dict[str, Any]
) -> None:
    project("up", "--detach")
    project.until_some_work_is_done()
    for name in (*NAMES, "nats", "postgres"):
        project("restart", name)
    assert project.end_state() == embedded
    assert project.owner("SELECT count(*) FROM work") == ["0"]
    for name in NAMES:
        told = project("logs", "--no-log-prefix", name)
        assert told.count('"service_stopped"') == 1, f"{name} was killed: {told[-2_000:]}"


def test_a_backup_of_mid_run_goes_on_where_everything_else_was_destroyed(
    project: Project, embedded: dict[str, Any]
) -> None:
    project("up", "--detach")
    project.until_some_work_is_done()
    kek = project("run", "--rm", "-T", "--no-deps", "--entrypoint", "cat", "mspctl", "/run/secrets/kek/kek").encode()
    dump = project.raw("run", "--rm", "-T", "backup")
    project.down()

    put = ("run", "--rm", "-T", "--no-deps", "--entrypoint", "tee", "secrets", "/secrets/kek/kek")
    project(*put, stdin=kek)
    project("up", "--detach", "--wait", "postgres")
    project("run", "--rm", "-T", "restore", stdin=dump)
    unfinished = project.owner("SELECT count(*) FROM work")
    assert unfinished != ["0"], "the backup holds no open work: it proves nothing"
    project("up", "--detach")
    assert project.end_state() == embedded
