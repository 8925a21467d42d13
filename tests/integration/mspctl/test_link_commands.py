"""What a person says of links, and what they are told, against a real database and real linkers."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from psycopg.types.json import Jsonb
from tests.integration.svc_linkers.world import Rec, World

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import Item
from mspbyte_common.models import Device
from mspctl.cli import invoke
from svc_linkers.link import link
from svc_resolvers.rules.macs import MACS


@pytest.fixture
async def world(database, monkeypatch, capsys) -> World:
    """The one msp of the database, with two clients."""
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", database.url("mspctl"))
    monkeypatch.delenv("MSPBYTE_DATABASE_PASSWORD_FILE", raising=False)
    pools = [await database.pool(role) for role in ("svc_resolvers", "svc_linkers", "mspctl")]
    made = World(database, *pools)
    database.execute("INSERT INTO msp (id, name) VALUES (%s, 'Acme')", made.msp)
    return made


@pytest.fixture
def ctl(world, capsys):
    """Runs a command with --json in a thread of its own, and returns what it says."""

    async def run(*arguments: str, code: int = 0):
        names = [str(world.names.get(argument, argument)) for argument in arguments]
        ended = await asyncio.to_thread(invoke, [*names, "--json"])
        said = capsys.readouterr()
        assert ended == code, said.err
        return orjson.loads(said.out) if code == 0 else said.err

    return run


async def _put(
    world: World, name: str, kind: str, resource: str, client: str | None, *keys: str, **more: object
) -> None:
    await world.put(name, Rec(kind, resource, f"{resource} account", client, frozenset(keys), **more))
    world.database.execute(
        "UPDATE entity SET normalized_data = %s, resolved_hash = '' WHERE id = %s",
        Jsonb({"name": name}),
        world.id(name),
    )


async def _work(world: World) -> None:
    """Does the link work that commands left, as the fleet would."""
    for number, kind, ids in world.rows("SELECT id, kind, entity_ids FROM work WHERE stage = 'link' ORDER BY id"):
        async with transaction(world.linkers, world.msp) as connection:
            await link(connection, Item(number, world.msp, None, None, "link", kind, list(ids), 0, "00-0-0-01"))
            await connection.execute("DELETE FROM work WHERE id = %s", (number,))


async def _two_pcs(world: World) -> None:
    """Two machines of one name, told apart by their serials: a candidate."""
    await _put(world, "intune", "device", "managedDevices", "client", "host_name=pc", "serial=S1")
    await _put(world, "psa", "device", "ConfigurationItems", "client", "host_name=pc", "serial=S2")
    await world.link("intune", "psa")


async def test_a_candidate_is_listed_confirmed_and_cleared_again(world, ctl) -> None:
    await _two_pcs(world)
    (waiting,) = await ctl("link", "list")
    assert {waiting["one"], waiting["other"]} == {"intune", "psa"}
    assert waiting["held_back"] == ["contradicted"]
    await ctl("link", "confirm", "intune", "psa", "--reason", "mainboard was changed", "--author", "kim")
    await _work(world)
    assert world.together("intune", "psa")
    assert await ctl("link", "list") == []
    shown = await ctl("link", "show", "psa")
    assert {row["name"] for row in shown["members"]} == {"intune", "psa"}
    assert [row["confidence"] for row in shown["edges"] if row["rule"] == "person"] == [1.0]
    assert shown["decisions"][0]["author"] == "kim"
    await ctl("link", "clear", "psa", "intune")
    await _work(world)
    assert not world.together("intune", "psa")
    assert len(await ctl("link", "list")) == 1
    shown = await ctl("link", "show", "psa")
    assert [(row["verdict"], row["cleared_by"] is not None) for row in shown["decisions"]] == [("confirmed", True)]
    (membership,) = shown["history"]
    assert membership["valid_to"] is not None


async def test_what_no_rule_proposes_cannot_be_confirmed_but_pinned(world, ctl) -> None:
    await _put(world, "a", "device", "managedDevices", "client", "host_name=a")
    await _put(world, "b", "device", "endpoints", "other client", "host_name=b")
    await world.link("a", "b")
    assert "mspctl link pin" in await ctl("link", "confirm", "a", "b", "--reason", "x", code=2)
    await ctl("link", "pin", "a", "b", "--reason", "lent to the other client")
    await _work(world)
    assert world.together("a", "b")
    assert "Linked: same_device by a person." in (await ctl("why", "a", "b"))["reasons"]


async def test_a_rejected_pair_stays_apart_and_why_says_who_did_it(world, ctl) -> None:
    await _put(world, "a", "device", "managedDevices", "client", "serial=S1")
    await _put(world, "b", "device", "endpoints", "client", "serial=S1")
    await world.link("a", "b")
    assert world.together("a", "b")
    said = await ctl("why", "a", "b")
    assert said["linked"]
    assert any("same_device_serial" in reason for reason in said["reasons"])
    await ctl("link", "reject", "a", "b", "--reason", "cloned image", "--author", "kim")
    await _work(world)
    assert not world.together("a", "b")
    said = await ctl("why", "a", "b")
    assert not said["linked"]
    assert said["reasons"][0].startswith("kim rejected the pair")
    assert any(reason.startswith("Until ") for reason in said["reasons"])


async def test_a_record_is_taken_out_of_its_cluster(world, ctl) -> None:
    for name, resource in (("a", "managedDevices"), ("b", "endpoints"), ("c", "ConfigurationItems")):
        await _put(world, name, "device", resource, "client", "serial=S1")
    await world.link("a", "b", "c")
    assert world.together("a", "b", "c")
    assert (await ctl("link", "unmerge", "b", "--reason", "another machine"))["pairs"] == 2
    await _work(world)
    assert world.together("a", "c")
    assert not world.together("a", "b")
    assert "is alone" in await ctl("link", "unmerge", "b", "--reason", "again", code=2)


async def test_the_graph_of_a_moment_ago_can_still_be_seen(world, ctl) -> None:
    await _put(world, "a", "device", "managedDevices", "client", "serial=S1")
    await _put(world, "b", "device", "endpoints", "client", "serial=S1")
    await world.link("a", "b")
    ((moment,),) = world.rows("""SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')""")
    await _put(world, "b", "device", "endpoints", "client", "serial=S2")
    await world.link("b")
    assert (await ctl("link", "show", "a"))["edges"] == []
    assert [row["key_value"] for row in (await ctl("link", "show", "a", "--at", moment))["edges"]] == ["S1"]


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ({"client": "x", "keys": ["host_name=pc"]}, {"client": "y", "keys": ["host_name=pc"]}, "different clients"),
        ({"client": "x", "keys": ["serial=S1"]}, {"client": "x", "keys": ["serial=S2"]}, "serial differs: S1 and S2"),
        ({"client": "x", "keys": ["serial=S1"]}, {"client": "x", "keys": ["mac=m"]}, "no key in common"),
        (
            {"client": None, "keys": ["serial=S1"]},
            {"client": None, "keys": ["serial=S1"]},
            "neither record has a client",
        ),
        (
            {"client": "x", "keys": ["serial=S1"], "deleted": True},
            {"client": "x", "keys": ["serial=S1"]},
            "was deleted",
        ),
    ],
)
async def test_why_not(world, ctl, left, right, said) -> None:
    for name, resource, record in (("a", "managedDevices", left), ("b", "endpoints", right)):
        more = {"deleted": True} if record.get("deleted") else {}
        await _put(world, name, "device", resource, record["client"], *record["keys"], **more)
    await world.link("a", "b")
    answer = await ctl("why", "a", "b")
    assert not answer["linked"]
    assert said in " ".join(answer["reasons"])


