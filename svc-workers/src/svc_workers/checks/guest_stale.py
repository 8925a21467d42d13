"""Guests who no longer come."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Identity
from svc_workers.check import Check
from svc_workers.identities import SIGN_INS, called
from svc_workers.links import Links
from svc_workers.silence import Silent, silent
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok


@dataclass(frozen=True)
class Params:
    """`days` after which a guest who has not signed in, or has not since the invitation, is stale."""

    days: int = 90


def evaluate(subject: Subject[Identity], links: Links, params: Params) -> Verdict:
    """A guest must sign in now and then."""
    identity = subject.model
    if identity.identity_type != "guest":
        return ok()
    found = silent(subject, links, params.days, once=True)
    if found == ok():
        found = silent(subject, links, params.days, once=False)
    if not isinstance(found, Silent):
        return found
    said = "has not signed in" if found.last_at is not None else "was invited and has not come"
    return finding(
        CHECK.severity, found.evidence(identity), f"The guest {called(identity)} {said} for {params.days} days"
    )


CHECK = Check(
    name="guest_stale",
    kind=Identity,
    title="Guest no longer comes",
    why="Guests keep their access to teams and files long after the work with them has ended.",
    remedy="Ask whoever invited the guest; remove the account if the work is done.",
    severity="low",
    params=Params(),
    evaluate=evaluate,
    relations=("sign_in_of",),
    needs=(SIGN_INS,),
)
