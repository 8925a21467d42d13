"""Accounts some of whose resources are not read on schedule, because the vendor fails again and again."""

from __future__ import annotations

from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import AccountFacts, Subject
from svc_workers.verdict import Verdict, finding, ok


def evaluate(subject: Subject[AccountFacts], _links: Links, _params: NoParams) -> Verdict:
    """No breaker of the account may be open. One that is parked is told by account_parked alone: nothing is asked of it."""
    account = subject.model
    if not account.troubles or account.parked_class is not None:
        return ok()
    return finding(
        CHECK.severity,
        {
            "vendor": account.vendor,
            "external_id": account.external_id,
            "name": account.name,
            "resources": [
                {"resource": one.resource, "class": one.error_class, "since": one.since} for one in account.troubles
            ],
            "to_do": " ".join(dict.fromkeys(one.advice for one in account.troubles)),
        },
        f"{account.name or account.external_id} ({account.vendor}) fails: "
        + ", ".join(one.resource for one in account.troubles),
    )


CHECK = Check(
    name="vendor_trouble",
    kind=AccountFacts,
    title="The vendor fails for an account",
    why="What is known of these resources grows old. They are asked again with growing pauses, and go on by themselves.",
    remedy="Look at the last run's message (mspctl job show), then at the vendor's status page.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
)
