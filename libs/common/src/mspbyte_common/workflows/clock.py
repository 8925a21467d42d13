"""Quiet hours and digests: from a moment to the next one at which something may be said, by a zone's own clock.

A time of day that a zone skips in spring is read by the clock of before, as calendars do (RFC 5545): 02:30 is 03:30 then.
One it has twice in autumn is the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SATURDAY: Final = 5
LOOKED_AHEAD: Final = 9
"""Days within which quiet ends: a weekend between two nights, and a day to spare on both sides."""


@dataclass(frozen=True)
class Quiet:
    """From a time of day until another, past midnight where that is earlier; equal: never. Weekends as a whole, if so."""

    start: str
    until: str
    weekends: bool


def loud_from(now: datetime, zone: ZoneInfo, quiet: Quiet | None) -> datetime:
    """The first moment from now on that is not quiet."""
    if quiet is None:
        return now
    spans = _spans(now.astimezone(zone).date(), zone, quiet)
    found = now
    for start, end in spans:
        if start <= found < end:
            found = end
    return found.astimezone(UTC)


def next_of(now: datetime, zone: ZoneInfo, times: tuple[str, ...]) -> datetime:
    """The first of these times of day that is later than now."""
    today = now.astimezone(zone).date()
    moments = (_at(today + timedelta(days=days), text, zone) for days in range(3) for text in times)
    return min(moment for moment in moments if moment > now)


def _spans(today: date, zone: ZoneInfo, quiet: Quiet) -> list[tuple[datetime, datetime]]:
    """What is quiet around a day, in order of beginning."""
    found = []
    for ahead in range(-2, LOOKED_AHEAD):
        day = today + timedelta(days=ahead)
        if quiet.start != quiet.until:
            ends = day if quiet.start < quiet.until else day + timedelta(days=1)
            found.append((_at(day, quiet.start, zone), _at(ends, quiet.until, zone)))
        if quiet.weekends and day.weekday() >= SATURDAY:
            found.append((_at(day, "00:00", zone), _at(day + timedelta(days=1), "00:00", zone)))
    return sorted(found)


def _at(day: date, text: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), zone).astimezone(UTC)
