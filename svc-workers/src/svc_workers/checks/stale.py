"""Accounts that nobody uses any more."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Identity
from svc_workers.check import Check
from svc_workers.identities import SIGN_INS, called, paid_licences
from svc_workers.links import Links
from svc_workers.silence import Silent, silent
from svc_workers.subject import Subject
from svc_workers.verdict import Unknown, Verdict, finding, ok


@dataclass(frozen=True)
class Params:
    """`days` without a sign-in after which an account is stale."""

    days: int = 90


def evaluate(subject: Subject[Identity], links: Links, params: Params) -> Verdict:
    """An account nobody signs in to must be disabled. Of licensed ones licensed_but_stale speaks, of guests guest_stale."""
    identity = subject.model
    if identity.identity_type == "guest":
        return ok()
    found = silent(subject, links, params.days, once=True)
    if not isinstance(found, Silent):
        return found
    paid = paid_licences(identity, links)
    if isinstance(paid, Unknown):
        return paid
    if paid:
        return ok()
    return finding(
        CHECK.severity, found.evidence(identity), f"{called(identity)} has not signed in for {params.days} days"
    )


CHECK = Check(
    name="stale",
    kind=Identity,
    title="Account is no longer used",
    why="Nobody notices when an account that nobody uses is taken over.",
    remedy="Ask whether the account is still needed; disable it if not.",
    severity="low",
    params=Params(),
    evaluate=evaluate,
    relations=("licensed_with", "sign_in_of"),
    needs=(SIGN_INS,),
)
