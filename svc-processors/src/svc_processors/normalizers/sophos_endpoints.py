"""Sophos endpoints → device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.models import Device, Product
from mspbyte_common.models.device import DeviceClass, Health, OsFamily
from svc_processors.normalizer import Normalizer
from svc_processors.reading import (
    choice,
    distinct,
    entries,
    flag,
    guid,
    guid_or_none,
    part,
    required_text,
    strings,
    text,
    whole,
)
from svc_processors.times import instant

_CLASSES: Final[dict[str, DeviceClass]] = {"computer": "workstation", "server": "server"}
_FAMILIES: Final[dict[str, OsFamily]] = {"windows": "windows", "linux": "linux", "macos": "macos"}
_HEALTH: Final[dict[str, Health]] = {"good": "good", "suspicious": "suspicious", "bad": "bad"}
_ISOLATED: Final[dict[str, bool | None]] = {"isolated": True, "notisolated": False}


def normalize(raw: Mapping[str, Any]) -> Device:
    """An endpoint. Sophos leaves keys out where it has nothing to say; addresses are left out when there are none."""
    system = part(raw.get("os"))
    person = part(raw.get("associatedPerson"))
    return Device(
        name=text(raw.get("hostname")),
        device_class=choice(raw.get("type"), _CLASSES, "unknown"),
        os_family=choice(system.get("platform"), _FAMILIES, "unknown"),
        os_name=text(system.get("name")),
        os_version=_version(system),
        serial=text(raw.get("serialNumber")),
        macs=tuple(sorted(strings(raw.get("macAddresses")))),
        addresses=distinct(sorted(strings(raw.get("ipv4Addresses"))) + sorted(strings(raw.get("ipv6Addresses")))),
        agent_id=guid(raw["id"]),
        owner_id=guid_or_none(person.get("id")),
        last_user=text(person.get("viaLogin")) or text(person.get("name")),
        agent_health=_health(raw.get("health")),
        tamper_protection=flag(raw.get("tamperProtectionEnabled")),
        tamper_protection_supported=flag(raw.get("tamperProtectionSupported")),
        isolated=choice(part(raw.get("isolation")).get("status"), _ISOLATED, None),
        products=_products(raw.get("assignedProducts")),
        last_seen_at=instant(raw.get("lastSeenAt")),
    )


def _version(system: Mapping[str, Any]) -> str | None:
    """The numbers Sophos sends, dotted; Macs and Linux machines have no build."""
    numbers = [whole(system.get(name)) for name in ("majorVersion", "minorVersion", "build")]
    if numbers[0] is None:
        return None
    return ".".join(str(number) for number in numbers if number is not None)


def _health(health: object) -> Health | None:
    """None for a machine that never reported, unknown where it reported something we have no word for."""
    overall = text(part(health).get("overall"))
    return None if overall is None else choice(overall, _HEALTH, "unknown")


def _products(products: object) -> tuple[Product, ...] | None:
    if products is None:
        return None
    found = (
        Product(code=required_text(item["code"]), version=text(item.get("version")), status=text(item.get("status")))
        for item in entries(products)
    )
    return tuple(sorted(found, key=lambda product: product.code))


NORMALIZER = Normalizer(vendor="sophos", resource="endpoints", kind=Device, version=2, normalize=normalize)
