"""Devices in use that no endpoint agent watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mspbyte_common.models import Device
from svc_workers.check import Check
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown

INTUNE = "managedDevices"
ENTRA = "devices"


@dataclass(frozen=True)
class Params:
    """`in_use_days`: how recently a device must have been seen; `grace_days`: how long a new one may go without."""

    in_use_days: int = 30
    grace_days: int = 3


def evaluate(subject: Subject[Device], links: Links, params: Params) -> Verdict:
    """A workstation or server in use must have an agent. The directory's record and Intune's are one device."""
    device = subject.model
    if not _is_asked(subject) or _is_covered(links):
        return ok()
    if device.last_seen_at is None:
        return unknown("when the device was last seen is not known")
    in_use_until = device.last_seen_at + timedelta(days=params.in_use_days)
    if in_use_until <= links.now:
        return ok()
    grace_until = device.created_at + timedelta(days=params.grace_days) if device.created_at else None
    if grace_until is not None and grace_until > links.now:
        return ok(recheck_at=grace_until)
    return _gap(subject, links, in_use_until) or finding(
        CHECK.severity,
        {
            "device": device.name,
            "class": device.device_class,
            "os": device.os_name,
            "serial": device.serial,
            "source": f"m365/{subject.resource}",
            "last_seen_at": device.last_seen_at,
            "user": device.owner_upn,
        },
        f"{device.name or 'A device without a name'} has no endpoint protection",
        recheck_at=in_use_until,
    )


def _is_asked(subject: Subject[Device]) -> bool:
    return (
        subject.vendor == "m365"
        and subject.resource in {INTUNE, ENTRA}
        and subject.model.device_class in {"workstation", "server"}
    )


def _is_covered(links: Links) -> bool:
    return any(other.vendor == "sophos" for other in links.related("same_device", Device))


def _gap(subject: Subject[Device], links: Links, in_use_until: datetime) -> Verdict | None:
    """What is missing to say that there is no agent."""
    if subject.client_id is None:
        return unknown("the account is not mapped", recheck_at=in_use_until)
    if subject.resource == ENTRA and links.freshness("m365", INTUNE) is None:
        return unknown("Intune's devices were not read in full lately", f"m365/{INTUNE}", recheck_at=in_use_until)
    if not links.has_account("sophos"):
        return unknown("no Sophos listing for this client", "sophos/endpoints", recheck_at=in_use_until)
    if links.freshness("sophos", "endpoints") is None:
        return unknown("Sophos endpoints were not read in full lately", "sophos/endpoints", recheck_at=in_use_until)
    possible = [other for other in links.possibly_related("same_device", Device) if other.vendor == "sophos"]
    if possible:
        names = ", ".join(sorted(other.model.name or other.external_id for other in possible))
        return unknown(f"a Sophos endpoint may be this device: {names}", recheck_at=in_use_until)
    return None


CHECK = Check(
    name="no_endpoint_protection",
    kind=Device,
    title="Device without endpoint protection",
    why="Malware on a device without an agent is neither stopped nor seen.",
    remedy="Install the Sophos agent, or retire the device in Intune and Entra if it is no longer in use.",
    severity="high",
    params=Params(),
    evaluate=evaluate,
    relations=("same_device",),
    needs=("sophos/endpoints", f"m365/{INTUNE}"),
)
