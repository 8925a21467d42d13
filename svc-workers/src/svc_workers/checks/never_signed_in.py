"""Accounts that were made and never used."""

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
    """`days` a new account has until its first sign-in."""

    days: int = 30


def evaluate(subject: Subject[Identity], links: Links, params: Params) -> Verdict:
    """An enabled account must have been used some time after it was made. Of guests guest_stale speaks."""
    identity = subject.model
    if identity.identity_type == "guest":
        return ok()
    found = silent(subject, links, params.days, once=False)
    if not isinstance(found, Silent):
        return found
    return finding(CHECK.severity, found.evidence(identity), f"{called(identity)} has never signed in")


CHECK = Check(
    name="never_signed_in",
    kind=Identity,
    title="Account was never used",
    why="Its first password is often still the one it was made with, and known to others.",
    remedy="Ask whom the account is for; disable it if nobody needs it.",
    severity="low",
    params=Params(),
    evaluate=evaluate,
    relations=("sign_in_of",),
    needs=(SIGN_INS,),
)
