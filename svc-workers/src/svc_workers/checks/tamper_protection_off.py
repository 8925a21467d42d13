"""Agents a user, or malware, can switch off."""

from __future__ import annotations

from mspbyte_common.models import Device
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[Device], _links: Links, _params: NoParams) -> Verdict:
    """Tamper protection must be on wherever the platform supports it."""
    device = subject.model
    if (subject.vendor, subject.resource) != ("sophos", "endpoints") or device.tamper_protection_supported is False:
        return ok()
    if device.tamper_protection is None:
        return unknown("Sophos does not say whether tamper protection is on")
    if device.tamper_protection:
        return ok()
    return finding(
        CHECK.severity,
        {"device": device.name, "class": device.device_class, "os": device.os_name, "user": device.last_user},
        f"{device.name or 'A device without a name'} has tamper protection switched off",
    )


CHECK = Check(
    name="tamper_protection_off",
    kind=Device,
    title="Tamper protection is off",
    why="Without it the agent can be stopped or removed by anyone with administrator rights, an attacker included.",
    remedy="Switch tamper protection on for the device in Sophos Central.",
    severity="high",
    params=NoParams(),
    evaluate=evaluate,
)
