"""People whom the PSA has twice in one company."""

from __future__ import annotations

from collections import defaultdict

from mspbyte_common.models import Contact
from svc_workers.check import Check, NoParams
from svc_workers.companies import number
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Verdict, finding, ok, unknown

CONTACTS = "autotask/Contacts"


def evaluate(subject: Subject[Contact], links: Links, _params: NoParams) -> Verdict:
    """No older active contact of the same company may have the same address."""
    contact = subject.model
    if contact.active is None:
        return unknown("whether the contact is active is not known")
    if not contact.active or not contact.emails_canonical:
        return ok()
    known = links.once(_by_address)
    older = {
        other.contact_id: other
        for address in contact.emails_canonical
        for other in known.get((contact.company_id, address), ())
        if number(other.contact_id) < number(contact.contact_id)
    }
    if not older:
        return unread(subject, links, CONTACTS) or ok()
    name = " ".join(filter(None, (contact.first_name, contact.last_name))) or f"Contact {contact.contact_id}"
    return finding(
        CHECK.severity,
        {
            "contact_id": contact.contact_id,
            "name": name,
            "emails": list(contact.emails),
            "same_as": sorted(older, key=number),
        },
        f"{name} is a contact twice",
    )


def _by_address(links: Links) -> dict[tuple[str, str], tuple[Contact, ...]]:
    """Active contacts by company and address."""
    found: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    for other in links.of_client(Contact, vendor="autotask", resource="Contacts"):
        for address in other.model.emails_canonical if other.model.active else ():
            found[other.model.company_id, address].append(other.model)
    return {key: tuple(contacts) for key, contacts in found.items()}


CHECK = Check(
    name="contact_duplicate",
    kind=Contact,
    title="Contact is there twice",
    why="Tickets and devices are spread over two records of one person.",
    remedy="Merge the two contacts in the PSA.",
    severity="low",
    params=NoParams(),
    evaluate=evaluate,
    client_kinds=("contact",),
    needs=(CONTACTS,),
)
