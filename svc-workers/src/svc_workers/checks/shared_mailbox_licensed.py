"""Shared mailboxes that hold paid licences."""

from __future__ import annotations

from mspbyte_common.models import Identity
from svc_workers.check import Check, NoParams
from svc_workers.identities import is_shared_mailbox, licence_names, paid_licences, signs_in
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Unknown, Verdict, finding, ok, unknown


def evaluate(subject: Subject[Identity], links: Links, _params: NoParams) -> Verdict:
    """A shared mailbox must hold no licence that costs money."""
    identity = subject.model
    if not signs_in(subject) or identity.licence_ids == () or identity.enabled:
        return ok()
    if identity.enabled is None:
        return unknown("whether sign-in is blocked, as for a shared mailbox, is not known")
    if not is_shared_mailbox(identity):
        return ok()
    paid = paid_licences(identity, links)
    if isinstance(paid, Unknown):
        return paid
    if not paid:
        return ok()
    return finding(
        CHECK.severity,
        {
            "mailbox": identity.display_name,
            "address": identity.email,
            "told_by": "its type"
            if identity.identity_type == "shared"
            else "sign-in is blocked, it has an address and no person's name",
            "licences": licence_names(paid),
        },
        f"The shared mailbox {identity.display_name or identity.email} is licensed",
    )


CHECK = Check(
    name="shared_mailbox_licensed",
    kind=Identity,
    title="Shared mailbox holds paid licences",
    why="A shared mailbox of up to 50 GB needs no licence: the seat is paid for in vain.",
    remedy="Remove the licences, unless the mailbox is larger than 50 GB, archived or on litigation hold.",
    severity="low",
    params=NoParams(),
    evaluate=evaluate,
    relations=("licensed_with",),
)
