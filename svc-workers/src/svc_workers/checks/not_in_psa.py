"""Computers the PSA does not know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mspbyte_common.models import Device
from svc_workers.check import Check
from svc_workers.devices import COMPUTERS, ENTRA, INTUNE, ITEMS, called, facts, judged_until, source
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Ok, Unknown, Verdict, finding, ok, unknown


@dataclass(frozen=True)
class Params:
    """`in_use_days`: how recently a device must have been seen; `grace_days`: how long a new one has to be written down."""

    in_use_days: int = 30
    grace_days: int = 7


def evaluate(subject: Subject[Device], links: Links, params: Params) -> Verdict:
    """A workstation or server in use must be a configuration item of the PSA."""
    device = subject.model
    same = links.related("same_device", Device)
    if device.device_class not in COMPUTERS or any(source(other) == ITEMS for other in same):
        return ok()
    until = judged_until(subject, links, params.in_use_days)
    if isinstance(until, Ok | Unknown):
        return until
    grace = device.created_at + timedelta(days=params.grace_days) if device.created_at else None
    if grace is not None and grace > links.now:
        return ok(recheck_at=grace)
    return _gap(subject, links) or finding(
        CHECK.severity,
        {**facts(subject), "last_seen_at": device.last_seen_at},
        f"{device.name or 'A device without a name'} is not in the PSA",
        recheck_at=until,
    )


def _gap(subject: Subject[Device], links: Links) -> Unknown | None:
    """What is missing to say that the PSA does not know it."""
    possible = [other for other in links.possibly_related("same_device", Device) if source(other) == ITEMS]
    if possible:
        return unknown(f"a configuration item may be this device: {', '.join(sorted(map(called, possible)))}")
    return unread(subject, links, ITEMS)


CHECK = Check(
    name="not_in_psa",
    kind=Device,
    title="Device is not in the PSA",
    why="No ticket can name it, no contract counts it, and nobody notices when it needs to be replaced.",
    remedy="Add it as a configuration item of the client, or link it to the one it is (mspctl link confirm).",
    severity="low",
    params=Params(),
    evaluate=evaluate,
    relations=("same_device",),
    needs=(INTUNE, ENTRA, ITEMS),
)
