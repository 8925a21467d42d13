"""How old what a report says is, per vendor and resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Source:
    """Until when one account's list of one resource is known; `stale`: too long ago to rely on."""

    client_id: UUID
    vendor: str
    resource: str
    account: str
    current_at: datetime | None
    stale: bool
    reachable: bool
    problem: str | None


@dataclass(frozen=True)
class Listed:
    """A list over all accounts of a client, with what stands in the way of any of them."""

    vendor: str
    resource: str
    accounts: int
    current_at: datetime | None
    problems: tuple[str, ...]


class Freshness:
    """The listings of a client's accounts, by vendor and resource."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources: dict[tuple[str, str], list[Source]] = defaultdict(list)
        for source in sources:
            self._sources[source.vendor, source.resource].append(source)

    def of(self, vendor: str, resource: str) -> datetime | None:
        """Until when the changes of all accounts that can be reached are known; None: no data.

        There is no data while one of them was never read whole, or too long ago.
        """
        sources = [source for source in self._sources.get((vendor, resource), ()) if source.reachable]
        times = [source.current_at for source in sources if source.current_at is not None and not source.stale]
        return min(times) if times and len(times) == len(sources) else None

    def lists(self) -> list[Listed]:
        """One per vendor and resource."""
        return [
            Listed(
                vendor,
                resource,
                len(sources),
                self.of(vendor, resource),
                tuple(f"{source.account}: {problem}" for source in sources if (problem := _problem(source))),
            )
            for (vendor, resource), sources in sorted(self._sources.items())
        ]

    def has(self, vendor: str) -> bool:
        """Whether the client has an account of the vendor."""
        return any(name == vendor for name, _ in self._sources)


def _problem(source: Source) -> str | None:
    if source.stale and source.current_at is not None:
        return ", ".join(filter(None, [f"last read on {source.current_at:%Y-%m-%d %H:%M} UTC", source.problem]))
    return source.problem
