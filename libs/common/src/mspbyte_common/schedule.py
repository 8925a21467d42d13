"""When a job fires: an interval, or a cron expression in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cronsim import CronSim, CronSimError

from mspbyte_common.errors import UsageError

EVERY = re.compile(r"every (\d+)s")
MISSED_MOST = 200
"""A longer outage is accounted for with its most recent instants."""
JITTER_SHARE = 0.1
"""Accounts of one interval are spread over this share of it."""


@dataclass(frozen=True)
class Schedule:
    """'every 3600s', or five cron fields."""

    text: str

    def __post_init__(self) -> None:
        """Refuses what is neither."""
        if EVERY.fullmatch(self.text) is None:
            try:
                CronSim(self.text, datetime.now(UTC))
            except CronSimError as error:
                message = f"{self.text!r} is neither 'every <seconds>s' nor a cron expression: {error}"
                raise UsageError(message) from None

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The instants after `moment`, for ever."""
        match = EVERY.fullmatch(self.text)
        if match is None:
            yield from CronSim(self.text, moment.astimezone(UTC))
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
    """What is due of a job: the instant to run for, those missed before it, and the next to wait for."""

    run: datetime
    missed: list[datetime]
    next: datetime


def fires(schedule: Schedule, due: datetime, now: datetime) -> Fires:
    """Accounts for every instant from `due` (which has come) to `now`: the latest runs, the ones before were missed."""
    instants = [due]
    for instant in schedule.after(due):
        if instant > now:
            return Fires(instants[-1], instants[:-1][-MISSED_MOST:], instant)
        instants.append(instant)
        if len(instants) > 2 * MISSED_MOST:
            instants = instants[-MISSED_MOST:]
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
