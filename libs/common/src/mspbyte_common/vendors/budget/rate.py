"""The arithmetic of rates: GCRA, pure functions over seconds.

A rate of `amount` per `seconds` is kept as one number, its theoretical arrival time: when the next unit would be due if
all came evenly. A unit may be early by the tolerance. A permit has a slot (the earliest moment it may be used) and is good
for `valid` seconds from there. The interval between units is stretched so that the law holds whatever happens inside
these bounds: in any window of `seconds` at most `amount` units are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

SLICE_SECONDS: Final = 0.25
"""How far ahead permits are given: what a process that dies takes with it."""
VALID_SECONDS: Final = 0.25
FLOOR: Final = 0.1
"""However often a vendor says that we are too fast, this share of the rate is left."""
RECOVERY_SECONDS: Final = 600.0
"""A rate lowered to nothing would be whole again after so long."""
BACKED_OFF: Final = 0.75
"""What a refusal leaves of the rate that led to it."""


@dataclass(frozen=True)
class Rate:
    """So much per so many seconds. `burst`: the share of it that may come at once, and that the steady rate lacks."""

    amount: float
    seconds: float
    burst: float = 0.02

    @property
    def valid(self) -> float:
        """How long after its slot a permit may be used."""
        return min(VALID_SECONDS, self.seconds / 10)

    @property
    def tolerance(self) -> float:
        """By how much a unit may be early."""
        return self.seconds * self.burst

    def interval(self, factor: float) -> float:
        """Seconds between two units at that share of the rate."""
        return (self.seconds + self.tolerance + self.valid) / (self.amount * factor)


@dataclass(frozen=True)
class Bucket:
    """A rate as it stands: `tat`, the theoretical arrival time, and the share of it in force.

    `spent` in the window that began at `since`, `before` in the one before it: for people, not for the law.
    """

    rate: Rate
    tat: float = 0.0
    factor: float = 1.0
    since: float = 0.0
    spent: float = 0.0
    before: float = 0.0

    def slot(self, cost: float) -> float:
        """When so many units at once are due, the last of them as early as it may be."""
        interval = self.rate.interval(self.factor)
        return self.tat + (cost - 1.0) * interval - self.rate.tolerance

    def charged(self, cost: float, at: float) -> Bucket:
        """With so many units taken at that moment."""
        turned = self.turned(at)
        tat = max(self.tat, at) + cost * self.rate.interval(self.factor)
        return replace(turned, tat=tat, spent=turned.spent + cost)

    def turned(self, now: float) -> Bucket:
        """In the window of that moment."""
        since = now - now % self.rate.seconds
        if since <= self.since:
            return self
        before = self.spent if since - self.since < 1.5 * self.rate.seconds else 0.0
        return replace(self, since=since, spent=0.0, before=before)

    def used(self, now: float) -> float:
        """About how much the last window's length took, the window before this one taken as even."""
        turned = self.turned(now)
        left = 1.0 - (now - turned.since) / self.rate.seconds
        return turned.spent + turned.before * min(max(left, 0.0), 1.0)


@dataclass(frozen=True)
class Grant:
    """`slots` of the permits given, in order; `again`: the slot of the first that was not given, None if all were."""

    slots: tuple[float, ...]
    again: float | None
    buckets: tuple[Bucket, ...]


def grant(buckets: Sequence[Bucket], costs: Sequence[Sequence[float]], now: float, not_before: float = 0.0) -> Grant:
    """Permits for requests in order, as many as have their slot within a slice from now in every bucket.

    `costs[i][j]`: what request i takes of bucket j. What one bucket refuses is taken from none.
    """
    held = tuple(buckets)
    slots: list[float] = []
    for cost in costs:
        at = max(now, not_before, *(bucket.slot(units) for bucket, units in zip(held, cost, strict=True)))
        if at > now + SLICE_SECONDS:
            return Grant(tuple(slots), at, held)
        held = tuple(bucket.charged(units, at) for bucket, units in zip(held, cost, strict=True))
        slots.append(at)
    return Grant(tuple(slots), None, held)


def recovered(factor: float, lowered_at: float, now: float) -> float:
    """The share in force, so long after it was lowered."""
    return min(1.0, factor + max(now - lowered_at, 0.0) / RECOVERY_SECONDS)


def lowered(current: float, told: float) -> float:
    """The share after the vendor said so much: never raised by it, never below the floor."""
    return min(current, max(FLOOR, told))
