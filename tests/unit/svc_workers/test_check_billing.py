"""under_billed and over_billed: the count, the period, the money, and what must be known first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.svc_workers.reconciling import SERVER, WORKSTATION, Rule, World, agents, bills, bundle, service

from svc_workers.checks import over_billed, under_billed
from svc_workers.verdict import Finding, Ok, Unknown

Build = Callable[..., Any]
TOMORROW = datetime(2026, 11, 24, tzinfo=UTC)


def _agents(device: Build, number: int, **fields: Any) -> tuple[Any, ...]:
    return tuple(device(f"PC-{place}", "sophos/endpoints", **fields) for place in range(number))


def test_more_in_use_than_billed_is_under_billed(line: Build, device: Build, links: Build) -> None:
    subject, near = line(units=3)
    around = links(near, _agents(device, 5))
    verdict = under_billed.CHECK.verdict(subject, around)

    assert isinstance(verdict, Finding)
    assert verdict.severity == "high"
    assert verdict.title == "2 units used are not billed: Endpoint Protection - Workstation"
    assert (verdict.evidence["billed"], verdict.evidence["actual"], verdict.evidence["difference"]) == (3, 5, 2)
    assert verdict.evidence["money_difference"] == Decimal("9.00")
    assert over_billed.CHECK.verdict(subject, around) == Ok(recheck_at=TOMORROW)


def test_less_in_use_than_billed_is_over_billed(line: Build, device: Build, links: Build) -> None:
    subject, near = line(units=3)
    around = links(near, _agents(device, 1))
    verdict = over_billed.CHECK.verdict(subject, around)

    assert isinstance(verdict, Finding)
    assert verdict.severity == "medium"
    assert verdict.evidence["money_difference"] == Decimal("-9.00")
    assert isinstance(under_billed.CHECK.verdict(subject, around), Ok)


def test_only_endpoints_of_the_class_that_were_seen_within_thirty_days_count(
    line: Build, device: Build, links: Build, now: datetime
) -> None:
    subject, near = line(units=1)
    counted = (
        device("used", "sophos/endpoints"),
        device("silent", "sophos/endpoints", last_seen_at=now - timedelta(days=31)),
        device("server", "sophos/endpoints", device_class="server"),
        device("intune"),
    )
    around = links(near, counted)

    assert isinstance(under_billed.CHECK.verdict(subject, around), Ok)
    assert isinstance(over_billed.CHECK.verdict(subject, around), Ok)


def test_business_premium_is_counted_in_seats_bought(line: Build, licence: Build, links: Build) -> None:
    subject, near = line(service="Microsoft 365 Business Premium", units=8)
    verdict = under_billed.CHECK.verdict(subject, links(near, (licence(bought=10), licence("O365_F1", bought=50))))
    untold = under_billed.CHECK.verdict(subject, links(near, (licence(bought=None),)))

    assert isinstance(verdict, Finding)
    assert verdict.evidence["actual"] == 10
    assert isinstance(untold, Unknown)


def test_the_last_day_of_a_period_is_covered(line: Build, links: Build) -> None:
    last, gone = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
    covered, near = line(units=0, period={"ends_at": last})
    uncovered, far = line(units=0, period={"ends_at": gone})

    assert isinstance(under_billed.CHECK.verdict(covered, links(near)), Ok)
    assert isinstance(under_billed.CHECK.verdict(uncovered, links(far)), Unknown)


def test_the_answer_is_looked_at_again_when_the_first_thing_can_change(
    line: Build, device: Build, links: Build, now: datetime
) -> None:
    subject, near = line(units=1)
    leaving = device("leaving", "sophos/endpoints", last_seen_at=now - timedelta(days=30) + timedelta(minutes=5))

    assert under_billed.CHECK.verdict(subject, links(near, (leaving,))) == Ok(recheck_at=now + timedelta(minutes=5))


def test_a_period_to_come_is_waited_for(line: Build, links: Build) -> None:
    starts = datetime(2026, 12, 1, tzinfo=UTC)
    subject, near = line(period={"starts_at": starts, "ends_at": datetime(2026, 12, 31, tzinfo=UTC)})
    verdict = under_billed.CHECK.verdict(subject, links(near))

    assert isinstance(verdict, Unknown)
    assert verdict.recheck_at == starts


@pytest.mark.parametrize(
    "changes",
    [
        {"service": "Backup"},
        {"contract": {"active": False}},
        {"contract": {"ends_at": datetime(2026, 11, 22, tzinfo=UTC)}},
        {"contract": {"starts_at": datetime(2026, 11, 24, tzinfo=UTC)}},
    ],
)
def test_what_cannot_be_counted_or_does_not_run_is_ok(
    line: Build, device: Build, links: Build, changes: dict[str, Any]
) -> None:
    subject, near = line(**changes)

    assert isinstance(under_billed.CHECK.verdict(subject, links(near, _agents(device, 9))), Ok)


@pytest.mark.parametrize(
    ("changes", "around", "waits_for"),
    [
        ({"client": None}, {}, None),
        ({}, {"vendors": ("m365", "autotask")}, "sophos/endpoints"),
        ({}, {"incomplete": ("sophos/endpoints",)}, "sophos/endpoints"),
        ({"contract": {"active": None}}, {}, None),
    ],
)
def test_what_is_not_known_is_unknown(
    line: Build, links: Build, changes: dict[str, Any], around: dict[str, Any], waits_for: str | None
) -> None:
    subject, near = line(**changes)
    verdict = over_billed.CHECK.verdict(subject, links(near, **around))

    assert isinstance(verdict, Unknown)
    assert verdict.waits_for == waits_for


@pytest.mark.parametrize("relation", ["line_service", "line_contract", "line_units"])
def test_a_line_without_one_of_its_parts_is_unknown(line: Build, links: Build, relation: str) -> None:
    subject, near = line()
    del near[relation]

    assert isinstance(over_billed.CHECK.verdict(subject, links(near)), Unknown)


def test_without_a_price_there_is_no_money(line: Build, device: Build, links: Build) -> None:
    subject, near = line(units=0, price=None)
    verdict = under_billed.CHECK.verdict(subject, links(near, _agents(device, 2)))

    assert isinstance(verdict, Finding)
    assert verdict.evidence["money_difference"] is None


def test_a_difference_of_two_lines_is_told_of_at_each_with_its_share() -> None:
    older, newer = bills(WORKSTATION, 3, price="10.00"), bills(WORKSTATION, 4, line=2, price="12.00")
    [first], [second] = ([one for one in lines if one.kind == "contract_line"] for lines in (older, newer))

    def money(number: int) -> list[Any]:
        around = World().put([older, newer, agents(number)]).links()
        verdicts = [
            check.CHECK.verdict(one, around) for check in (under_billed, over_billed) for one in (first, second)
        ]
        return [one.evidence["money_difference"] if isinstance(one, Finding) else None for one in verdicts]

    assert money(9) == [None, Decimal("24.00"), None, None]
    assert money(5) == [None, None, None, Decimal("-24.00")]
    assert money(2) == [None, None, Decimal("-10.00"), Decimal("-48.00")]


def test_a_bundle_that_differs_in_two_services_tells_of_both_and_one_nobody_described_of_none() -> None:
    contents = f"{{id: pair, bundle: '41', contains: [{{service: {WORKSTATION}}}, {{service: {SERVER}, units: 2}}]}}"
    parts = [service(WORKSTATION), service(SERVER), bundle("41", 2), agents(1)]
    line = next(one for one in bundle("41", 2) if one.kind == "contract_line")
    verdict = over_billed.CHECK.verdict(line, World().put([Rule(contents), *parts]).links())

    assert isinstance(verdict, Finding)
    assert verdict.title == f"5 units billed are not used: {SERVER}, {WORKSTATION}"
    assert [verdict.evidence["difference"], *(one["difference"] for one in verdict.evidence["also"])] == [-4, -1]
    assert isinstance(over_billed.CHECK.verdict(line, World().put(parts).links()), Unknown)
