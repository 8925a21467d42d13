"""Contacts whose address is no longer the person's."""

from __future__ import annotations

from mspbyte_common.models import Contact, Identity
from svc_workers.check import Check, NoParams
from svc_workers.identities import signs_in
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[Contact], links: Links, _params: NoParams) -> Verdict:
    """An active contact must have the address, or the user name, that the person has in the directory now."""
    contact = subject.model
    if contact.active is None:
        return unknown("whether the contact is active is not known")
    accounts = [other.model for other in links.related("same_person", Identity) if signs_in(other)]
    if not contact.active or not accounts:
        return ok()
    current = {address for one in accounts for address in (one.email_canonical, one.upn_canonical) if address}
    if not current:
        return unknown("the directory tells no address of the person")
    if current.intersection(contact.emails_canonical):
        return ok()
    wanted = next((one.email for one in accounts if one.email), None) or min(current)
    name = " ".join(filter(None, (contact.first_name, contact.last_name))) or f"Contact {contact.contact_id}"
    return finding(
        CHECK.severity,
        {"contact_id": contact.contact_id, "name": name, "emails": list(contact.emails), "change_to": wanted},
        f"{name} has the address {contact.emails[0]} instead of {wanted}"
        if contact.emails
        else f"{name} has no e-mail address; the directory has {wanted}",
    )


CHECK = Check(
    name="email_mismatch",
    kind=Contact,
    title="Contact's e-mail address differs",
    why="Mail to the contact goes to an old address, and a ticket sent from the new one finds no contact.",
    remedy="Change the contact's address to the one in the evidence.",
    severity="low",
    params=NoParams(),
    evaluate=evaluate,
    relations=("same_person",),
)
