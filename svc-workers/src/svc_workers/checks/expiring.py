"""Licences that end soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mspbyte_common.models import Licence
from svc_workers.check import Check
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Severity, Verdict, finding, ok, unknown


@dataclass(frozen=True)
class Params:
    """Days before the end at which it is said, and at which it is urgent."""

    days_ahead: int = 30
    urgent_days: int = 7


def evaluate(subject: Subject[Licence], links: Links, params: Params) -> Verdict:
    """A licence must be good for a while yet. A trial may end."""
    licence = subject.model
    if licence.perpetual or licence.free:
        return ok()
    if licence.ends_at is None:
        return unknown("when the licence ends is not known")
    steps: tuple[tuple[timedelta, Severity], ...] = (
        (timedelta(days=params.urgent_days), "high"),
        (timedelta(days=params.days_ahead), CHECK.severity),
    )
    left = licence.ends_at - links.now
    severity = next((said for ahead, said in steps if left <= ahead), None)
    moments = (licence.ends_at - ahead for ahead in (timedelta(0), *(ahead for ahead, _ in steps)))
    later = min((moment for moment in moments if moment > links.now), default=None)
    if severity is None:
        return ok(recheck_at=later)
    name = licence.name or licence.sku
    said = "has ended" if left <= timedelta(0) else f"ends on {licence.ends_at:%Y-%m-%d}"
    return finding(
        severity,
        {"sku": licence.sku, "name": licence.name, "bought": licence.bought, "ends_at": licence.ends_at},
        f"{name} {said}",
        recheck_at=later,
    )


CHECK = Check(
    name="expiring",
    kind=Licence,
    title="Licence ends soon",
    why="When it ends the vendor stops what it pays for: protection, mail, or support.",
    remedy="Renew the licence, or agree with the client that it ends, and end its contract line too.",
    severity="medium",
    params=Params(),
    evaluate=evaluate,
)
