"""Clusters keep their names, remember merges and splits, and are never joined by a contradiction."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace

import psycopg
import pytest
from tests.integration.svc_linkers.world import Rec, World

from svc_linkers import link as stage


def _device(resource: str, *keys: str, client: str | None = "client", deleted: bool = False) -> Rec:
    return Rec("device", resource, f"{resource} account", client, frozenset(keys), deleted)


async def test_splitting_undoes_merging_and_both_are_remembered(world: World) -> None:
    await world.put("a", _device("managedDevices", "serial=S1", "mac=m1"))
    await world.put("b", _device("endpoints", "serial=S1"))
    await world.put("c", _device("ConfigurationItems", "mac=m2"))
    await world.put("d", _device("devices", "mac=m2"))
    await world.link(*"abcd")
    before = world.clusters()
    assert len(before) == 2
    await world.put("c", _device("ConfigurationItems", "mac=m2", "mac=m1"))
    await world.link("c")
    ((_, name, members),) = world.clusters()
    assert (name, members) == (min(members), {world.id(one) for one in "abcd"})
    await world.put("c", _device("ConfigurationItems", "mac=m2"))
    await world.link("c")
    assert world.clusters() == before
    history = world.rows(
        """
        SELECT entity_id, count(*), count(*) FILTER (WHERE valid_to IS NULL) FROM cluster_member
        WHERE msp_id = %s GROUP BY entity_id
        """,
        world.msp,
    )
    moved = {entity for entity, rows, _ in history if rows == 3}
    assert len(moved) == 2  # those whose cluster had another name for a while
    assert {current for *_, current in history} == {1}
    gaps = world.rows(
        """
        SELECT 1 FROM cluster_member one JOIN cluster_member two USING (entity_id)
        WHERE one.id < two.id AND one.msp_id = %s AND (one.valid_to IS NULL OR one.valid_to > two.valid_from)
        """,
        world.msp,
    )
    assert not gaps


async def test_a_chain_over_two_machines_of_one_source_breaks_at_the_weakest_edge_and_shows_it(world: World) -> None:
    await world.put("one", _device("managedDevices", "serial=S1", "host_name=pc"))
    await world.put("psa", _device("ConfigurationItems", "mac=m1", "host_name=pc"))
    await world.put("sophos", _device("endpoints", "mac=m1", "mac=m2"))
    await world.put("two", _device("managedDevices", "mac=m2", "serial=S2"))
    await world.link("one", "psa", "sophos", "two")
    assert world.together("psa", "sophos", "two")
    assert not world.together("one", "psa")
    (held,) = [row for row in world.edges() if row[3] == "candidate"]
    assert (held[1], held[4]) == ("same_device_host_name", "conflict")
    await world.put("two", _device("managedDevices", "serial=S2"))
    await world.link("two")
    assert world.together("one", "psa", "sophos")
    assert all(row[3] == "active" for row in world.edges())


async def test_who_leaves_a_crowd_leaves_the_others_told_apart(world: World) -> None:
    for number in range(31):
        client = Rec(
            "contact", "Contacts", "psa", "client", frozenset({"email=info@x"} if number < 30 else {"email=b@x"})
        )
        await world.put(f"c{number}", client)
    await world.put("user", Rec("identity", "users", "m365", "client", frozenset({"upn=info@x"})))
    await world.link(*world.records)
    assert world.edges() == set()
    for number in range(1, 30):
        await world.put(f"c{number}", Rec("contact", "Contacts", "psa", "client", frozenset({"email=b@x"})))
    await world.link(*(f"c{number}" for number in range(1, 30)))
    assert world.together("c0", "user")


async def test_a_deleted_record_leaves_and_returns_with_what_was_decided(world: World) -> None:
    await world.put("a", _device("managedDevices", "host_name=pc", "serial=S1"))
    await world.put("b", _device("endpoints", "host_name=pc", "serial=S2"))
    await world.decide("same_device", "a", "b", "confirmed")
    await world.link("a", "b")
    assert world.together("a", "b")
    await world.put("b", _device("endpoints", "host_name=pc", "serial=S2", deleted=True))
    await world.link("b")
    assert world.edges() == set()
    assert world.clusters() == set()
    await world.put("b", _device("endpoints", "host_name=pc", "serial=S2"))
    await world.link("b")
    assert world.together("a", "b")


async def test_a_change_of_client_takes_the_edges_along(world: World) -> None:
    await world.put("psa", _device("ConfigurationItems", "serial=S1", client="one"))
    await world.put("intune", _device("managedDevices", "serial=S1", client="two"))
    await world.link("psa", "intune")
    assert world.edges() == set()
    await world.put("psa", _device("ConfigurationItems", "serial=S1", client="two"))
    await world.link("psa")
    assert world.together("psa", "intune")
    await world.put("psa", _device("ConfigurationItems", "serial=S1", client="one"))
    await world.link("psa")
    assert world.edges() == set()
    assert world.clusters() == set()


async def test_a_pin_joins_what_two_clients_have_and_a_confirmation_waits_for_one_client(world: World) -> None:
    await world.put("a", _device("managedDevices", "serial=S1", client="one"))
    await world.put("a2", _device("endpoints", "serial=S1", client="one"))
    await world.put("b", _device("ConfigurationItems", "serial=S2", client="two"))
    await world.decide("same_device", "a", "b", "confirmed")
    await world.link("a", "a2", "b")
    assert not world.together("a", "b")
    assert {row[4] for row in world.edges() if row[1] == "person"} == {"other_client"}
    await world.decide("same_device", "a", "b", "pinned")
    await world.link("b")
    assert world.together("a", "a2", "b")


async def test_a_firewall_joins_its_devices_cluster_whichever_comes_last(world: World) -> None:
    firewall = Rec("firewall", "firewalls", "sophos", "client", frozenset({"serial=S1"}))
    for first, last in (("firewall", "psa"), ("psa", "firewall")):
        made = world.another()
        both = {"firewall": firewall, "psa": _device("ConfigurationItems", "serial=S1")}
        for name in (first, last):
            await made.put(name, both[name])
            await made.link(name)
        assert made.together("firewall", "psa")


@pytest.mark.parametrize("rename", [{"relation": "same_thing"}, {"id": "same_device_number"}, None])
async def test_edges_of_a_rule_that_is_renamed_or_gone_end_with_what_they_held_together(
    world: World, monkeypatch: pytest.MonkeyPatch, rename: dict[str, str] | None
) -> None:
    for name, resource in (("a", "managedDevices"), ("b", "endpoints"), ("c", "ConfigurationItems")):
        await world.put(name, _device(resource, "serial=S1"))
    await world.link(*"abc")
    assert world.together(*"abc")
    others = [rule for rule in stage.SAMENESS if rule.id != "same_device_serial"]
    new = [replace(rule, **rename) for rule in stage.SAMENESS if rename and rule.id == "same_device_serial"]
    monkeypatch.setattr(stage, "SAMENESS", (*others, *new))
    for name in "abc":
        await world.link(name)
    assert {row[:2] for row in world.edges()} == {(rule.relation, rule.id) for rule in new}
    assert world.together(*"abc") == (rename == {"id": "same_device_number"})


async def test_nothing_is_linked_between_two_msps(world: World) -> None:
    for msp in (world, other := world.another()):
        other.names.update(world.names)
        await msp.put(f"of {msp.msp}", _device("managedDevices", "serial=S1", "entra_device_id=e", client=None))
    await world.link(*world.records)
    await other.link(*other.records)
    assert world.edges() == other.edges() == set()


async def test_batches_linked_side_by_side_give_the_graph_of_one_after_the_other(world: World) -> None:
    dice = random.Random(1)  # noqa: S311
    resources = ("devices", "managedDevices", "endpoints", "ConfigurationItems")
    for number, client, resource in itertools.product(range(4), ("one", "two"), resources):
        keys = (f"serial=S{dice.randrange(5)}", f"host_name=h{dice.randrange(4)}", f"mac=m{dice.randrange(6)}")
        record = Rec("device", resource, f"{resource} {client}", client, frozenset(dice.sample(keys, 2)))
        await world.put(f"{client} {resource} {number}", record)
    await world.decide("same_device", "one devices 0", "two devices 0", "pinned")
    names = list(world.records)
    dice.shuffle(names)
    await asyncio.gather(*(_until_linked(world, *names[at : at + 3]) for at in range(0, len(names), 3)))
    side_by_side = (world.edges(), world.clusters())
    world.forget()
    await world.link(*sorted(names))
    assert (world.edges(), world.clusters()) == side_by_side
    assert any(row[0] == "same_device" and row[3] == "active" for row in side_by_side[0])


async def _until_linked(world: World, *names: str) -> None:
    """As the ledger does it: a batch that meets another is tried again."""
    while True:
        try:
            await world.link(*names)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            continue
        return