async def test_why_says_that_half_the_client_shares_a_value(world, ctl) -> None:
    for number in range(32):
        await _put(world, f"c{number}", "contact", "Contacts", "client", "email=info@x")
    await _put(world, "user", "identity", "users", "client", "upn=info@x")
    await world.link(*world.records)
    answer = await ctl("why", "c3", "user")
    assert not answer["linked"]
    assert "32 records have it, which is too many" in " ".join(answer["reasons"])


async def test_why_names_the_serial_that_is_none_and_the_record_on_its_way(world, ctl) -> None:
    await _put(world, "a", "device", "managedDevices", "client", "host_name=a")
    await _put(world, "b", "device", "endpoints", "client", "host_name=b")
    world.database.execute(
        "INSERT INTO issue (msp_id, entity_id, rule, field, value) VALUES (%s, %s, 'serial_canonical', 'serial', 'None')",
        *(world.msp, world.id("a")),
    )
    await ctl("link", "pin", "a", "b", "--reason", "x")
    said = " ".join((await ctl("why", "a", "b"))["reasons"])
    assert "The serial 'None' of a says nothing" in said
    assert "b is on its way to be linked" in said


async def test_why_says_which_macs_are_no_keys_because_they_are_borrowed(world, ctl) -> None:
    dock, virtual, own = "00:24:9B:11:22:33", "00-50-56-AA-BB-CC", "3C:52:82:00:00:01"
    for name, sent in (("a", (dock, own)), ("b", (dock, virtual, "ff:ff:ff:ff:ff:ff"))):
        await _put(world, name, "device", "managedDevices", "client", f"host_name={name}")
        outcome = MACS.apply(Device.model_construct(macs=sent))
        record = Jsonb({"name": name, "macs": sent, "macs_canonical": outcome.changes["macs_canonical"]})
        world.database.execute("UPDATE entity SET normalized_data = %s WHERE id = %s", record, world.id(name))
        for field, value in outcome.issues.items():
            world.database.execute(
                "INSERT INTO issue (msp_id, entity_id, rule, field, value) VALUES (%s, %s, %s, %s, %s)",
                *(world.msp, world.id(name), MACS.id, field, value),
            )
    said = [reason for reason in (await ctl("why", "a", "b"))["reasons"] if "virtual adapter" in reason]
    assert [reason.partition(":")[0] for reason in said] == [
        "Both have the MAC 00249b112233",
        "b has the MAC 005056aabbcc",
    ]


