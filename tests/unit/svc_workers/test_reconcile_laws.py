"""What holds for every reconciliation, whatever there is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.svc_workers.reconciling import (
    PREMIUM,
    SERVER,
    WORKSTATION,
    Rule,
    Same,
    Unread,
    World,
    agents,
    bills,
    bundle,
    counts,
    managed,
    person,
    row,
    seats,
    service,
)

from svc_workers.reconciliation.document import document
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.reconciliation.result import totals

HELPDESK = "Helpdesk Flat"
SERVICES = (WORKSTATION, SERVER, PREMIUM, f"{PREMIUM} (Annual)", HELPDESK, "Backup per TB", "Something else")
PRICES = st.one_of(st.none(), st.decimals(min_value=0, max_value=400, places=4).map(str))
LINES = st.lists(st.tuples(st.sampled_from(SERVICES), st.integers(-3, 12), PRICES), max_size=7)
RULES = (
    counts("Helpdesk*", "count: people, of: m365/users, where: {enabled: true}", "people"),
    Rule(f"{{id: pair, bundle: '41', contains: [{{service: {WORKSTATION}}}, {{service: {SERVER}, units: 2}}]}}"),
)


@st.composite
def parts(draw: st.DrawFn) -> list[Any]:
    """A client with some lines, machines, people and seats; sometimes a list was not read."""
    lines = [
        one
        for number, (name, quantity, price) in enumerate(draw(LINES), start=1)
        for one in bills(name, quantity, line=number, price=price)
    ]
    people = [person(f"P{place}") for place in range(draw(st.integers(0, 5)))]
    return [
        *RULES,
        *[service(name) for name in draw(st.lists(st.sampled_from(SERVICES), max_size=4))],
        *lines,
        *draw(st.sampled_from([[], bundle("41", 2), bundle("42", 1)])),
        *agents(draw(st.integers(0, 9))),
        *agents(draw(st.integers(0, 4)), "SRV", device_class="server"),
        *people,
        *draw(st.sampled_from([[], [seats("SPB", 4)], [seats("SPB", None)]])),
        *([Same(("P0", "P1"))] if len(people) > 1 and draw(st.booleans()) else []),
        *draw(st.sampled_from([[], [Unread("sophos/endpoints")], [Unread("m365/users")]])),
    ]


@given(parts())
def test_every_sum_is_that_of_its_parts_to_the_cent(given_parts: list[Any]) -> None:
    made = reconcile(World().put(given_parts).links())

    for position in made.positions:
        if position.actual is not None:
            assert position.actual == sum(thing.quantity for thing in position.counted)
        if position.billed is not None:
            assert position.billed == sum(line.units for line in position.lines)
        if position.difference is not None and position.lines:
            assert position.difference == sum(line.difference or 0 for line in position.lines)
        if position.money is not None and position.lines:
            assert position.money == sum((line.money or Decimal(0) for line in position.lines), Decimal(0))
    amounts = [position.money for position in made.positions if position.money is not None]
    assert sum((one.net for one in totals(made.positions)), Decimal(0)) == sum(amounts, Decimal(0))
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in amounts)


@given(parts(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_read_does_not_matter(given_parts: list[Any], random: Any) -> None:
    world = World().put(given_parts)
    other = World(**{**vars(world), "things": dict(random.sample(sorted(world.things.items()), len(world.things)))})

    assert document([("k", reconcile(other.links()))]) == document([("k", reconcile(world.links()))])


@given(parts())
def test_what_no_rule_counts_changes_nothing(given_parts: list[Any]) -> None:
    unrelated = [managed("tablet"), seats("VISIOCLIENT", 7), *agents(2, "MOB", device_class="mobile")]
    without, beside = World().put(given_parts), World().put([*given_parts, *unrelated])

    assert reconcile(beside.links()).positions == reconcile(without.links()).positions


@given(parts())
def test_every_line_that_bills_is_in_the_result(given_parts: list[Any]) -> None:
    world = World().put(given_parts)
    lines = {one.id for one in world.things.values() if one.kind == "contract_line"}
    shown = {line.entity_id for one in reconcile(world.links()).positions for line in one.lines}

    assert shown == lines


@given(st.integers(0, 9), st.integers(0, 9), PRICES)
def test_one_unit_more_in_use_is_one_unit_more_of_difference(billed: int, used: int, price: str | None) -> None:
    def difference(number: int) -> int:
        [position] = reconcile(World().put([bills(WORKSTATION, billed, price=price), agents(number)]).links()).positions
        assert row(position).split(" | ")[1] == (
            "matched" if number == billed else "under" if number > billed else "over"
        )
        return position.difference or 0

    assert difference(used + 1) - difference(used) == 1
