"""What several checks want to know of the PSA's companies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from mspbyte_common.models import Company, Contract
from mspbyte_common.names import organisation_name
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Ok, Unknown, ok, unknown

COMPANIES, CONTRACTS = "autotask/Companies", "autotask/Contracts"
MSP = "0"
"""The company that is the MSP itself: nobody bills it."""
DAY = timedelta(days=1)
"""The PSA's end dates are midnights that stand for the day that begins with them."""


@dataclass(frozen=True)
class Companies:
    """The active companies of one PSA, each group in order of id."""

    by_id: Mapping[str, Company]
    by_domain: Mapping[str, tuple[Company, ...]]
    by_name: Mapping[str, tuple[Company, ...]]


def companies(links: Links) -> Companies:
    """Those beside the subject; a check that asks names COMPANIES in `needs` and company in `account_kinds`."""
    return links.once(_companies)


def _companies(links: Links) -> Companies:
    rows = [subject.model for subject in links.of_account(Company, resource="Companies")]
    known = sorted((row for row in rows if row.active is not False), key=lambda row: number(row.company_id))
    return Companies(
        by_id={row.company_id: row for row in known},
        by_domain=_grouped((row.domain_canonical, row) for row in known),
        by_name=_grouped((organisation_name(row.name), row) for row in known),
    )


def _grouped(pairs: Iterable[tuple[str | None, Company]]) -> dict[str, tuple[Company, ...]]:
    found: dict[str, list[Company]] = defaultdict(list)
    for key, company in pairs:
        if key is not None:
            found[key].append(company)
    return {key: tuple(group) for key, group in found.items()}


def number(external_id: str) -> tuple[int, str]:
    """Ids of the PSA in the order in which they were given: shorter numbers are older."""
    return len(external_id), external_id


def related(one: Company, other: Company) -> bool:
    """Whether one is the other's parent, or both have one parent."""
    parents = {one.parent_company_id, other.parent_company_id} - {None}
    return (
        one.company_id in parents
        or other.company_id in parents
        or (one.parent_company_id is not None and one.parent_company_id == other.parent_company_id)
    )


def runs(subject: Subject[Company], links: Links) -> Contract | Ok | Unknown:
    """A contract of the company that runs now; Ok where none does, with the moment one will begin."""
    later = []
    for contract in sorted(links.related("contract_of", Contract), key=lambda one: number(one.external_id)):
        terms = contract.model
        if terms.active is None:
            return unknown("whether a contract of the company is active is not known")
        if not terms.active or (terms.ends_at is not None and links.now >= terms.ends_at + DAY):
            continue
        if terms.starts_at is not None and terms.starts_at > links.now:
            later.append(terms.starts_at)
            continue
        return terms
    if subject.client_id is None or links.freshness(*CONTRACTS.split("/")) is None:
        return unknown(f"{CONTRACTS} was not read in full lately", CONTRACTS)
    return ok(recheck_at=min(later, default=None))
