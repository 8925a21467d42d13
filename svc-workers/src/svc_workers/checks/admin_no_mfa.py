"""Administrators who get in with a password alone."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Identity
from svc_workers.check import Check
from svc_workers.directory import KINDS, NEEDS, directory
from svc_workers.enforced import judge
from svc_workers.identities import barred
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Verdict, ok


@dataclass(frozen=True)
class Params:
    """`accept_partial`: a second factor at some sign-ins is enough for an administrator too."""

    accept_partial: bool = False


def evaluate(subject: Subject[Identity], links: Links, params: Params) -> Verdict:
    """Whoever holds a privileged role, directly or through groups, must always be asked for a second factor."""
    identity = subject.model
    answer = barred(subject)
    if answer is not None:
        return answer
    held = sorted(role.name or role.role_id for role in directory(links).held(identity.object_id) if role.privileged)
    if not held:
        return unread(subject, links, "m365/directoryRoles", "m365/groups") or ok()
    return judge(subject, links, none="critical", partial=None if params.accept_partial else "high", roles=held)


CHECK = Check(
    name="admin_no_mfa",
    kind=Identity,
    title="Administrator without enforced MFA",
    why="Who takes over an administrator's account takes over the tenant.",
    remedy="Include the account, or its role, in an enabled policy that requires MFA at every sign-in, and exclude nobody.",
    severity="critical",
    params=Params(),
    evaluate=evaluate,
    account_kinds=KINDS,
    needs=NEEDS,
)
