"""Records of one thing are merged whatever comes first, and come apart again."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import orjson
import pytest
from tests.integration.pipeline import Pipeline

from mspbyte_common import ids
from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.perform import perform
from mspctl.cli import invoke
from svc_resolvers.resolve import resolve

PC = "a23152d6-84f3-4896-964a-df7f0f90ea9a"


def _guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


class World:
    """A tenant of each vendor, mapped to one client."""

    def __init__(self, pipeline: Pipeline, capsys: Any) -> None:
        self.pipeline, self._capsys = pipeline, capsys
        self.directory, self.agents = (
            pipeline.account(vendor, "t", client_id=UUID(int=9)) for vendor in ("m365", "sophos")
        )

    def entra(self, number: int = 1, device: str = PC, **more: Any) -> UUID:
        """A device of the directory."""
        row = {"id": _guid(number), "deviceId": device, "displayName": "PC-1", "operatingSystem": "Windows"}
        return self.pipeline.put(self.directory, "m365", "devices", "device", row | more)[0]

    def intune(self, number: int = 2, device: str = PC, **more: Any) -> UUID:
        """A device Intune manages."""
        row = {"id": _guid(number), "azureADDeviceId": device, "deviceName": "PC-1", "operatingSystem": "Windows"}
        return self.pipeline.put(self.directory, "m365", "managedDevices", "device", row | more)[0]

    def endpoint(self, number: int, day: int, serial: str = "PF0XYZ12", **more: Any) -> UUID:
        """An endpoint seen on a day of November."""
        row = {"id": _guid(number), "type": "computer", "hostname": f"pc-{number}", "serialNumber": serial}
        seen = {"lastSeenAt": f"2026-11-{day:02}T10:00:00Z"}
        return self.pipeline.put(self.agents, "sophos", "endpoints", "device", row | seen | more)[0]

    def things(self) -> list[tuple[UUID, list[UUID]]]:
        """(the leading record, all in order) of each thing of several records."""
        return self.pipeline.database.execute(
            """
            SELECT m.leading_id, array_agg(f.entity_id ORDER BY f.place) FROM merged m JOIN fragment f ON f.merged_id = m.id
            GROUP BY m.id ORDER BY m.leading_id
            """
        )

    def ctl(self, *arguments: str) -> Any:
        """A command of the operator."""
        self._capsys.readouterr()
        assert invoke([*arguments, "--json"]) == 0
        return orjson.loads(self._capsys.readouterr().out)


@pytest.fixture
async def world(pipeline: Pipeline, monkeypatch, capsys) -> World:
    """Nothing is read yet."""
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    return World(pipeline, capsys)


async def test_any_order_of_arrival_gives_the_same_thing(world: World) -> None:
    arrivals = {
        "entra": lambda: world.entra(accountEnabled=True),
        "intune": lambda: world.intune(serialNumber="S1"),
        "again": lambda: world.intune(3, lastSyncDateTime="2026-11-01T00:00:00Z"),
    }
    places = (("managedDevices", 3), ("managedDevices", 2), ("devices", 1))
    entities = [ids.entity_id(world.directory, resource, _guid(number)) for resource, number in places]
    found = set()
    for order in (("entra", "intune", "again"), ("again", "entra", "intune"), ("intune", "again", "entra")):
        world.pipeline.database.execute(
            "DELETE FROM entity; DELETE FROM entity_key; DELETE FROM former_key; DELETE FROM merged; DELETE FROM fragment;"
            "DELETE FROM issue; DELETE FROM entity_relationship; DELETE FROM cluster_member; DELETE FROM finding_event;"
            "DELETE FROM finding; DELETE FROM recheck; DELETE FROM work"
        )
        for name in order:
            arrivals[name]()
            await world.pipeline.drain()
        assert world.things() == [(entities[0], entities)]
        found.add(orjson.dumps(world.pipeline.derived(), option=orjson.OPT_SORT_KEYS))
    assert len(found) == 1


async def test_two_batches_of_one_account_at_once_find_each_other(world: World) -> None:
    records, pipeline = {world.entra(), world.intune()}, world.pipeline
    while not pipeline.database.execute("SELECT 1 FROM work WHERE stage = 'resolve' HAVING count(*) = 2"):
        assert await pipeline.step()
    numbers = [number for (number,) in pipeline.database.execute("SELECT id FROM work WHERE stage = 'resolve'")]
    pool = pipeline.pools["svc_resolvers"]
    performed = await asyncio.gather(*(perform(pool, pipeline.msp, number, resolve) for number in numbers))
    assert [one.outcome for one in performed] == ["done", "done"]
    assert [set(order) for _, order in world.things()] == [records]


async def test_a_record_a_processor_has_in_hand_is_waited_for_without_holding_others_up(world: World) -> None:
    entra, pipeline = world.entra(), world.pipeline
    await pipeline.drain()
    intune = world.intune()
    while not (found := pipeline.database.execute("SELECT id FROM work WHERE stage = 'resolve'")):
        assert await pipeline.step()
    pool = pipeline.pools["svc_resolvers"]
    async with transaction(pipeline.pools["svc_processors"], pipeline.msp) as processor:
        await processor.execute("SELECT 1 FROM entity WHERE id = %s FOR NO KEY UPDATE", (entra,))
        assert (await perform(pool, pipeline.msp, found[0][0], resolve)).outcome == "retry"
    assert world.things() == []
    await pipeline.drain()
    assert world.things() == [(intune, [intune, entra])]


async def test_a_person_sees_what_all_records_tell_and_whose_word_counts(world: World) -> None:
    entra, intune = (
        world.entra(accountEnabled=True),
        world.intune(serialNumber="PF0XYZ12", lastSyncDateTime="2026-11-02T00:00:00Z"),
    )
    await world.pipeline.drain()
    shown = world.ctl("entity", "show", str(entra))["merged"]
    assert shown["leading_id"] == str(intune)
    assert (shown["values"]["serial_canonical"], shown["values"]["active"]) == ("PF0XYZ12", True)
    assert shown["values"]["last_seen_at"] == "2026-11-02T00:00:00Z"
    words = {one["entity_id"]: one["fields"] for one in shown["provenance"]}
    assert words[str(entra)]["active"] == "no other tells"
    assert words[str(intune)]["name"] == "priority"
    view = "SELECT id, merged_into FROM v_device ORDER BY merged_into NULLS FIRST"
    assert world.pipeline.database.execute(view) == [(intune, None), (entra, intune)]
    whole = "SELECT leading_id, member_ids, serial_canonical, active, last_seen_at::date::text FROM v_merged_device"
    assert world.pipeline.database.execute(whole) == [(intune, [intune, entra], "PF0XYZ12", True, "2026-11-02")]
    assert invoke(["entity", "show", str(entra)]) == 0


async def test_the_installation_seen_last_leads_and_only_sign_of_life_of_such_records_is_resolved(world: World) -> None:
    old, new, alone = world.endpoint(1, 1), world.endpoint(2, 5), world.endpoint(3, 1, "OTHER123")
    await world.pipeline.drain()
    assert world.things() == [(new, [new, old])]
    world.pipeline.done.clear()
    world.endpoint(1, 9)
    world.endpoint(3, 9, "OTHER123")
    await world.pipeline.drain()
    assert world.things() == [(old, [old, new])]
    resolved = {entity for stage, entities in world.pipeline.done if stage == "resolve" for entity in entities}
    assert resolved == {old}
    assert alone in {entity for stage, entities in world.pipeline.done if stage == "evaluate" for entity in entities}
    assert not [stage for stage, _ in world.pipeline.done if stage == "link"]


async def test_what_was_one_thing_comes_apart_when_its_records_say_so(world: World) -> None:
    entra, intune = world.entra(), world.intune()
    endpoints = [world.endpoint(number, number) for number in (1, 2, 3)]
    await world.pipeline.drain()
    assert {leading: set(order) for leading, order in world.things()} == {
        intune: {entra, intune},
        endpoints[2]: set(endpoints),
    }
    other = _guid(77)
    world.intune(device=other)
    world.pipeline.delete("device", world.agents, endpoints[2])
    await world.pipeline.drain()
    assert world.things() == [(endpoints[1], [endpoints[1], endpoints[0]])]
    world.entra(device=other)
    world.endpoint(1, 1, "ANOTHER1")
    await world.pipeline.drain()
    assert world.things() == [(intune, [intune, entra])]


async def test_a_value_that_too_many_share_and_one_of_another_account_join_nothing(world: World) -> None:
    same = [world.endpoint(number, number) for number in (1, 2, 3)]
    elsewhere = world.pipeline.account("sophos", "elsewhere", client_id=UUID(int=9))
    world.pipeline.put(elsewhere, "sophos", "endpoints", "device", {"id": _guid(9), "serialNumber": "PF0XYZ12"})
    await world.pipeline.drain()
    assert world.things() == [(same[2], [same[2], same[1], same[0]])]
    fourth = world.endpoint(4, 4)
    await world.pipeline.drain()
    assert world.things() == []
    world.pipeline.delete("device", world.agents, fourth)
    await world.pipeline.drain()
    assert len(world.things()) == 1


async def test_another_fragment_alone_writes_its_thing_and_no_other(world: World) -> None:
    for number in range(1, 6):
        world.entra(number, _guid(100 + number))
        world.intune(10 + number, _guid(100 + number))
    await world.pipeline.drain()
    before = set(world.pipeline.database.execute("SELECT id, ctid::text, xmin::text FROM merged"))
    world.entra(1, _guid(101), displayName="PC-9", accountEnabled=False)
    await world.pipeline.drain()
    after = set(world.pipeline.database.execute("SELECT id, ctid::text, xmin::text FROM merged"))
    assert len(before) == 5
    assert len(before & after) == 4
