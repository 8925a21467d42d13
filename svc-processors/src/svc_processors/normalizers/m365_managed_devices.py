"""Microsoft 365 managedDevices (Intune) → device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from mspbyte_common.models import Device
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, distinct, guid, guid_or_none, text
from svc_processors.systems import device_class, os_family
from svc_processors.times import instant

Compliance = Literal["compliant", "noncompliant", "grace", "error", "unknown"]

_COMPLIANCE: Final[dict[str, Compliance]] = {
    "compliant": "compliant",
    "noncompliant": "noncompliant",
    "ingraceperiod": "grace",
    "error": "error",
    "conflict": "error",
}


def normalize(raw: Mapping[str, Any]) -> Device:
    """A device Intune lists. All of them are managed, except those it has merely discovered."""
    name = text(raw.get("deviceName"))
    system = text(raw.get("operatingSystem"))
    family = os_family(system)
    compliance = text(raw.get("complianceState"))
    return Device(
        name=name,
        device_class=device_class(family, system, name),
        os_family=family,
        os_name=system,
        os_version=text(raw.get("osVersion")),
        serial=text(raw.get("serialNumber")),
        macs=distinct(sorted(filter(None, (text(raw.get("wiFiMacAddress")), text(raw.get("ethernetMacAddress")))))),
        entra_device_id=guid_or_none(raw.get("azureADDeviceId")),
        management_id=guid(raw["id"]),
        owner_id=guid_or_none(raw.get("userId")),
        owner_upn=text(raw.get("userPrincipalName")),
        managed=text(raw.get("managementState")) != "discovered",
        compliance=None if compliance is None else choice(compliance, _COMPLIANCE, "unknown"),
        last_seen_at=instant(raw.get("lastSyncDateTime")),
        created_at=instant(raw.get("enrolledDateTime")),
    )


NORMALIZER = Normalizer(vendor="m365", resource="managedDevices", kind=Device, version=2, normalize=normalize)