async def test_a_role_reached_through_groups_is_explained_by_the_way_there(world, ctl) -> None:
    for name, kind, *keys in (
        ("ann", "identity", "m365_member_id=u"),
        ("inner", "group", "m365_member_id=i", ">m365_member_id=u"),
        ("outer", "group", "m365_member_id=o", ">m365_member_id=i"),
    ):
        await world.put(name, Rec(kind, "users" if kind == "identity" else "groups", "tenant", None, frozenset(keys)))
        world.database.execute(
            "UPDATE entity SET normalized_data = %s, resolved_hash = '' WHERE id = %s",
            Jsonb({"name": name}),
            world.id(name),
        )
    await world.link(*world.records)
    answer = await ctl("why", "ann", "outer")
    assert answer["linked"]
    assert "ann → inner → outer" in " ".join(answer["reasons"])


async def test_companies_are_mapped_not_decided(world, ctl) -> None:
    await _put(world, "company", "company", "Companies", "client", "client=x")
    await _put(world, "tenant", "tenant", "organization", "client", ">client=x")
    assert "mspctl account map" in await ctl("link", "reject", "company", "tenant", "--reason", "x", code=2)


async def test_a_contact_is_called_by_its_names(world: World, ctl) -> None:
    await _put(world, "ada", "contact", "Contacts", "north", "autotask_contact_id=1")
    world.database.execute(
        "UPDATE entity SET normalized_data = %s WHERE id = %s",
        Jsonb({"first_name": "Ada", "last_name": "Lovelace"}),
        world.id("ada"),
    )
    assert (await ctl("entity", "show", "ada"))["name"] == "Ada Lovelace"
