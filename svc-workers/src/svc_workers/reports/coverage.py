"""Which sources see which devices. A device is a cluster of records that are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from svc_workers.reports.store import DeviceRow

SOURCES: Final[dict[str, tuple[str, str]]] = {
    "entra": ("m365", "devices"),
    "intune": ("m365", "managedDevices"),
    "sophos": ("sophos", "endpoints"),
    "psa": ("autotask", "ConfigurationItems"),
}
"""The columns of the table, and where each comes from."""
TRUST: Final = ("sophos", "intune", "entra", "psa")
"""Whose word on a device's class counts, best first."""
CLASSES: Final = ("workstation", "server", "mobile", "firewall", "other", "unknown")
IN_USE: Final = timedelta(days=30)

Fresh = Callable[[str, str], datetime | None]


def coverage(
    rows: Iterable[DeviceRow], pairs: Iterable[tuple[UUID, UUID]], fresh: Fresh, now: datetime
) -> dict[str, Any]:
    """Devices by class and source; None in the column of a source that was not read in full."""
    known = {name: fresh(*source) is not None for name, source in SOURCES.items()}
    if not any(known.values()):
        return {"sources": known, "rows": None, "total": None}
    by_class: dict[str, list[dict[str, DeviceRow]]] = defaultdict(list)
    for device in _clusters({row.id: row for row in rows}, pairs):
        seen = {name: device[source] for name, source in SOURCES.items() if source in device and known[name]}
        if seen:
            by_class[_class(seen)].append(seen)
    table = [{"class": name} | _row(by_class[name], known, now) for name in CLASSES if by_class[name]]
    everything = [device for devices in by_class.values() for device in devices]
    return {"sources": known, "rows": table, "total": _row(everything, known, now)}


def _row(devices: list[dict[str, DeviceRow]], known: Mapping[str, bool], now: datetime) -> dict[str, int | None]:
    in_use = [
        device
        for device in devices
        if any(row.last_seen_at is not None and row.last_seen_at + IN_USE > now for row in device.values())
    ]
    columns = {name: sum(name in device for device in devices) if known[name] else None for name in SOURCES}
    return {"devices": len(devices), "in_use": len(in_use), **columns}


def _class(device: Mapping[str, DeviceRow]) -> str:
    classes = [device[name].device_class for name in TRUST if name in device]
    return next((name for name in classes if name not in {"other", "unknown"}), classes[0])


def _clusters(
    rows: Mapping[UUID, DeviceRow], pairs: Iterable[tuple[UUID, UUID]]
) -> list[dict[tuple[str, str], DeviceRow]]:
    """Records joined by any chain of pairs, each cluster by source."""
    parent = {key: key for key in rows}

    def root(key: UUID) -> UUID:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for one, other in pairs:
        if one in parent and other in parent:
            parent[root(one)] = root(other)
    clusters: dict[UUID, dict[tuple[str, str], DeviceRow]] = defaultdict(dict)
    for key, row in rows.items():
        clusters[root(key)][row.vendor, row.resource] = _fresher(
            clusters[root(key)].get((row.vendor, row.resource)), row
        )
    return list(clusters.values())


def _fresher(one: DeviceRow | None, other: DeviceRow) -> DeviceRow:
    if one is None or one.last_seen_at is None:
        return other
    return one if other.last_seen_at is None or one.last_seen_at >= other.last_seen_at else other
