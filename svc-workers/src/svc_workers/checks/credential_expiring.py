"""Connections whose credential the vendor will soon refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from svc_workers.check import Check
from svc_workers.links import Links
from svc_workers.subject import AccountFacts, Subject
from svc_workers.verdict import Severity, Verdict, finding, ok, unknown


@dataclass(frozen=True)
class Params:
    """Days before the end at which it is said, and at which it is urgent."""

    days_ahead: int = 30
    urgent_days: int = 7


def evaluate(subject: Subject[AccountFacts], links: Links, params: Params) -> Verdict:
    """A credential must be good for a while yet. It belongs to the connection, so the root account is asked."""
    account = subject.model
    if not account.is_root:
        return ok()
    ends = account.credential_expires_at
    if ends is None:
        return unknown("nobody said when the credential expires")
    steps: tuple[tuple[timedelta, Severity], ...] = (
        (timedelta(0), "critical"),
        (timedelta(days=params.urgent_days), "high"),
        (timedelta(days=params.days_ahead), "medium"),
    )
    left = ends - links.now
    severity = next((said for ahead, said in steps if left <= ahead), None)
    later = min((ends - ahead for ahead, _ in steps if ends - ahead > links.now), default=None)
    if severity is None:
        return ok(recheck_at=later)
    return finding(
        severity,
        {"vendor": account.vendor, "name": account.name, "expires_at": ends},
        f"The credential of {account.name or account.external_id} ({account.vendor}) "
        + ("has expired" if severity == "critical" else f"expires on {ends:%Y-%m-%d}"),
        recheck_at=later,
    )


CHECK = Check(
    name="credential_expiring",
    kind=AccountFacts,
    title="Credential expires soon",
    why="The vendor will refuse it, and every account of the connection will stand still.",
    remedy="Make a new credential at the vendor, then: mspctl connection set-secret NAME --expires DATE.",
    severity="high",
    params=Params(),
    evaluate=evaluate,
)
