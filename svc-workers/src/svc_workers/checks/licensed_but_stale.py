"""Paid licences on accounts nobody uses."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Identity
from svc_workers.check import Check
from svc_workers.identities import SIGN_INS, called, licence_names, paid_licences
from svc_workers.links import Links
from svc_workers.silence import Silent, silent
from svc_workers.subject import Subject
from svc_workers.verdict import Unknown, Verdict, finding, ok


@dataclass(frozen=True)
class Params:
    """`days` without a sign-in after which a licence is wasted."""

    days: int = 90


def evaluate(subject: Subject[Identity], links: Links, params: Params) -> Verdict:
    """Who holds a licence that costs money must sign in now and then."""
    identity = subject.model
    if identity.licence_ids == ():
        return ok()
    found = silent(subject, links, params.days, once=True)
    if not isinstance(found, Silent):
        return found
    paid = paid_licences(identity, links)
    if isinstance(paid, Unknown):
        return paid
    if not paid:
        return ok()
    return finding(
        CHECK.severity,
        {**found.evidence(identity), "licences": licence_names(paid)},
        f"{called(identity)} is licensed but has not signed in for {params.days} days",
    )


CHECK = Check(
    name="licensed_but_stale",
    kind=Identity,
    title="Unused account holds paid licences",
    why="The seat is paid for every month and used by nobody.",
    remedy="Ask whether the person still works there; take back the licences and disable the account if not.",
    severity="medium",
    params=Params(),
    evaluate=evaluate,
    relations=("licensed_with", "sign_in_of"),
    needs=(SIGN_INS,),
)
