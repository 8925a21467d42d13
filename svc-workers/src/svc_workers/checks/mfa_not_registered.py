"""People who could not answer if they were asked for a second factor."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Identity, MfaRegistration
from svc_workers.check import Check
from svc_workers.identities import barred, called
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown

REGISTRATIONS = "m365/userRegistrationDetails"


@dataclass(frozen=True)
class Params:
    """`guests`: guests are asked about too; most have their second factor at home."""

    guests: bool = False


def evaluate(subject: Subject[Identity], links: Links, params: Params) -> Verdict:
    """Everyone who may sign in must have registered a second factor."""
    identity = subject.model
    answer = ok() if identity.identity_type == "guest" and not params.guests else barred(subject)
    if answer is not None:
        return answer
    registrations = [one.model for one in links.related("registration_of", MfaRegistration)]
    if any(one.registered for one in registrations):
        return ok()
    if not registrations or any(one.registered is None for one in registrations):
        return unknown("what the account has registered is not known", REGISTRATIONS)
    return finding(
        CHECK.severity,
        {
            "person": identity.display_name,
            "upn": identity.upn,
            "methods": sorted({method for one in registrations for method in one.methods}),
        },
        f"{called(identity)} has registered no second factor",
    )


CHECK = Check(
    name="mfa_not_registered",
    kind=Identity,
    title="No second factor registered",
    why="Whoever knows the password registers the first factor: it may be an attacker. Enforcing MFA locks the owner out.",
    remedy="Have the person register a method at aka.ms/mfasetup, or give them a temporary access pass.",
    severity="medium",
    params=Params(),
    evaluate=evaluate,
    relations=("registration_of",),
)
