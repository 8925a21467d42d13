"""Autotask ConfigurationItems → device."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Device
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import distinct, flag, ident, ident_or_none, text
from svc_processors.systems import device_class, os_family
from svc_processors.times import instant

_BETWEEN_MACS = re.compile(r"[\[\],;|\s]+")


def normalize(raw: Mapping[str, Any]) -> Device:
    """A configuration item. Its system and class are unknown unless an RMM tool filled in the operating system."""
    record = Caseless(raw)
    system = text(record.get("rmmDeviceAuditOperatingSystem"))
    family = os_family(system)
    return Device(
        name=text(record.get("rmmDeviceAuditHostname")) or text(record.get("referenceTitle")),
        device_class=device_class(family, system),
        os_family=family,
        os_name=system,
        os_version=None,
        serial=text(record.get("serialNumber")) or text(record.get("dattoSerialNumber")),
        macs=_macs(text(record.get("rmmDeviceAuditMacAddress"))),
        addresses=distinct((text(record.get("rmmDeviceAuditIPAddress")),)),
        asset_id=ident(record["id"]),
        company_id=ident(record["companyID"]),
        contact_id=ident_or_none(record.get("contactID")),
        last_user=text(record.get("rmmDeviceAuditLastUser")),
        active=flag(record.get("isActive")),
        last_seen_at=instant(record.get("dattoLastCheckInDateTime")),
        created_at=instant(record.get("createDate")),
    )


def _macs(sent: str | None) -> tuple[str, ...]:
    """The addresses of a field such as "[00155DA84B64, 34E6D7000001]"."""
    return tuple(sorted(set(filter(None, _BETWEEN_MACS.split(sent or "")))))


NORMALIZER = Normalizer(vendor="autotask", resource="ConfigurationItems", kind=Device, version=2, normalize=normalize)
