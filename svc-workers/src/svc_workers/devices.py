"""Which of the records of one device is judged, and whether the device is in use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from mspbyte_common.models import Device
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Ok, Unknown, ok, unknown

INTUNE, ENTRA, AGENTS, ITEMS = (
    "m365/managedDevices",
    "m365/devices",
    "sophos/endpoints",
    "autotask/ConfigurationItems",
)
RANK: Final = (INTUNE, ENTRA, AGENTS)
"""Where several records are one device, the first of these that knows it is judged."""
COMPUTERS: Final = frozenset({"workstation", "server"})


def source(subject: Subject[Any]) -> str:
    """The listing a record is of."""
    return f"{subject.vendor}/{subject.resource}"


def is_agent(subject: Subject[Device]) -> bool:
    """Whether the record is that of an endpoint agent."""
    return source(subject) == AGENTS


def speaks(subject: Subject[Device], links: Links) -> bool | Unknown:
    """Whether this record is the one to judge; Unknown while a better one may exist and was not read, or not linked.

    The check must name same_device, and the listings of RANK in `needs`.
    """
    if source(subject) not in RANK:
        return False
    better = RANK[: RANK.index(source(subject))]
    if any(source(other) in better for other in links.related("same_device", Device)):
        return False
    if subject.client_id is None:
        return unknown("it belongs to no client: its account is not mapped")
    for listing in better:
        vendor, _, resource = listing.partition("/")
        if links.has_account(vendor) and links.freshness(vendor, resource) is None:
            return unknown(f"{listing} was not read in full lately", listing)
    possible = [other for other in links.possibly_related("same_device", Device) if source(other) in better]
    if possible:
        return unknown(f"it may be the same device as {', '.join(sorted(map(called, possible)))}")
    return True


def judged_until(subject: Subject[Device], links: Links, days: int) -> datetime | Ok | Unknown:
    """Until when the record is to be judged: the best of a device in use. Ok for any other, Unknown where that is not told."""
    judged = speaks(subject, links)
    if isinstance(judged, Unknown):
        return judged
    until = in_use_until(subject.model, days)
    if judged and until is None:
        return unknown("when the device was last seen is not known")
    return until if judged and until is not None and until > links.now else ok()


def in_use_until(device: Device, days: int) -> datetime | None:
    """Until when a device counts as in use; None where it was not told when it was last seen."""
    return None if device.last_seen_at is None else device.last_seen_at + timedelta(days=days)


def called(subject: Subject[Device]) -> str:
    """What a person calls it."""
    return subject.model.name or subject.external_id


def facts(subject: Subject[Device]) -> dict[str, Any]:
    """What a finding on a device tells of it."""
    device = subject.model
    return {
        "device": device.name,
        "class": device.device_class,
        "os": device.os_name,
        "serial": device.serial,
        "source": source(subject),
        "user": device.owner_upn or device.last_user,
    }
