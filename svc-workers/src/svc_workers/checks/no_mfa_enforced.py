"""People who get in with a password alone."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Identity
from svc_workers.check import Check
from svc_workers.directory import KINDS, NEEDS, directory
from svc_workers.enforced import judge
from svc_workers.identities import barred
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, ok


@dataclass(frozen=True)
class Params:
    """`accept_partial`: a second factor at some sign-ins is enough; `guests`: guests are asked about too."""

    accept_partial: bool = True
    guests: bool = False


def evaluate(subject: Subject[Identity], links: Links, params: Params) -> Verdict:
    """Everyone who may sign in must be asked for a second factor. Of administrators admin_no_mfa speaks."""
    identity = subject.model
    answer = ok() if identity.identity_type == "guest" and not params.guests else barred(subject)
    if answer is not None:
        return answer
    if any(role.privileged for role in directory(links).held(identity.object_id)):
        return ok()
    return judge(subject, links, none="medium", partial=None if params.accept_partial else "low")


CHECK = Check(
    name="no_mfa_enforced",
    kind=Identity,
    title="No policy enforces MFA",
    why="A password that was guessed, reused or phished is enough to take over the account.",
    remedy="Include the account in an enabled Conditional Access policy that requires MFA, or switch on security defaults.",
    severity="medium",
    params=Params(),
    evaluate=evaluate,
    account_kinds=KINDS,
    needs=NEEDS,
)
