"""A full sync ends in what the simulators know to be true, whatever dies on the way."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

import pytest
from tests.e2e.undisturbed import Undisturbed
from tests.e2e.world import World, synced
from tests.unsure import MISTAKEN, UNSURE

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("fleet")]

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


def test_people_and_devices_are_linked_as_they_are_and_never_between_clients(undisturbed: Undisturbed) -> None:
    for relation in ("same_person", "same_device"):
        quality = undisturbed.summary["link_quality"][relation]
        assert quality["precision"] >= 0.99
        assert quality["recall"] >= 0.97
        assert quality["between_clients"] == 0


def test_nothing_is_left_behind(undisturbed: Undisturbed) -> None:
    assert undisturbed.summary["dead_letters"] == 0


async def _some_work(world: World) -> None:
    """Returns when the sync is in its middle."""
    while not world.owner("SELECT 1 FROM entity WHERE normalized_data IS NOT NULL LIMIT 1"):
        await asyncio.sleep(0.05)


async def test_every_service_is_killed_once_and_the_end_is_the_same(ground: Path, undisturbed: Undisturbed) -> None:
    async def kill_each(world: World) -> None:
        await _some_work(world)
        for service in SERVICES:
            os.kill(world.pid(service), signal.SIGKILL)
            await asyncio.sleep(0.4)

    assert await synced(ground / "fleet", kill_each) == undisturbed.summary


async def test_the_broker_loses_its_memory_and_both_servers_are_killed_and_the_end_is_the_same(
    ground: Path, undisturbed: Undisturbed
) -> None:
    async def break_servers(world: World) -> None:
        await _some_work(world)
        shutil.rmtree(world.fleet.home.path / "jetstream")
        await asyncio.sleep(1.5)
        os.kill(world.pid("nats"), signal.SIGKILL)
        await asyncio.sleep(1.5)
        os.kill(world.pid("postgres"), signal.SIGKILL)

    assert await synced(ground / "fleet", break_servers) == undisturbed.summary


def test_findings_are_the_truth(undisturbed: Undisturbed) -> None:
    found, unsure = undisturbed.findings, undisturbed.unsure
    known = {check: {tuple(one) for one in subjects} for check, subjects in undisturbed.truth["findings"].items()}
    instead = {right: mistaken for mistaken, right in MISTAKEN.items()}
    for check, right in known.items():
        said = found.get(check, set())
        assert right, f"the estate has no {check}: the comparison proves nothing"
        assert said - right <= known.get(MISTAKEN.get(check, ""), set()), check
        explained = unsure.get(UNSURE.get(check, ""), set()) | found.get(instead.get(check, ""), set())
        assert right - said <= explained, check


def test_a_second_sync_writes_and_says_nothing(undisturbed: Undisturbed) -> None:
    first, second = undisturbed.counted
    assert second == first
    assert undisturbed.changed == 0
