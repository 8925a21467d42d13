"""What a person said of two records outlives whatever becomes of them: syncs, deletion, a rebuild, another mapper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from tests.integration.derived.test_rebuild import rebuilt
from tests.integration.pipeline import Pipeline

from mspbyte_common import ids
from mspbyte_common.db.derivation import declare_versions
from mspbyte_common.db.engine import transaction
from mspctl.cli import invoke
from svc_processors.main import versions
from svc_processors.process import NORMALIZERS
from svc_scheduler.rebuild import walk

INTUNE = ("m365", "managedDevices")


@dataclass
class Decided:
    """Machines of two clients, and what was decided of three pairs of them."""

    pipeline: Pipeline
    put: Callable[[str], None]
    delete: Callable[[], None]

    def graph(self) -> dict[str, list[Any]]:
        """Edges that hold, memberships by cluster id, and decisions."""
        rows = self.pipeline.database.execute
        return {
            "edges": rows(
                """SELECT rule, source_id, target_id, state, held_back, key_value, confidence FROM entity_relationship
                   WHERE valid_to IS NULL AND relation = 'same_device' ORDER BY 1, 2, 3"""
            ),
            "clusters": rows("SELECT cluster_id, entity_id FROM cluster_member WHERE valid_to IS NULL ORDER BY 1, 2"),
            "decisions": rows("SELECT * FROM link_decision ORDER BY id"),
        }


def _machine(number: int, serial: str, release: str) -> dict[str, Any]:
    return {"id": f"i{number}", "deviceName": f"pc{number}", "serialNumber": serial, "osVersion": release}


def _endpoint(number: int, name: str, serial: str, release: str) -> dict[str, Any]:
    system = {"platform": "windows", "name": f"Windows 11 {release}"}
    return {"id": f"e{number}", "type": "computer", "hostname": name, "serialNumber": serial, "os": system}


@pytest.fixture
async def decided(pipeline: Pipeline, monkeypatch) -> Decided:
    """Of three pairs the rules make a candidate, one machine and nothing; people say one, two and one."""
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    psa = pipeline.account("autotask", "database")
    here, there = ids.client_id(psa, "1"), ids.client_id(psa, "2")
    intune = pipeline.account("m365", "tenant", client_id=here)
    sophos, far = pipeline.account("sophos", "near", client_id=here), pipeline.account("sophos", "far", client_id=there)
    stored: list[tuple[UUID, list[UUID]]] = []

    def put(release: str) -> None:
        companies = [{"id": number, "companyName": f"{number} {release}", "companyType": 1} for number in (1, 2)]
        pipeline.put(psa, "autotask", "Companies", "company", *companies)
        machines = [_machine(number, f"SERIAL{number}", release) for number in (1, 2, 3)]
        near = [_endpoint(1, "pc1", "OTHER1", release), _endpoint(2, "pc2", "SERIAL2", release)]
        stored[:] = [
            (intune, pipeline.put(intune, *INTUNE, "device", *machines)),
            (sophos, pipeline.put(sophos, "sophos", "endpoints", "device", *near)),
            (far, pipeline.put(far, "sophos", "endpoints", "device", _endpoint(3, "elsewhere", "OTHER3", release))),
        ]

    def delete() -> None:
        for account, entities in stored:
            for entity in entities:
                pipeline.delete("device", account, entity)

    put("1")
    await pipeline.drain()
    (_, machines), (_, near), (_, distant) = stored
    for verdict, one, other in zip(("confirm", "reject", "pin"), machines, [*near, *distant], strict=True):
        assert invoke(["link", verdict, str(one), str(other), "--reason", "seen", "--author", "kim"]) == 0
    await pipeline.drain()
    held = Decided(pipeline, put, delete)
    together = {frozenset(pair) for pair in (machines[0:1] + near[0:1], machines[2:3] + distant)}
    clusters: dict[UUID, set[UUID]] = {}
    for cluster, entity in held.graph()["clusters"]:
        clusters.setdefault(cluster, set()).add(entity)
    assert {frozenset(members) for members in clusters.values()} == together
    assert {min(members) for members in clusters.values()} == clusters.keys()
    assert [row[5] for row in held.graph()["decisions"]] == ["confirmed", "rejected", "pinned"]
    return held


async def test_decisions_outlive_records_that_change_and_records_that_go_and_return(decided: Decided) -> None:
    before = decided.graph()
    decided.put("2")
    await decided.pipeline.drain()
    assert decided.graph() == before
    decided.delete()
    await decided.pipeline.drain()
    assert decided.graph() == {"edges": [], "clusters": [], "decisions": before["decisions"]}
    decided.put("2")
    await decided.pipeline.drain()
    assert decided.graph() == before


async def test_decisions_outlive_the_loss_of_all_that_is_derived(decided: Decided) -> None:
    before = decided.graph()
    decided.pipeline.lose()
    assert invoke(["rebuild", "--from", "raw"]) == 0
    await rebuilt(decided.pipeline)
    assert decided.graph() == before


async def test_decisions_outlive_a_mapper_that_tells_the_machines_anew(decided: Decided, monkeypatch) -> None:
    before, pipeline = decided.graph(), decided.pipeline
    old = NORMALIZERS[INTUNE]

    def respelled(raw: Any) -> Any:
        return old.normalize({**raw, "deviceName": raw["deviceName"].upper(), "model": "seen again"})

    raised = replace(old, version=old.version + 1, normalize=respelled)
    async with transaction(pipeline.pools["svc_processors"], None) as connection:
        await declare_versions(connection, "process", versions())
        monkeypatch.setitem(NORMALIZERS, INTUNE, raised)
        assert await declare_versions(connection, "process", versions()) == ["m365/managedDevices"]
    pipeline.database.execute("UPDATE derivation SET since = since - interval '2 minutes'")
    await walk.renew(pipeline.pools["svc_scheduler"])
    await rebuilt(pipeline)
    mapped = "SELECT DISTINCT mapper_version FROM entity WHERE resource = 'managedDevices'"
    assert pipeline.database.execute(mapped) == [(raised.version,)]
    assert decided.graph() == before
