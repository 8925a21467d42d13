"""Data quality: how fresh what we know is, what could not be read, and what does not fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from svc_workers.reports.estate import Estate, Facts, Fault
from svc_workers.reports.findings import findings_section
from svc_workers.reports.fleet import ranking, trend
from svc_workers.reports.model import Column, Share, Table, Value
from svc_workers.reports.report import FleetSection, Measure, Report, Section
from svc_workers.reports.shipped import coverage, licences, posture
from svc_workers.reports.shown import called
from svc_workers.shipped import CHECKS as ALL

CHECKS: Final = frozenset(ALL) - coverage.CHECKS - licences.CHECKS - posture.CHECKS
"""Whatever the other reports are not about: accounts, companies, contacts, mapping."""
FAULTS: Final = (
    Column("list", "List"),
    Column("state", "State"),
    Column("rule", "What is wrong"),
    Column("field", "Field", under="rule"),
    Column("records", "Records", "number"),
    Column("since", "Since", "day"),
)
UNKEPT: Final = "issues and quarantined records are known as they are now, not as they were"


def _fresh(facts: Facts) -> Value:
    lists = facts.freshness.lists()
    return Share(sum(one.current_at is not None for one in lists), len(lists)) if lists else None


def _records(facts: Facts, state: str) -> Value:
    return None if facts.faults is None else sum(fault.records for fault in facts.faults if fault.state == state)


FRESH = Measure("fresh", "Lists that are fresh", _fresh, unit="share", short="Fresh lists")
ISSUES = Measure(
    "issues",
    "Values that need a person",
    lambda facts: _records(facts, "issue"),
    remembered=False,
    short="Values to mend",
)
QUARANTINED = Measure(
    "quarantined",
    "Records that could not be read",
    lambda facts: _records(facts, "quarantined"),
    remembered=False,
    short="Records not read",
)
MISFITS = Measure(
    "findings", "Open findings on records and accounts", lambda facts: len(facts.open(CHECKS)), short="Open findings"
)


def _freshness(facts: Facts) -> tuple[Table, ...]:
    return (
        Table(
            "freshness",
            "Freshness by vendor and list",
            (
                Column("vendor", "Vendor"),
                Column("list", "List"),
                Column("problems", "What stands in the way", under="list"),
                Column("accounts", "Accounts", "number"),
                Column("known_until", "Known until", "moment"),
            ),
            tuple(
                (called(one.vendor), one.resource, "; ".join(one.problems), one.accounts, one.current_at)
                for one in facts.freshness.lists()
            ),
            empty="No account of any vendor is mapped to this client.",
        ),
    )


def _faults(faults: Iterable[Fault] | None) -> Table:
    caption = "Issues and quarantined records"
    if faults is None:
        return Table("faults", caption, FAULTS, None, why=UNKEPT)
    rows = [
        (f"{called(one.vendor)} / {one.resource}", one.state, one.rule, one.field, one.records, one.since)
        for one in faults
    ]
    return Table("faults", caption, FAULTS, tuple(rows), empty="Every record could be read and repaired.")


def _accounts(estate: Estate) -> tuple[Table, ...]:
    columns = (
        Column("vendor", "Vendor"),
        Column("account", "Account"),
        Column("problem", "What stands in the way", under="account"),
        Column("state", "State"),
        Column("client", "Client"),
    )
    caption = "Accounts that are not mapped, or cannot be read"
    if estate.past:
        why = "whose an account was, and whether it could be read, is known as it is now"
        return (Table("accounts", caption, columns, None, why=why),)
    rows = tuple(
        (called(one.vendor), one.name, one.problem or "", one.state, one.client or "")
        for one in estate.accounts
        if one.state == "unmapped" or (one.problem is not None and one.state != "excluded")
    )
    return (Table("accounts", caption, columns, rows, empty="Every account is mapped and can be read."),)


REPORT = Report(
    name="quality",
    title="Data quality",
    lead="How fresh what we know is, what could not be read, and what does not fit.",
    measures=(FRESH, ISSUES, QUARANTINED, MISFITS),
    sections=(
        Section(
            "freshness",
            "Sources",
            "Until when the changes of each list are known. What rests on a list without a date is no data, never zero.",
            _freshness,
        ),
        Section(
            "faults",
            "Records that do not fit",
            "What no rule could repair, and what could not be read at all.",
            lambda facts: (_faults(facts.faults),),
        ),
        findings_section(CHECKS),
    ),
    fleet=(
        ranking((FRESH, ISSUES, QUARANTINED, MISFITS)),
        FleetSection(
            "accounts", "Accounts", "Tenants whose client nobody named yet, and those that cannot be read.", _accounts
        ),
        FleetSection(
            "unowned",
            "Records of no client",
            "What does not fit and belongs to no client.",
            lambda estate: (_faults(estate.unowned),),
        ),
        trend(CHECKS),
    ),
    checks=CHECKS,
)
