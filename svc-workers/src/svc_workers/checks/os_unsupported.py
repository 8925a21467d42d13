"""Computers whose Windows gets no security updates any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mspbyte_common.models import Device
from svc_workers.check import Check
from svc_workers.devices import COMPUTERS, ENTRA, INTUNE, facts, judged_until
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.support import supported_until
from svc_workers.verdict import Ok, Unknown, Verdict, finding, ok, unknown


@dataclass(frozen=True)
class Params:
    """`in_use_days`: how recently a device must have been seen; `days_ahead`: how long before the end it is said."""

    in_use_days: int = 30
    days_ahead: int = 0


def evaluate(subject: Subject[Device], links: Links, params: Params) -> Verdict:
    """A Windows computer in use must run a version that Microsoft still mends."""
    device = subject.model
    if device.os_family != "windows" or device.device_class not in COMPUTERS:
        return ok()
    until = judged_until(subject, links, params.in_use_days)
    if isinstance(until, Ok | Unknown):
        return until
    if device.os_version is None:
        return unknown("the version of Windows was not told", recheck_at=until)
    known = supported_until(device.os_version, server=device.device_class == "server")
    if known is None:
        return unknown(f"until when Windows {device.os_version} is supported is not known", recheck_at=until)
    name, ends = known
    said_from = ends - timedelta(days=params.days_ahead)
    if said_from > links.now:
        return ok(recheck_at=said_from)
    return finding(
        CHECK.severity if ends <= links.now else "medium",
        {**facts(subject), "version": device.os_version, "product": name, "supported_until": ends},
        f"{device.name or 'A device without a name'} runs {name}, supported until {ends:%Y-%m-%d}",
        recheck_at=until if ends <= links.now else min(until, ends),
    )


CHECK = Check(
    name="os_unsupported",
    kind=Device,
    title="Windows without security updates",
    why="What is found in it from now on stays open to every attacker who reads about it.",
    remedy="Update the device to a supported version, or replace it; buy extended updates where neither can be done soon.",
    severity="high",
    params=Params(),
    evaluate=evaluate,
    relations=("same_device",),
    needs=(INTUNE, ENTRA),
)
