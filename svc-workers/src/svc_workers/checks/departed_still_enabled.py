"""People who have left, by the PSA, and can still sign in."""

from __future__ import annotations

from mspbyte_common.models import Contact, Identity
from svc_workers.check import Check, NoParams
from svc_workers.identities import barred, called
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Verdict, finding, ok, unknown

CONTACTS = "autotask/Contacts"


def evaluate(subject: Subject[Identity], links: Links, _params: NoParams) -> Verdict:
    """Who has contacts at the PSA, all of them inactive, must not be able to sign in."""
    identity = subject.model
    answer = barred(subject)
    if answer is not None:
        return answer
    contacts = links.related("same_person", Contact)
    if any(contact.model.active for contact in contacts):
        return ok()
    missing = unread(subject, links, CONTACTS)
    if missing is not None:
        return missing
    if any(contact.model.active is None for contact in contacts):
        return unknown("whether the person's contact is active is not known")
    doubtful = _doubtful(links, departed=bool(contacts))
    if doubtful or not contacts:
        return unknown(f"the person may be {' or '.join(doubtful)} at the PSA") if doubtful else ok()
    return finding(
        CHECK.severity,
        {
            "person": identity.display_name,
            "upn": identity.upn,
            "contacts": [
                {"contact_id": contact.model.contact_id, "emails": list(contact.model.emails)}
                for contact in sorted(contacts, key=lambda contact: contact.external_id)
            ],
        },
        f"{called(identity)} is an inactive contact but can still sign in",
    )


def _doubtful(links: Links, *, departed: bool) -> list[str]:
    """Contacts that may be the person's and would change the answer: of one who `departed`, those not known to be inactive."""
    possible = [contact.model for contact in links.possibly_related("same_person", Contact)]
    return sorted(f"contact {contact.contact_id}" for contact in possible if contact.active is not (not departed))


CHECK = Check(
    name="departed_still_enabled",
    kind=Identity,
    title="Departed person can still sign in",
    why="Whoever has left still reads mail and files, and the licences are still paid for.",
    remedy="Disable the account and take back its licences; if the person is still there, make the contact active.",
    severity="high",
    params=NoParams(),
    evaluate=evaluate,
    relations=("same_person",),
    needs=(CONTACTS,),
)
