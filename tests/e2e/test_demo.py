"""A full sync ends in what the simulators know to be true, whatever dies on the way."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import World, running, synced
from tests.unsure import MISTAKEN, UNSURE

pytestmark = pytest.mark.e2e

STATISTICS_SECONDS = 11.0
"""A PostgreSQL process that has fallen idle hands in what it counted within ten seconds."""

SERVICES = (
    "svc_adapter_m365",
    "svc_processors",
    "svc_adapter_autotask",
    "svc_resolvers",
    "svc_linkers",
    "svc_adapter_sophos",
    "svc_workers",
    "svc_scheduler",
)


def test_people_and_devices_are_linked_as_they_are_and_never_between_clients(undisturbed: dict[str, Any]) -> None:
    for relation in ("same_person", "same_device"):
        quality = undisturbed["link_quality"][relation]
        assert quality["precision"] >= 0.99
        assert quality["recall"] >= 0.97
        assert quality["between_clients"] == 0


def test_nothing_is_left_behind(undisturbed: dict[str, Any]) -> None:
    assert undisturbed["dead_letters"] == 0


async def _some_work(world: World) -> None:
    """Returns when the sync is in its middle."""
    while not world.owner("SELECT 1 FROM entity WHERE normalized_data IS NOT NULL LIMIT 1"):
        await asyncio.sleep(0.05)


async def test_every_service_is_killed_once_and_the_end_is_the_same(ground: Path, undisturbed: dict[str, Any]) -> None:
    async def kill_each(world: World) -> None:
        await _some_work(world)
        for service in SERVICES:
            os.kill(world.pid(service), signal.SIGKILL)
            await asyncio.sleep(0.4)

    assert await synced(ground / "fleet", kill_each) == undisturbed


async def test_the_broker_loses_its_memory_and_both_servers_are_killed_and_the_end_is_the_same(
    ground: Path, undisturbed: dict[str, Any]
) -> None:
    async def break_servers(world: World) -> None:
        await _some_work(world)
        shutil.rmtree(world.fleet.home.path / "jetstream")
        await asyncio.sleep(1.5)
        os.kill(world.pid("nats"), signal.SIGKILL)
        await asyncio.sleep(1.5)
        os.kill(world.pid("postgres"), signal.SIGKILL)

    assert await synced(ground / "fleet", break_servers) == undisturbed


async def test_findings_are_the_truth_and_a_second_sync_writes_and_says_nothing(ground: Path) -> None:
    async with running(ground / "fleet") as world:
        await world.settle()
        _assert_findings(world)

        before = await _counters(world)
        world.owner("UPDATE job SET next_fire_at = now() WHERE enabled")
        expected = world.owner("SELECT count(*) FROM job WHERE enabled")[0][0]
        while world.owner("SELECT count(*) FROM run WHERE fire_time > (SELECT max(created_at) FROM msp)")[0][0] < 1:
            await asyncio.sleep(0.1)
        await _until_all_ran_twice(world, expected)
        await world.settle(mapping=False)

        assert await _counters(world) == before
        [(changed,)] = world.owner(
            "SELECT sum(changed) FROM run r WHERE fire_time <> (SELECT min(fire_time) FROM run f "
            "WHERE f.job_id = r.job_id)"
        )
        assert changed == 0


def _assert_findings(world: World) -> None:
    found = _subjects(world, "finding", "t.state IN ('open', 'regressed')")
    unsure = _subjects(world, "recheck", "t.why IS NOT NULL")
    known = {check: {tuple(one) for one in subjects} for check, subjects in world.truth["findings"].items()}
    instead = {right: mistaken for mistaken, right in MISTAKEN.items()}
    for check, right in known.items():
        said = found.get(check, set())
        assert right, f"the estate has no {check}: the comparison proves nothing"
        assert said - right <= known.get(MISTAKEN.get(check, ""), set()), check
        explained = unsure.get(UNSURE.get(check, ""), set()) | found.get(instead.get(check, ""), set())
        assert right - said <= explained, check


def _subjects(world: World, table: str, where: str) -> dict[str, set[tuple[str, ...]]]:
    """The subjects in a table, by check, as the truth names them."""
    rows = world.owner(
        f"""
        SELECT t.check_name, coalesce(e.vendor, s.vendor), CASE WHEN e.vendor = 'autotask' THEN '' ELSE a.external_id END,
               e.resource, e.external_id, s.external_id
        FROM {table} t LEFT JOIN entity e ON e.id = t.subject_id LEFT JOIN account a ON a.id = e.account_id
        LEFT JOIN account s ON s.id = t.subject_id WHERE {where}
        """
    )
    found: dict[str, set[tuple[str, ...]]] = {}
    for check, vendor, account, resource, external_id, subject in rows:
        key = (vendor, subject) if subject else (vendor, account, resource, external_id)
        found.setdefault(check, set()).add(key)
    return found


async def _counters(world: World) -> dict[str, Any]:
    """What PostgreSQL counts of the derived tables, and how many messages the broker has taken for the stages."""
    await asyncio.sleep(STATISTICS_SECONDS)
    rows = world.owner(
        """
        SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables
        WHERE relname IN ('entity', 'entity_key', 'entity_relationship', 'work', 'quarantine', 'issue', 'finding')
        ORDER BY relname
        """
    )
    async with world.fleet.servers.connect() as client:
        stages = await client.jetstream().stream_info("STAGES")
    return {"tables": rows, "messages": stages.state.last_seq}


async def _until_all_ran_twice(world: World, jobs: int) -> None:
    while True:
        [(done,)] = world.owner(
            """
            SELECT count(*) FROM (SELECT job_id FROM run WHERE state IN ('succeeded', 'parked', 'unavailable')
                                  GROUP BY job_id HAVING count(*) >= 2) twice
            """
        )
        [(parked,)] = world.owner(
            "SELECT count(*) FROM job j JOIN account a ON a.id = j.account_id WHERE j.enabled AND a.parked_at IS NOT NULL"
        )
        if done >= jobs - parked:
            return
        await asyncio.sleep(0.2)
