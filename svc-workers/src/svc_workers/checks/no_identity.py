"""Contacts without an account."""

from __future__ import annotations

from mspbyte_common.models import Contact, Identity
from svc_workers.check import Check, NoParams
from svc_workers.identities import signs_in
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Verdict, finding, ok, unknown

USERS = "m365/users"


def evaluate(subject: Subject[Contact], links: Links, _params: NoParams) -> Verdict:
    """An active contact of a client with a directory must be somebody in it."""
    contact = subject.model
    if contact.active is None:
        return unknown("whether the contact is active is not known")
    if not contact.active or any(signs_in(other) for other in links.related("same_person", Identity)):
        return ok()
    missing = unread(subject, links, USERS)
    if missing is not None:
        return missing
    possible = [other.model for other in links.possibly_related("same_person", Identity) if signs_in(other)]
    if possible:
        names = ", ".join(sorted(other.display_name or other.object_id for other in possible))
        return unknown(f"an account may be this person's: {names}")
    return finding(
        CHECK.severity,
        {"contact_id": contact.contact_id, "name": _name(contact), "emails": list(contact.emails)},
        f"{_name(contact)} has no account in the directory",
    )


def _name(contact: Contact) -> str:
    return " ".join(filter(None, (contact.first_name, contact.last_name))) or f"Contact {contact.contact_id}"


CHECK = Check(
    name="no_identity",
    kind=Contact,
    title="Contact has no account",
    why="The contact may have left, or have an address that nobody recognises: tickets of theirs find no person.",
    remedy="Make the contact inactive, correct its e-mail address, or link the two (mspctl link confirm).",
    severity="info",
    params=NoParams(),
    evaluate=evaluate,
    relations=("same_person",),
    needs=(USERS,),
)
