"""The verdict on an account's second factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mspbyte_common.models import Identity
from svc_workers.directory import NEEDS, directory, person_of
from svc_workers.identities import called
from svc_workers.links import Links
from svc_workers.mfa import Enforcement, enforcement
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Severity, Verdict, finding, ok, unknown


def judge(
    subject: Subject[Identity],
    links: Links,
    *,
    none: Severity,
    partial: Severity | None,
    roles: Sequence[str] = (),
) -> Verdict:
    """A finding where nothing is enforced, and with a severity for `partial` where it is at some sign-ins only."""
    missing = unread(subject, links, *NEEDS)
    if missing is not None:
        return missing
    identity = subject.model
    found = enforcement(person_of(identity, links), directory(links).policies)
    if found.level == "unknown":
        name = found.decided_by.name if found.decided_by else None
        return unknown(f"what the policy {name!r} enforces for the account cannot be told from what was read")
    severity = none if found.level == "none" else partial
    if found.level == "full" or severity is None:
        return ok()
    said = "no policy asks" if found.level == "none" else "is asked at some sign-ins only"
    who = called(identity)
    return finding(
        severity,
        _evidence(identity, found, roles),
        f"{who}: {said} for a second factor" if found.level == "none" else f"{who} {said} for a second factor",
    )


def _evidence(identity: Identity, found: Enforcement, roles: Sequence[str]) -> dict[str, Any]:
    return {
        "person": identity.display_name,
        "upn": identity.upn,
        "enforced": found.level,
        "decided_by": found.decided_by.name or found.decided_by.policy_id if found.decided_by else None,
        "policies": [{"policy": one.policy.name or one.policy.policy_id, "why": one.why} for one in found.considered],
        **({"roles": list(roles)} if roles else {}),
    }
