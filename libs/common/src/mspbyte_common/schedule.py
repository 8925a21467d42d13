"""When a job fires: an interval, or a cron expression in a time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from mspbyte_common.errors import UsageError

EVERY: Final = re.compile(r"every (\d+)s")
JITTER_SHARE: Final = 0.1
"""Accounts of one interval are spread over this share of it."""

Overlap = Literal["skip", "queue"]
"""An instant that meets an open run is skipped, or one of them waits until that has ended."""
CatchUp = Literal["none", "latest", "all"]
"""Of the instants nobody was there for none runs, the latest, or all of them, up to `CATCH_UP_MOST`."""
OVERLAPS: Final[tuple[Overlap, ...]] = get_args(Overlap)
CATCH_UPS: Final[tuple[CatchUp, ...]] = get_args(CatchUp)


@lru_cache(maxsize=10_000)
def schedule(text: str, zone: str) -> Schedule:
    """The schedule of a job; jobs have few between them."""
    return Schedule(text, zone)


@dataclass(frozen=True)
class Schedule:
    """'every 3600s', or five cron fields in a zone of the IANA database ('Europe/Berlin').

    A cron expression that names an hour keeps it through both changes of the clock: an instant in the hour that is left out
    comes right after the gap, one in the hour that comes twice comes once. One with '*' for the hour or the minute follows
    time as it passes (Debian's cron does so, and so does cronsim). An interval knows no clock.
    """

    text: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuses what is neither, and a zone nobody knows."""
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"there is no time zone {self.zone!r}: take a name such as Europe/Berlin or UTC"
            raise UsageError(message) from None
        if EVERY.fullmatch(self.text) is None:
            try:
                CronSim(self.text, datetime.now(UTC))
            except CronSimError as error:
                message = f"{self.text!r} is neither 'every <seconds>s' nor a cron expression: {error}"
                raise UsageError(message) from None

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The instants after `moment` in UTC, for ever."""
        match = EVERY.fullmatch(self.text)
        if match is None:
            zone = UTC if self.zone == "UTC" else ZoneInfo(self.zone)
            last = moment
            for instant in CronSim(self.text, moment.astimezone(zone)):
                found = instant.astimezone(UTC)
                if found > last:  # two that fall into the left-out hour are one instant after it
                    yield found
                    last = found
            return
        step = timedelta(seconds=int(match[1]))
        while True:
            moment += step
            yield moment

    def pause(self, moment: datetime) -> timedelta:
        """How far apart the two instants after `moment` are."""
        instants = self.after(moment)
        return -(next(instants) - next(instants))


@dataclass(frozen=True)
class Fires:
    """What is due of a job: every instant that has come, the earliest first, and the next to wait for."""

    due: list[datetime]
    next: datetime


def fires(schedule: Schedule, due: datetime, now: datetime) -> Fires:
    """Accounts for every instant from `due` (which has come) to `now`."""
    instants = [due]
    for instant in schedule.after(due):
        if instant > now:
            return Fires(instants, instant)
        instants.append(instant)
    message = f"{schedule.text!r} has no next instant after {due}"
    raise UsageError(message)


def jitter(schedule: Schedule, job: UUID) -> timedelta:
    """How much later than its interval a job's second fire comes: its own share of a tenth of the interval.

    All jobs of a new connection fire at once the first time; from then on they are spread. Cron expressions name instants
    a person chose: they are kept.
    """
    match = EVERY.fullmatch(schedule.text)
    if match is None:
        return timedelta(0)
    share = int.from_bytes(job.bytes[-4:]) / 2**32
    return timedelta(seconds=int(match[1]) * JITTER_SHARE * share)
