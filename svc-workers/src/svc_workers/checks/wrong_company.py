"""Contacts with the address of another company."""

from __future__ import annotations

from mspbyte_common.models import Contact
from svc_workers.check import Check, NoParams
from svc_workers.companies import COMPANIES, companies, related
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[Contact], links: Links, _params: NoParams) -> Verdict:
    """No other active company may own the domain of an active contact's address, unless both are of one group."""
    contact = subject.model
    if contact.active is None:
        return unknown("whether the contact is active is not known")
    if not contact.active or not contact.emails_canonical:
        return ok()
    domain = contact.emails_canonical[0].rpartition("@")[2]
    known = companies(links)
    own = known.by_id.get(contact.company_id)
    owners = known.by_domain.get(domain, ())
    if own in owners or any(own is not None and related(own, owner) for owner in owners):
        return ok()
    missing = unread(subject, links, COMPANIES)
    if missing is not None or not owners:
        return missing or ok()
    name = " ".join(filter(None, (contact.first_name, contact.last_name))) or f"Contact {contact.contact_id}"
    return finding(
        CHECK.severity,
        {
            "contact_id": contact.contact_id,
            "name": name,
            "email": contact.emails[0],
            "company": own.name if own else None,
            "company_id": contact.company_id,
            "domain_of": [{"company_id": owner.company_id, "name": owner.name} for owner in owners],
        },
        f"{name} has an address of {owners[0].name}",
    )


CHECK = Check(
    name="wrong_company",
    kind=Contact,
    title="Contact has the address of another company",
    why="The person's tickets are booked, and billed, to a company they do not work for.",
    remedy="Move the contact to the company that owns the domain, or correct the address.",
    severity="low",
    params=NoParams(),
    evaluate=evaluate,
    account_kinds=("company",),
    needs=(COMPANIES,),
)
