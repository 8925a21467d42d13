"""Vendor accounts that belong to no client yet."""

from __future__ import annotations

from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import AccountFacts, Subject
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[AccountFacts], _links: Links, _params: NoParams) -> Verdict:
    """Every tenant that can be read must be mapped to a client or excluded."""
    account = subject.model
    if account.state != "unmapped" or not account.is_tenant:
        return ok()
    if account.unreachable_reason is not None:
        return unknown(f"there is no way to the account: {account.unreachable_reason}")
    return finding(
        CHECK.severity,
        {"vendor": account.vendor, "external_id": account.external_id, "name": account.name},
        f"{account.name or account.external_id} ({account.vendor}) is mapped to no client",
    )


CHECK = Check(
    name="account_unmapped",
    kind=AccountFacts,
    title="Account is mapped to no client",
    why="What it holds is counted for nobody: not billed, not covered, not reported.",
    remedy="Map the account to the client it belongs to, or exclude it.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
)
