"""The graph is a function of what is known now: whatever happened before, in whatever order and however often.

`MSPBYTE_LINK_EXAMPLES=1000` looks longer.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.svc_linkers.world import Rec, World

EXAMPLES = int(os.environ.get("MSPBYTE_LINK_EXAMPLES", "25"))
often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PLACES = {
    "device": (("devices", "m365"), ("managedDevices", "m365"), ("endpoints", "sophos"), ("ConfigurationItems", "psa")),
    "contact": (("Contacts", "psa"),),
    "identity": (("users", "m365"), ("directoryUsers", "sophos")),
}
VALUES = {
    "device": ("serial=S1", "serial=S2", "mac=m1", "mac=m2", "mac=m3", "host_name=h1", "host_name=h2",
               "entra_device_id=e1", "entra_device_id=e2", "os_family=windows", "os_family=macos"),
    "contact": ("email=a@x", "email=b@x", "phone=1", "person_name=ann lee", "person_name=bob ray"),
    "identity": ("upn=a@x", "mail=a@x", "upn=b@x", "mail=b@x", "alias=a@x", "phone=1", "person_name=ann lee",
                 ">m365_sku_id=s"),
}  # fmt: skip
RELATION = {"device": "same_device", "contact": "same_person", "identity": "same_person"}
NAMES = {"device": [f"d{n}" for n in range(7)], "contact": ["c0", "c1", "c2"], "identity": ["i0", "i1", "i2", "i3"]}
KIND = {name: kind for kind, names in NAMES.items() for name in names}


@st.composite
def records(draw: Any, kind: str) -> Rec:
    """A record of the kind at one of two clients, or at none yet, with any of the keys; now and then it is deleted."""
    resource, vendor = draw(st.sampled_from(PLACES[kind]))
    client = draw(st.sampled_from(("one", "one", "one", "two", None)))
    account = vendor if vendor == "psa" else f"{vendor} of {client or 'nobody'}"
    keys = draw(st.frozensets(st.sampled_from(VALUES[kind]), min_size=1, max_size=5))
    return Rec(kind, resource, account, client, keys, draw(st.integers(0, 5)) == 0)


def steps() -> Any:
    """What may happen: a record appears, changes, moves, goes or comes back; a person decides; somebody links."""
    put = st.sampled_from(sorted(KIND)).flatmap(
        lambda name: st.tuples(st.just("put"), st.just(name), records(KIND[name]))
    )
    pairs = st.sampled_from([(a, b) for a in KIND for b in KIND if a < b and RELATION[KIND[a]] == RELATION[KIND[b]]])
    verdict = st.sampled_from(("confirmed", "rejected", "pinned", None))
    decide = st.tuples(st.just("decide"), pairs, verdict)
    link = st.tuples(st.just("link"), st.permutations(sorted(KIND)), st.integers(1, len(KIND)))
    return st.lists(st.one_of(put, put, put, put, decide, link), min_size=3, max_size=25)


def _same_place(before: Rec | None, after: Rec) -> Rec:
    """A record's account and resource are what it is known by: they never change, its client may."""
    return (
        after
        if before is None
        else Rec(before.kind, before.resource, before.account, after.client, after.keys, after.deleted)
    )


async def _play(world: World, happened: Any) -> dict[tuple[str, str], str]:
    """Does the steps, then links whatever waits still; returns the decisions that stand."""
    waiting: set[str] = set()
    decisions: dict[tuple[str, str], str] = {}
    for step in happened:
        if step[0] == "put":
            await world.put(step[1], _same_place(world.records.get(step[1]), step[2]))
            waiting.add(step[1])
        elif step[0] == "decide" and all(name in world.records for name in step[1]):
            await world.decide(RELATION[KIND[step[1][0]]], *step[1], step[2])
            decisions.pop(step[1], None)
            if step[2]:
                decisions[step[1]] = step[2]
            waiting |= set(step[1])
        elif step[0] == "link":
            now = [name for name in step[1] if name in waiting][: step[2]]
            await world.link(*now)
            waiting -= set(now)
    for name in sorted(waiting, reverse=True):
        await world.link(name)
    return decisions


@st.composite
def deliveries(draw: Any) -> tuple[list[dict[str, Rec]], list[int], list[int]]:
    """Records of every vendor in pages, some delivered twice; after which page to link, and what of it next."""
    names = draw(st.lists(st.sampled_from(sorted(KIND)), min_size=3, unique=True))
    estate = {name: draw(records(KIND[name])) for name in names}
    twice = draw(st.lists(st.sampled_from(names), max_size=4))
    arriving = draw(st.permutations([*names, *twice]))
    cuts = sorted({0, len(arriving), *draw(st.lists(st.integers(0, len(arriving)), max_size=6))})
    pages = [{name: estate[name] for name in arriving[start:end]} for start, end in pairwise(cuts)]
    linked = draw(st.lists(st.integers(0, 5), min_size=len(pages), max_size=len(pages)))
    return pages, linked, draw(st.permutations(range(len(pages))))


@often
@given(deliveries())
async def test_every_order_of_arrival_gives_the_graph_built_at_once(world, delivery) -> None:
    world = world.another()
    pages, linked, order = delivery
    waiting: list[dict[str, Rec]] = []
    for page, some in zip(pages, linked, strict=True):
        await world.put_page(page)
        waiting.append(page)
        for _ in range(min(some, len(waiting))):
            await world.link(*waiting.pop(some % len(waiting)))
    for number in order:
        await world.link(*pages[number])
    arrived = (world.edges(), world.clusters())
    world.forget()
    await world.link(*sorted(world.records))
    assert (world.edges(), world.clusters()) == arrived
    _holds(world, {})


@often
@given(data=st.data())
async def test_a_graph_grown_by_changes_deletions_and_returns_is_the_graph_built_at_once(world, data) -> None:
    world = world.another()
    decisions = await _play(world, data.draw(steps()))
    grown = (world.edges(), world.clusters())
    assert world.rows("SELECT count(*) FROM former_key WHERE msp_id = %s", world.msp) == [(0,)]
    _, wrote = await world.link(*world.records)
    assert not wrote
    world.forget()
    await world.link(*world.records)
    assert (world.edges(), world.clusters()) == grown
    _holds(world, decisions)


def _holds(world: World, decisions: dict[tuple[str, str], str]) -> None:
    """What a person decided stands, and no rule links two clients or two msps."""
    client = {world.id(name): record.client for name, record in world.records.items()}
    direct = {(row[0], row[2]): row for row in world.edges() if row[1] == "person"}
    for (one, other), verdict in decisions.items():
        pair = frozenset((world.id(one), world.id(other)))
        edge = direct.get((RELATION[KIND[one]], pair))
        gone = world.records[one].deleted or world.records[other].deleted
        if verdict == "rejected" or gone:
            assert pair not in {row[2] for row in world.edges() if row[0].startswith("same_")}
        elif verdict == "pinned":
            assert edge is not None
            assert edge[3] == "active"
        else:
            assert edge is not None
            assert (edge[4] == "other_client") == (world.records[one].client != world.records[other].client)
            assert edge[3] == "active" or edge[4] == "other_client" or "rejected" in decisions.values()
    for relation, rule, ends, *_ in world.edges():
        if relation.startswith("same_") and rule not in ("person", "same_device_entra_id"):
            assert len({client[end] for end in ends}) == 1
