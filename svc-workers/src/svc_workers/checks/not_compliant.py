"""Devices that break the rules set for them."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Device
from svc_workers.check import Check
from svc_workers.devices import ENTRA, INTUNE, facts, judged_until, source
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Ok, Unknown, Verdict, finding, ok, unknown


@dataclass(frozen=True)
class Params:
    """`in_use_days`: how recently a device must have been seen."""

    in_use_days: int = 30


def evaluate(subject: Subject[Device], links: Links, params: Params) -> Verdict:
    """A managed device in use must be compliant, or in its grace period. Where Intune knows it, its record is judged."""
    device = subject.model
    if source(subject) not in {INTUNE, ENTRA} or not device.managed or device.compliance in {"compliant", "grace"}:
        return ok()
    until = judged_until(subject, links, params.in_use_days)
    if isinstance(until, Ok | Unknown):
        return until
    if device.compliance in {None, "unknown"}:
        return unknown("whether the device is compliant was not told", recheck_at=until)
    return finding(
        CHECK.severity,
        {**facts(subject), "compliance": device.compliance},
        f"{device.name or 'A device without a name'} is not compliant",
        recheck_at=until,
    )


CHECK = Check(
    name="not_compliant",
    kind=Device,
    title="Device is not compliant",
    why="It breaks a rule of the client's own, such as encryption or a screen lock, and may be shut out of its mail.",
    remedy="Look in Intune which policy it breaks, and mend that on the device.",
    severity="medium",
    params=Params(),
    evaluate=evaluate,
    relations=("same_device",),
    needs=(INTUNE,),
)
