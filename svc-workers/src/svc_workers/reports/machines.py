"""Devices, each once however many sources know it: a device is a cluster of records that are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from svc_workers.devices import AGENTS, COMPUTERS, ENTRA, INTUNE, ITEMS
from svc_workers.reports.record import Record

SOURCES: Final[Mapping[str, str]] = {"entra": ENTRA, "intune": INTUNE, "sophos": AGENTS, "psa": ITEMS}
"""The sources of devices, and the list each is."""
TITLES: Final[Mapping[str, str]] = {"entra": "Entra ID", "intune": "Intune", "sophos": "Sophos", "psa": "PSA"}
TRUST: Final = ("sophos", "intune", "entra", "psa")
"""Whose word counts, best first."""
CLASSES: Final = ("workstation", "server", "mobile", "firewall", "other", "unknown")
IN_USE: Final = timedelta(days=30)
UNTOLD: Final = frozenset({None, "other", "unknown"})


@dataclass(frozen=True)
class Machine:
    """A device: its record in each source that sees it, the one seen last where a source has several."""

    records: Mapping[str, Record]

    def tells(self, field: str) -> Any:
        """A field as the most trusted source that knows it tells it; None where none does."""
        told = [self.records[source].data.get(field) for source in TRUST if source in self.records]
        return next((value for value in told if value not in UNTOLD), next((v for v in told if v is not None), None))

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.tells("name") or "A device without a name"

    @property
    def device_class(self) -> str:
        """Workstation, server, and so on."""
        return self.tells("device_class") or "unknown"

    @property
    def computer(self) -> bool:
        """Whether an agent can protect it."""
        return self.device_class in COMPUTERS

    @property
    def last_seen_at(self) -> datetime | None:
        """When any source last saw it; None: not told."""
        return max((at for one in self.records.values() if (at := one.moment("last_seen_at"))), default=None)

    def in_use(self, at: datetime) -> bool:
        """Whether it was seen in the thirty days before."""
        return self.last_seen_at is not None and self.last_seen_at + IN_USE > at


def machines(
    records: Mapping[str, Iterable[Record]], pairs: Iterable[tuple[UUID, UUID]], known: Callable[[str], bool]
) -> tuple[Machine, ...]:
    """The devices of the sources that are known; pairs of records that are one device are joined by any chain of them."""
    sources = {listing: source for source, listing in SOURCES.items() if known(listing)}
    everything = {one.id: one for listing in SOURCES.values() for one in records.get(listing, ())}
    clusters: dict[UUID, dict[str, Record]] = defaultdict(dict)
    for root, record in _rooted(everything, pairs):
        source = sources.get(record.listing)
        if source is not None:
            clusters[root][source] = _fresher(clusters[root].get(source), record)
    return tuple(sorted(map(Machine, clusters.values()), key=lambda machine: machine.name.casefold()))


def _rooted(records: Mapping[UUID, Record], pairs: Iterable[tuple[UUID, UUID]]) -> Iterable[tuple[UUID, Record]]:
    """Each record with the one that stands for its cluster."""
    parent = {key: key for key in records}

    def root(key: UUID) -> UUID:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for one, other in pairs:
        if one in parent and other in parent:
            parent[root(one)] = root(other)
    return [(root(key), record) for key, record in records.items()]


def _fresher(one: Record | None, other: Record) -> Record:
    """The one seen last; of two of which that is not told, the other."""
    if one is None:
        return other
    seen, later = one.moment("last_seen_at"), other.moment("last_seen_at")
    return one if seen is not None and (later is None or seen >= later) else other
