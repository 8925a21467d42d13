"""What a client uses and no contract line bills."""

from __future__ import annotations

from mspbyte_common.models import Company, Contract, ContractLine, ContractUnit, Service
from svc_workers.billing_rules import BILLING_RULES, NEEDS, BillingRule, rule_for
from svc_workers.check import Check, NoParams
from svc_workers.companies import CONTRACTS, DAY, MSP
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Unknown, Verdict, finding, ok, unknown

LISTS = (CONTRACTS, "autotask/ContractServices", "autotask/ContractServiceUnits", "autotask/Services")
BUNDLES = "autotask/ContractServiceBundles"


def evaluate(subject: Subject[Company], links: Links, _params: NoParams) -> Verdict:
    """Of each service that can be counted and is in use, some line of a running contract must bill units today."""
    company = subject.model
    if company.company_id == MSP:
        return ok()
    missing = unread(subject, links, *LISTS)
    if missing is not None:
        return missing
    tomorrow = links.now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    billed = _billed(links)
    found, untold = [], None
    for rule in BILLING_RULES:
        if not links.has_account(rule.vendor) or rule.service in billed:
            continue
        used = _used(rule, links)
        if isinstance(used, Unknown):
            untold = used
        elif used:
            found.append({"service": rule.service, "used": used, "counted": rule.counts})
    if untold is not None and not found:
        return untold
    if not found:
        return ok(recheck_at=tomorrow)
    if _has_bundles(links):
        return unknown("the client has a bundle, and what is in it is not read", BUNDLES, recheck_at=tomorrow)
    services = ", ".join(str(one["service"]) for one in found)
    return finding(
        CHECK.severity,
        {"company": company.name, "unbilled": found},
        f"{company.name} uses what no contract line bills: {services}",
        recheck_at=tomorrow,
    )


def _used(rule: BillingRule, links: Links) -> int | Unknown:
    if links.freshness(rule.vendor, rule.resource) is None:
        return unknown(f"{rule.needs} was not read in full lately", rule.needs)
    used = rule.count(links).actual
    return unknown(f"{rule.needs} does not tell how many there are") if used is None else used


def _running(links: Links) -> frozenset[str]:
    """Ids of the client's contracts that run now."""
    contracts = links.of_client(Contract, vendor="autotask", resource="Contracts")
    return frozenset(
        one.model.contract_id
        for one in contracts
        if one.model.active
        and (one.model.starts_at is None or one.model.starts_at <= links.now)
        and (one.model.ends_at is None or links.now < one.model.ends_at + DAY)
    )


def _billed(links: Links) -> frozenset[str]:
    """The services of which a running contract bills units today."""
    running = _running(links)
    names = {one.model.service_id: one.model.name for one in links.of_account(Service, resource="Services")}
    units = links.of_client(ContractUnit, vendor="autotask", resource="ContractServiceUnits")
    today = {
        one.model.line_id
        for one in units
        if one.model.units > 0 and one.model.starts_at <= links.now < one.model.ends_at + DAY
    }
    lines = links.of_client(ContractLine, vendor="autotask", resource="ContractServices")
    rules = (
        rule_for(names.get(one.model.service_id or "", ""))
        for one in lines
        if one.model.contract_id in running and one.model.line_id in today
    )
    return frozenset(rule.service for rule in rules if rule is not None)


def _has_bundles(links: Links) -> bool:
    running = _running(links)
    bundles = links.of_client(ContractLine, vendor="autotask", resource="ContractServiceBundles")
    return any(one.model.contract_id in running for one in bundles)


CHECK = Check(
    name="unbilled",
    kind=Company,
    title="Used and not under contract",
    why="The MSP pays the vendor for what it bills to nobody.",
    remedy="Add a line for the service to the client's contract, or take the service back.",
    severity="high",
    params=NoParams(),
    evaluate=evaluate,
    client_kinds=("contract", "contract_line", "contract_unit", "device", "licence"),
    account_kinds=("service",),
    needs=(*NEEDS, *LISTS, BUNDLES),
)
