"""Billed against actual, for one contract line at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mspbyte_common.models import Contract, ContractLine, ContractUnit, Service
from svc_workers.billing_rules import BillingRule, rule_for
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Unknown, unknown

DAY = timedelta(days=1)
"""The PSA's dates are midnights that stand for days: an end date is the last day that still counts."""


@dataclass(frozen=True)
class Comparison:
    """Units billed for the period that covers the moment, against units in use."""

    service: str
    counts: str
    contract: str | None
    billed: int
    actual: int
    unit_price: Decimal | None
    starts_at: datetime
    ends_at: datetime
    until: datetime
    """When time alone may change the answer."""

    @property
    def difference(self) -> int:
        """Units in use that are not billed; negative where more is billed than used."""
        return self.actual - self.billed

    @property
    def money(self) -> Decimal | None:
        """The difference at the unit price; None where the line has no price."""
        return None if self.unit_price is None else self.unit_price * self.difference

    def evidence(self) -> dict[str, Any]:
        """The facts, as a finding keeps them."""
        return {
            "service": self.service,
            "contract": self.contract,
            "counted": self.counts,
            "billed": self.billed,
            "actual": self.actual,
            "difference": self.difference,
            "unit_price": self.unit_price,
            "money_difference": self.money,
            "period": {"starts_at": self.starts_at, "ends_at": self.ends_at},
        }


@dataclass(frozen=True)
class NotApplicable:
    """Nothing to compare: no rule counts the service, or the contract does not run now."""

    until: datetime | None = None


def compare(subject: Subject[ContractLine], links: Links) -> Comparison | NotApplicable | Unknown:
    """Compares a line, or says why it cannot."""
    if subject.model.bundle_id is not None:
        return unknown("the line is a bundle, and what is in it is not read")
    services = links.related("line_service", Service)
    if not services:
        return unknown("the line's service is not known", "autotask/Services")
    rule = rule_for(services[0].model.name)
    if rule is None:
        return NotApplicable()
    contracts = links.related("line_contract", Contract)
    if not contracts:
        return unknown("the line's contract is not known", "autotask/Contracts")
    contract = contracts[0].model
    return _idle(contract, links.now) or _units(subject, links, rule, contract)


def _idle(contract: Contract, now: datetime) -> NotApplicable | Unknown | None:
    """Why a contract bills nothing now; None for one that runs."""
    if contract.active is None:
        return unknown("whether the contract is active is not known")
    if not contract.active or (contract.ends_at is not None and now >= contract.ends_at + DAY):
        return NotApplicable()
    if contract.starts_at is not None and contract.starts_at > now:
        return NotApplicable(contract.starts_at)
    return None


def _units(subject: Subject[ContractLine], links: Links, rule: BillingRule, contract: Contract) -> Comparison | Unknown:
    if subject.client_id is None:
        return unknown("the contract's client is not known")
    periods = [unit.model for unit in links.related("line_units", ContractUnit)]
    covering = [period for period in periods if period.starts_at <= links.now < period.ends_at + DAY]
    if not covering:
        later = min((period.starts_at for period in periods if period.starts_at > links.now), default=None)
        return unknown("no billing period covers today", "autotask/ContractServiceUnits", recheck_at=later)
    if not links.has_account(rule.vendor):
        return unknown(f"the client has no {rule.vendor} account that can be read", rule.needs)
    if links.freshness(rule.vendor, rule.resource) is None:
        return unknown(f"{rule.needs} was not read in full lately", rule.needs)
    count = rule.count(links)
    if count.actual is None:
        return unknown(f"{rule.needs} does not tell how many there are")
    period = max(covering, key=lambda unit: (unit.starts_at, unit.unit_id))
    return Comparison(
        service=rule.service,
        counts=rule.counts,
        contract=contract.name,
        billed=period.units,
        actual=count.actual,
        unit_price=subject.model.unit_price,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        until=_until(links.now, period, contract, count.until),
    )


def _until(now: datetime, period: ContractUnit, contract: Contract, counted: datetime | None) -> datetime:
    """The first of: the period's end, the contract's, a device falling silent, and tomorrow.

    Tomorrow, because what moves to another client wakes only the lines of the new one.
    """
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    ends = [period.ends_at + DAY, tomorrow]
    if contract.ends_at is not None:
        ends.append(contract.ends_at + DAY)
    if counted is not None:
        ends.append(counted)
    return min(ends)
