"""Clients under contract that lack an account of a vendor every client should have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mspbyte_common.models import Company, Contract
from svc_workers.check import Check
from svc_workers.companies import CONTRACTS, MSP, runs
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown


@dataclass(frozen=True)
class Params:
    """`expected`: the vendors of which each client has an account; `grace_days`: how long a new company has for it."""

    expected: tuple[str, ...] = ("m365", "sophos")
    grace_days: int = 30


def evaluate(subject: Subject[Company], links: Links, params: Params) -> Verdict:
    """An active company with a running contract must have an account of each vendor that is expected."""
    company = subject.model
    if company.active is None:
        return unknown("whether the company is active is not known")
    missing = [vendor for vendor in params.expected if not links.has_account(vendor)]
    if not company.active or company.company_id == MSP or not missing:
        return ok()
    contract = runs(subject, links)
    if not isinstance(contract, Contract):
        return contract
    until = company.created_at + timedelta(days=params.grace_days) if company.created_at else None
    if until is not None and until > links.now:
        return ok(recheck_at=until)
    return finding(
        CHECK.severity,
        {"company": company.name, "contract": contract.name, "missing": missing},
        f"{company.name} has no account of {', '.join(missing)}",
    )


CHECK = Check(
    name="onboarding_incomplete",
    kind=Company,
    title="Onboarding is not complete",
    why="What the client pays for is not set up, or is there and counted for nobody.",
    remedy="Set the vendor up for the client, or map its account (mspctl account list --state unmapped).",
    severity="low",
    params=Params(),
    evaluate=evaluate,
    relations=("contract_of", "same_company"),
    needs=(CONTRACTS,),
)
