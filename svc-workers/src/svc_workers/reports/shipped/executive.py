"""The one-pager: how a client stands, and what to do first."""

from __future__ import annotations

from typing import Final

from svc_workers.reports.estate import Facts
from svc_workers.reports.findings import by_check, by_severity
from svc_workers.reports.fleet import ranking, trend
from svc_workers.reports.report import Measure, Report, Section
from svc_workers.reports.shipped.licences import DEPARTED, UNBILLED, UNUSED
from svc_workers.reports.shipped.posture import ADMINS, MFA, PROTECTED, TAMPER
from svc_workers.shipped import CHECKS as ALL

CHECKS: Final = frozenset(ALL)
FIRST: Final = 5
"""How many kinds of findings fit on the page."""


def _grave(facts: Facts) -> int:
    return sum(one.severity in {"critical", "high"} for one in facts.open(CHECKS))


GRAVE = Measure("grave", "Open findings, critical and high", _grave, short="Grave findings")

REPORT = Report(
    name="executive",
    title="Executive summary",
    lead="How things stand, and what to do first.",
    measures=(GRAVE, ADMINS, MFA, PROTECTED, TAMPER, UNBILLED, UNUSED, DEPARTED),
    sections=(
        Section("findings", "Findings", "", lambda facts: (by_severity(facts.open(CHECKS)),)),
        Section("first", "What to do first", "", lambda facts: (by_check(facts.open(CHECKS), FIRST),)),
    ),
    fleet=(ranking((GRAVE, MFA, PROTECTED, UNBILLED, UNUSED, DEPARTED)), trend(CHECKS)),
    checks=CHECKS,
)
