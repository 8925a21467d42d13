"""Accounts of which what we know grows old, whatever the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from svc_workers.check import Check
from svc_workers.links import Links
from svc_workers.subject import AccountFacts, Subject
from svc_workers.verdict import Verdict, finding, ok, unknown

AGAIN = timedelta(hours=1)
"""A finding is looked at again after so long: pausing a job, or excluding a list from the schedule, wakes nobody."""


@dataclass(frozen=True)
class Params:
    """`intervals` of a list that may pass until it is read again."""

    intervals: int = 3


def evaluate(subject: Subject[AccountFacts], links: Links, params: Params) -> Verdict:
    """Each list must have been read lately. Of a parked account account_parked speaks."""
    account = subject.model
    if account.parked_class is not None or account.unreachable_reason is not None or account.state == "excluded":
        return ok()
    read = [one for one in account.lists if one.unavailable_class is None]
    due = {}
    for one in read:
        since = one.current_at or account.created_at
        if since is None:
            return unknown("since when the account is known was not told")
        due[one.resource] = since + params.intervals * timedelta(seconds=one.interval_seconds)
    old = sorted(resource for resource, at in due.items() if at <= links.now)
    if not old:
        return ok(recheck_at=min(due.values(), default=None))
    return finding(
        CHECK.severity,
        {
            "vendor": account.vendor,
            "external_id": account.external_id,
            "name": account.name,
            "resources": [{"resource": one.resource, "read_at": one.current_at} for one in read if one.resource in old],
        },
        f"{account.name or account.external_id} ({account.vendor}) was not read lately: {', '.join(old)}",
        recheck_at=links.now.replace(minute=0, second=0, microsecond=0) + 2 * AGAIN,
    )


CHECK = Check(
    name="stale_data",
    kind=AccountFacts,
    title="Data is old",
    why="Checks and reports that need it answer nothing, and nobody sees what has changed at the client since.",
    remedy="See what its runs say (mspctl run list --account NAME), and whether its jobs are paused (mspctl job list).",
    severity="medium",
    params=Params(),
    evaluate=evaluate,
)
