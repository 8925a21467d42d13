"""Companies that the PSA has twice."""

from __future__ import annotations

from mspbyte_common.models import Company
from mspbyte_common.names import organisation_name
from svc_workers.check import Check, NoParams
from svc_workers.companies import COMPANIES, companies, number, related
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[Company], links: Links, _params: NoParams) -> Verdict:
    """No older active company may have the same name, legal form aside, or the same domain, unless it is of one group."""
    company = subject.model
    if company.active is None:
        return unknown("whether the company is active is not known")
    if not company.active:
        return ok()
    known = companies(links)
    same_name = known.by_name.get(organisation_name(company.name) or "", ())
    same_domain = known.by_domain.get(company.domain_canonical or "", ())
    older = {
        other.company_id: other
        for other in (*same_name, *same_domain)
        if number(other.company_id) < number(company.company_id) and not related(company, other)
    }
    if not older:
        return unread(subject, links, COMPANIES) or ok()
    return finding(
        CHECK.severity,
        {
            "company": company.name,
            "company_id": company.company_id,
            "domain": company.domain_canonical,
            "same_as": [
                {"company_id": other.company_id, "name": other.name, "domain": other.domain_canonical}
                for other in sorted(older.values(), key=lambda other: number(other.company_id))
            ],
        },
        f"{company.name} is there twice",
    )


CHECK = Check(
    name="company_duplicate",
    kind=Company,
    title="Company is there twice",
    why="Contacts, contracts and tickets are spread over two companies, and each is counted for half.",
    remedy="Merge the two in the PSA, or name the parent of one if they are two companies of a group.",
    severity="low",
    params=NoParams(),
    evaluate=evaluate,
    account_kinds=("company",),
    needs=(COMPANIES,),
)
