"""A year of many jobs in four time zones with random outages: every instant that a calendar names is in the ledger, once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from mspbyte_common.schedule import CATCH_UPS, OVERLAPS, Schedule
from svc_scheduler.jobs.instants import Entry, Policy, Standing, account_for, without

JOBS = int(os.environ.get("MSPBYTE_SIMULATED_JOBS", "1000"))
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata")
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
BY_THE_CLOCK = 10
"""One job of so many goes by a clock, the others by an interval: looking for an instant of a clock takes longer."""

Outages = list[tuple[datetime, datetime]]


def _daily(zone: str, at: time) -> Iterator[datetime]:
    """When a clock in the zone shows a time, from the calendar: an hour that is left out ends where it would have begun."""
    day = date(2025, 12, 30)
    while day < date(2027, 1, 3):
        local = datetime.combine(day, at, ZoneInfo(zone))
        instant = local.astimezone(UTC)
        if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
            gap = instant.astimezone(ZoneInfo(zone))
            instant = gap.replace(minute=0).astimezone(UTC)
        yield instant
        day += timedelta(days=1)


def _outages(random: Random) -> Outages:
    """When no scheduler was there: for seconds, hours, and once for weeks."""
    found: Outages = []
    moment = START
    while moment < END:
        moment += timedelta(hours=random.expovariate(1 / 60))
        lasts = timedelta(hours=random.choice((0.01, 0.5, 6, 40, 40, 600)))
        found.append((moment, min(moment + lasts, END)))
        moment += lasts
    return found


class _Job:
    """A job through the year: its ledger as the scheduler writes it, its runs as long as chance wants."""

    def __init__(self, random: Random, number: int) -> None:
        self.random = random
        self.policy = Policy(random.choice(OVERLAPS), random.choice(CATCH_UPS))
        self.zone = ZONES[number % len(ZONES)]
        if number % BY_THE_CLOCK == 0:
            at = time(random.randrange(5), random.randrange(60))
            self.schedule = Schedule(f"{at.minute} {at.hour} * * *", self.zone)
            self.named = [instant for instant in _daily(self.zone, at) if instant > START]
        else:
            step = timedelta(hours=random.choice((8, 12, 24)), minutes=random.randrange(60))
            self.schedule = Schedule(f"every {step.total_seconds():.0f}s")
            self.named = [START + number * step for number in range(1, (END - START) // step + 2)]
        self.ledger: list[Entry] = []
        self.next_fire_at = self.named[0]
        self.open_until = START
        self.waiting = 0
        self.most_open = 0

    def live(self, outages: Outages) -> None:
        """The scheduler looks when an instant comes, or as soon as it is back."""
        coming = iter(outages)
        outage = next(coming, None)
        while self.next_fire_at < END:
            now = self.next_fire_at + timedelta(seconds=self.random.random() / 2)
            while outage is not None and outage[1] <= now:
                outage = next(coming, None)
            if outage is not None and outage[0] <= now:
                now = outage[1]
            self._ended(now)
            rests = "the job is paused" if self.random.random() < 0.02 else None
            standing = Standing(now < self.open_until, self.waiting, rests)
            entries, self.next_fire_at = account_for(self.schedule, self.next_fire_at, now, self.policy, standing)
            self.ledger += entries
            for entry in entries:
                if entry.state == "queued":
                    assert now >= self.open_until, "one run of a job at a time"
                    self.open_until = now + self._lasts()
                self.waiting += entry.state == "waiting"

    def _ended(self, now: datetime) -> None:
        """What waits runs as soon as the run before it has ended."""
        while self.waiting and self.open_until <= now:
            self.waiting -= 1
            self.open_until += self._lasts()

    def _lasts(self) -> timedelta:
        return timedelta(minutes=self.random.choice((1, 5, 30, 900)))


def test_the_ledger_of_a_year_balances_to_zero() -> None:
    random = Random(2026)
    outages = _outages(random)
    fates: Counter[str] = Counter()
    for number in range(JOBS):
        job = _Job(random, number)
        job.live(outages)
        told = [instant for entry in job.ledger for instant in entry.instants]
        assert told == [instant for instant in job.named if instant < job.next_fire_at], (number, job.schedule)
        for entry in job.ledger:
            fates[entry.state] += len(entry.instants)
        stay, taken = without(told, START + timedelta(days=100), START + timedelta(days=120))
        assert len(stay) + len(taken) == len(told)
    assert all(fates[state] for state in ("queued", "waiting", "skipped", "missed")), "every fate is met"
