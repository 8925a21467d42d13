"""Findings over a simulated month: each opens and resolves on the day its truth changes, and a silent vendor changes none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.derived.clock import Clock, simulated_clock
from tests.integration.derived.estates import Estate, open_estate
from tests.unsure import MISTAKEN, UNSURE

from mspbyte_common.reconciliation.book import RuleBook
from svc_workers.reconciliation.reads import with_rules
from svc_workers.shipped import CHECKS
from vendor_sim.days import play
from vendor_sim.moments import noon
from vendor_sim.truth import truth

DAYS = int(os.environ.get("MSPBYTE_TEST_DAYS", "5"))
CLIENTS = int(os.environ.get("MSPBYTE_TEST_CLIENTS", "1"))
SEED = int(os.environ.get("MSPBYTE_TEST_SEED", "1"))
"""MSPBYTE_TEST_DAYS=30 MSPBYTE_TEST_CLIENTS=7 is the month of a whole estate."""
OUTAGE = range(DAYS // 2, DAYS // 2 + 2)
"""The days on which Sophos answers nothing."""
BY_ACCOUNT = {"account_unmapped"}
"""Told of accounts, which are mapped and reached otherwise here: the whole fleet is compared elsewhere."""
TOUCHED = {
    check.name
    for check in CHECKS.values()
    if any(need.startswith("sophos/") for need in with_rules(check, RuleBook()).needs)
    or check.kind.NAME in {"device", "alert"}
    or "same_device" in check.relations
}
"""Checks that Sophos has a part in: in its outage they say nothing new, and nothing is resolved."""

Subject = tuple[str, ...]
Finding = tuple[str, Subject]


@dataclass
class Month:
    """What stood, what was not known and what was true, day by day."""

    standing: list[set[Finding]] = field(default_factory=list)
    unsure: list[set[Finding]] = field(default_factory=list)
    true: list[set[Finding]] = field(default_factory=list)
    stale: list[set[str]] = field(default_factory=list)


@pytest.fixture
def clock(database: Any) -> Iterator[Clock]:
    """The database's own time, which moves with the estate's days."""
    with simulated_clock(database) as held:
        yield held


def _findings(database: Any, table: str, where: str) -> set[Finding]:
    return {
        (check, tuple(subject))
        for check, *subject in database.execute(
            f"""
            SELECT t.check_name, e.vendor, CASE WHEN e.vendor = 'autotask' THEN '' ELSE a.external_id END, e.resource,
                   e.external_id
            FROM {table} t JOIN entity e ON e.id = t.subject_id JOIN account a ON a.id = e.account_id WHERE {where}
            """
        )
    }


def _true(estate: Estate, database: Any) -> set[Finding]:
    read = set(
        database.execute(
            """
            SELECT DISTINCT e.vendor, CASE WHEN e.vendor = 'autotask' THEN '' ELSE a.external_id END, e.resource
            FROM entity e JOIN account a ON a.id = e.account_id
            """
        )
    )
    return {
        (check, tuple(subject))
        for check, subjects in truth(estate.bench.world.estate)["findings"].items()
        for subject in subjects
        if check not in BY_ACCOUNT and tuple(subject[:3]) in read
    }


async def _lived(estate: Estate, database: Any, clock: Clock) -> Month:
    month = Month()
    for day in range(DAYS):
        if day:
            play(estate.bench.world.estate)
        clock.at(noon(estate.bench.world.estate.as_of))
        if day in OUTAGE:
            await estate.bench.fault("sophos", times=-1, action="status:503")
        await estate.catch_up()
        await estate.bench.mend("sophos")
        month.standing.append(_findings(database, "finding", "t.state IN ('open', 'regressed')"))
        month.unsure.append(_findings(database, "recheck", "t.why IS NOT NULL"))
        month.true.append(_true(estate, database))
        stale = database.execute(
            """
            SELECT DISTINCT a.vendor FROM finding f JOIN account a ON a.id = f.subject_id
            WHERE f.check_name = 'stale_data' AND f.state IN ('open', 'regressed')
            """
        )
        month.stale.append({vendor for (vendor,) in stale})
    return month


async def test_each_finding_follows_its_truth_day_by_day_and_an_outage_changes_none(
    database: Any, clock: Clock
) -> None:
    estate = await open_estate(database, SEED, CLIENTS, datetime.now(UTC).date())
    await estate.register()
    try:
        month = await _lived(estate, database, clock)
    finally:
        await estate.bench.world.http.aclose()
    assert {day: vendors for day, vendors in enumerate(month.stale) if vendors} == {day: {"sophos"} for day in OUTAGE}
    wrong = {}
    judged = {check for check, _ in set.union(*month.true)}
    for day, (stood, unsure, true) in enumerate(zip(month.standing, month.unsure, month.true, strict=True)):
        standing = {one for one in stood if one[0] in judged}
        silent = {one for one in true ^ standing if day in OUTAGE and one[0] in TOUCHED}
        if day in OUTAGE:
            before = month.standing[day - 1]
            assert {one for one in stood - before if one[0] in TOUCHED} == set(), "an outage opened a finding"
            assert {one for one in before - stood if one[1][0] == "sophos"} == set(), "an outage resolved a finding"
        excused = {(check, subject) for check, said in UNSURE.items() for name, subject in unsure if name == said}
        mistaken = {(check, subject) for check, right in MISTAKEN.items() for name, subject in true if name == right}
        righted = {(right, subject) for check, right in MISTAKEN.items() for name, subject in standing if name == check}
        more = standing - true - mistaken - silent
        missed = true - standing - excused - righted - silent
        if more or missed:
            wrong[day] = (more, missed)
    assert wrong == {}
    assert any(one != other for one, other in zip(month.true, month.true[1:], strict=False)), "nothing happened"
    again = """
        SELECT check_name, state, severity FROM (
            SELECT f.check_name, e.finding_id, e.state, e.severity, e.at::date AS day,
                   lag((e.state, e.severity)) OVER (PARTITION BY finding_id ORDER BY e.id) AS before,
                   count(*) OVER (PARTITION BY finding_id, e.at::date) AS of_day
            FROM finding_event e JOIN finding f ON f.id = e.finding_id
        ) events WHERE before = (state, severity) OR of_day > 1
    """
    assert database.execute(again) == [], "told twice"
