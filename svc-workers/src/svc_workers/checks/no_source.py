"""Contract lines that nothing proves."""

from __future__ import annotations

from datetime import timedelta

from mspbyte_common.models import Contract, ContractLine, ContractUnit, Service
from svc_workers.billing_rules import NEEDS, rule_for
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown

DAY = timedelta(days=1)
"""A period's end is a midnight that stands for the day that begins with it."""


def evaluate(subject: Subject[ContractLine], links: Links, _params: NoParams) -> Verdict:
    """What a line bills must be countable: its client needs an account of the vendor that counts the service."""
    services = links.related("line_service", Service)
    if not services:
        return (
            ok()
            if subject.model.service_id is None
            else unknown("the line's service is not known", "autotask/Services")
        )
    rule = rule_for(services[0].model.name)
    if rule is None:
        return ok()
    contracts = links.related("line_contract", Contract)
    if not contracts or contracts[0].model.active is None or subject.client_id is None:
        return unknown("whether the line's contract runs, and for whom, is not known", "autotask/Contracts")
    periods = [unit.model for unit in links.related("line_units", ContractUnit)]
    bounds = [moment for period in periods for moment in (period.starts_at, period.ends_at + DAY)]
    later = min((moment for moment in bounds if moment > links.now), default=None)
    billed = sum(period.units for period in periods if period.starts_at <= links.now < period.ends_at + DAY)
    if not contracts[0].model.active or billed <= 0 or links.has_account(rule.vendor):
        return ok(recheck_at=later)
    return finding(
        CHECK.severity,
        {
            "service": rule.service,
            "contract": contracts[0].model.name,
            "billed": billed,
            "unit_price": subject.model.unit_price,
            "vendor": rule.vendor,
            "counted": rule.counts,
        },
        f"{billed} units of {rule.service} are billed, and no {rule.vendor} account proves them",
        recheck_at=later,
    )


CHECK = Check(
    name="no_source",
    kind=ContractLine,
    title="Billed without a source",
    why="Nobody can tell whether the units are right, nor show the client what it pays for.",
    remedy="Map the client's account of the vendor (mspctl account list --state unmapped), or end the line.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
    relations=("line_contract", "line_service", "line_units"),
    needs=NEEDS,
)
