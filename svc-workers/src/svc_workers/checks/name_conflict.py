"""Clients whose accounts are called otherwise."""

from __future__ import annotations

from mspbyte_common.models import Company, Tenant
from mspbyte_common.names import organisation_name
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok


def evaluate(subject: Subject[Company], links: Links, _params: NoParams) -> Verdict:
    """The name of each tenant mapped to a company must share a word with the company's, or the domain must be one."""
    company = subject.model
    words = _words(company.name)
    strange = [
        tenant
        for tenant in links.related("same_company", Tenant)
        if tenant.model.name is not None
        and not words & _words(tenant.model.name)
        and company.domain_canonical not in {domain.name.lower() for domain in tenant.model.domains}
    ]
    if not strange:
        return ok()
    tenants = [
        {"vendor": tenant.vendor, "name": tenant.model.name, "tenant_id": tenant.model.tenant_id}
        for tenant in sorted(strange, key=lambda tenant: (tenant.vendor, tenant.external_id))
    ]
    return finding(
        CHECK.severity,
        {"company": company.name, "domain": company.domain_canonical, "tenants": tenants},
        f"{company.name} has an account called {tenants[0]['name']}",
    )


def _words(name: str) -> frozenset[str]:
    return frozenset((organisation_name(name) or "").split())


CHECK = Check(
    name="name_conflict",
    kind=Company,
    title="Account is called otherwise than its client",
    why="If the account was mapped to the wrong client, one client is billed and judged for what is another's.",
    remedy="Look whose account it is: map it anew (mspctl account map), or correct the name at the vendor.",
    severity="low",
    params=NoParams(),
    evaluate=evaluate,
    relations=("same_company",),
)
