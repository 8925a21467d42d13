"""Findings as tables: by severity, by check, and each with its evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from svc_workers.reports.estate import SEVERITIES, StandingFinding
from svc_workers.reports.model import Chart, Column, Row, Table, summed
from svc_workers.reports.report import Section
from svc_workers.shipped import CHECKS

PRINTED: Final = 20
"""Findings of one check that a page shows: whoever has more of them works with the table, not with the page."""
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+]00:00)")


def findings_section(checks: frozenset[str]) -> Section:
    """The client's open findings of these checks, each with what it rests on and what to do."""
    return Section(
        "findings",
        "Open findings",
        "What the checks found, the gravest first, with the facts each rests on and what to do.",
        lambda facts: (in_detail(facts.open(checks)),),
    )


def by_severity(found: Iterable[StandingFinding]) -> Table:
    """How many of each severity."""
    counts = Counter(one.severity for one in found)
    rows: tuple[Row, ...] = tuple((severity, counts[severity]) for severity in SEVERITIES)
    return Table(
        name="severities",
        caption="Open findings by severity",
        columns=(Column("severity", "Severity", "severity"), Column("open", "Open", "number")),
        rows=rows,
        total=summed(rows),
        chart=Chart("bars", "severity", ("open",), "Open findings by severity"),
    )


def by_check(found: Iterable[StandingFinding], most: int) -> Table:
    """The checks with the gravest findings, and what to do about them."""
    counts: Counter[str] = Counter()
    worst: dict[str, int] = {}
    for one in found:
        counts[one.check_name] += 1
        worst[one.check_name] = min(SEVERITIES.index(one.severity), worst.get(one.check_name, len(SEVERITIES)))
    ordered = sorted(counts, key=lambda name: (worst[name], -counts[name], name))
    left = len(ordered) - most
    return Table(
        name="first",
        caption="What to do first",
        columns=(
            Column("finding", "Finding"),
            Column("remedy", "What to do", under="finding"),
            Column("severity", "Gravest", "severity"),
            Column("open", "Open", "number"),
        ),
        rows=tuple((title(name), remedy(name), SEVERITIES[worst[name]], counts[name]) for name in ordered[:most]),
        notes=(f"{left} further kinds of findings are less grave, or fewer.",) if left > 0 else (),
    )


def in_detail(found: Iterable[StandingFinding]) -> Table:
    """Each finding."""
    rows = [
        (title(one.check_name), remedy(one.check_name), one.severity, one.title or title(one.check_name),
         words(one.evidence), "" if one.state == "open" else one.state, one.opened_at)
        for one in found
    ]  # fmt: skip
    return Table(
        name="findings",
        caption="Open findings with their evidence",
        columns=(
            Column("check", "Check"),
            Column("remedy", "What to do", under="check"),
            Column("severity", "Severity", "severity"),
            Column("finding", "Finding"),
            Column("evidence", "Evidence", under="finding"),
            Column("state", "State", under="severity"),
            Column("since", "Since", "day"),
        ),
        rows=tuple(rows),
        group="check",
        printed=PRINTED,
        empty="There are no open findings.",
    )


def title(check: str) -> str:
    """What a check is called; its name, where this release no longer has it."""
    return CHECKS[check].title if check in CHECKS else check


def remedy(check: str) -> str:
    """What to do about its findings."""
    return CHECKS[check].remedy if check in CHECKS else ""


def words(value: Any) -> str:
    """Evidence for a reader: 'serial: C02, user: ann'; what is not known is left out."""
    if isinstance(value, dict):
        said = {name.replace("_", " "): words(part) for name, part in value.items() if part not in (None, "", [], {})}
        return ", ".join(f"{name}: {text}" for name, text in said.items())
    if isinstance(value, list):
        return "; ".join(words(part) for part in value)
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return f"{datetime.fromisoformat(value):%-d %b %Y, %H:%M} UTC"
    return str(value)
