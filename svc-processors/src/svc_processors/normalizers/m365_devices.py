"""Microsoft 365 devices (Entra) → device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mspbyte_common.models import Device
from svc_processors.normalizer import Normalizer
from svc_processors.reading import flag, guid, guid_or_none, text
from svc_processors.systems import device_class, os_family
from svc_processors.times import instant


def normalize(raw: Mapping[str, Any]) -> Device:
    """A device object of the directory; `deviceId` is the device's own id, all zeros until it registers."""
    name = text(raw.get("displayName"))
    system = text(raw.get("operatingSystem"))
    family = os_family(system)
    return Device(
        name=name,
        device_class=device_class(family, system, name),
        os_family=family,
        os_name=system,
        os_version=text(raw.get("operatingSystemVersion")),
        serial=None,
        object_id=guid(raw["id"]),
        entra_device_id=guid_or_none(raw.get("deviceId")),
        managed=flag(raw.get("isManaged")),
        compliance=_compliance(flag(raw.get("isCompliant"))),
        active=flag(raw.get("accountEnabled")),
        last_seen_at=instant(raw.get("approximateLastSignInDateTime")),
        created_at=instant(raw.get("createdDateTime")) or instant(raw.get("registrationDateTime")),
    )


def _compliance(compliant: bool | None) -> Literal["compliant", "noncompliant"] | None:  # noqa: FBT001  (the vendor's flag)
    if compliant is None:
        return None
    return "compliant" if compliant else "noncompliant"


NORMALIZER = Normalizer(vendor="m365", resource="devices", kind=Device, version=2, normalize=normalize)
