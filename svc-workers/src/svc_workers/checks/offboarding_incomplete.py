"""Former clients whose accounts still live."""

from __future__ import annotations

from mspbyte_common.models import Company, Tenant
from svc_workers.check import Check, NoParams
from svc_workers.companies import COMPANIES, MSP
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[Company], links: Links, _params: NoParams) -> Verdict:
    """An inactive company must have no account that is still read."""
    company = subject.model
    if company.active is None:
        return unknown("whether the company is active is not known")
    vendors = sorted(links.vendors - {subject.vendor})
    if company.active or company.company_id == MSP or not vendors:
        return ok()
    tenants = sorted({tenant.model.name for tenant in links.related("same_company", Tenant) if tenant.model.name})
    return finding(
        CHECK.severity,
        {"company": company.name, "vendors": vendors, "tenants": tenants},
        f"{company.name} is inactive but still has accounts of {', '.join(vendors)}",
    )


CHECK = Check(
    name="offboarding_incomplete",
    kind=Company,
    title="Offboarding is not complete",
    why="Licences are still paid for, and the MSP still has access to somebody who is no longer its client.",
    remedy="End the subscriptions and the partner access, then exclude the accounts (mspctl account exclude).",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
    relations=("same_company",),
    needs=(COMPANIES,),
)
