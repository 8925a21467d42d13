"""Paid licences on accounts nobody can sign in to."""

from __future__ import annotations

from mspbyte_common.models import Identity
from svc_workers.check import Check, NoParams
from svc_workers.identities import called, is_shared_mailbox, licence_names, paid_licences
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Unknown, Verdict, finding, ok, unknown


def evaluate(subject: Subject[Identity], links: Links, _params: NoParams) -> Verdict:
    """A disabled account must hold no licence that costs money. Of shared mailboxes shared_mailbox_licensed speaks."""
    identity = subject.model
    if identity.enabled or identity.licence_ids == () or is_shared_mailbox(identity):
        return ok()
    if identity.enabled is None:
        return unknown("whether the account is enabled is not known")
    paid = paid_licences(identity, links)
    if isinstance(paid, Unknown):
        return paid
    if not paid:
        return ok()
    return finding(
        CHECK.severity,
        {
            "person": identity.display_name,
            "upn": identity.upn,
            "type": identity.identity_type,
            "licences": licence_names(paid),
        },
        f"{called(identity)} is disabled but licensed",
    )


CHECK = Check(
    name="licensed_but_disabled",
    kind=Identity,
    title="Disabled account holds paid licences",
    why="The seat is paid for every month and used by nobody.",
    remedy="Remove the licences, after turning the mailbox into a shared one or archiving it where it must be kept.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
    relations=("licensed_with",),
)
