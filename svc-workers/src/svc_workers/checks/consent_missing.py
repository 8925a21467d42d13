"""Accounts that refuse some of their lists for want of a permission."""

from __future__ import annotations

from typing import Final

from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import AccountFacts, Subject
from svc_workers.verdict import Verdict, finding, ok

REFUSED: Final = frozenset({"permission_missing", "consent_missing", "partner_assistance_missing"})


def evaluate(subject: Subject[AccountFacts], _links: Links, _params: NoParams) -> Verdict:
    """No list may be refused for want of a permission. Of an account that refuses everything account_parked speaks."""
    account = subject.model
    refused = [one.resource for one in account.lists if one.unavailable_class in REFUSED]
    if not refused or account.parked_class is not None or account.unreachable_reason is not None:
        return ok()
    return finding(
        CHECK.severity,
        {"vendor": account.vendor, "external_id": account.external_id, "name": account.name, "resources": refused},
        f"{account.name or account.external_id} ({account.vendor}) does not let us read: {', '.join(refused)}",
    )


CHECK = Check(
    name="consent_missing",
    kind=AccountFacts,
    title="Permission is missing",
    why="The checks that need these lists cannot answer for the client: what they would find stays unseen.",
    remedy="Grant the permission each list needs (mspctl account resources NAME says which), then: mspctl account resume.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
)
