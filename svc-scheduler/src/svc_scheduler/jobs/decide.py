"""What becomes of a due job: its runs, and when it is looked at next. Nothing here asks or writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from mspbyte_common import ids
from mspbyte_common.schedule import fires, jitter, schedule
from mspbyte_common.trace import new_traceparent, opened
from mspbyte_common.vendors.breaker import FIRST_PAUSE, PROBE, next_probe
from svc_scheduler.jobs.instants import Entry, Policy, Standing, account_for
from svc_scheduler.jobs.store import ROW_INSTANTS, Due, Joining, NewRun


@dataclass
class Decision:
    """What is to be written of a job.

    `joins`: instants that go to the job's last row if that has the same fate, and the rows they are where it has not.
    """

    job: Due
    wish_granted: bool = False
    next_fire_at: datetime | None = None
    probe_pause: timedelta | None = None
    joins: Joining | None = None
    rows: list[NewRun] = field(default_factory=list)
    entries: Sequence[Entry] = ()


def decide(due: Due, now: datetime) -> Decision:
    """A person's wish first, then the schedule, then a probe: whichever opens a run makes the job busy for the others."""
    decision, busy = Decision(due), due.busy
    if due.manual and not busy:
        decision.wish_granted = busy = True
        decision.rows.append(open_run(due, _beside(due, now), "manual"))
    if due.next_fire_at <= now:
        busy = _schedule(decision, now, busy=busy)
    if due.probe_at is not None and due.probe_at <= now and not busy:
        pause = next_probe(due.failures, schedule(due.schedule, due.time_zone).pause(now))
        decision.probe_pause = pause or FIRST_PAUSE
        decision.rows.append(open_run(due, _beside(due, now), PROBE))
    return decision


def open_run(due: Due, instant: datetime, trigger: str, state: str = "queued") -> NewRun:
    """A run of the job, which begins a trace."""
    run_id = ids.derive(trigger, due.id, instant.isoformat()) if trigger == "backfill" else _run_id(due, instant)
    trace = opened(f"open {due.vendor} {due.resource}", msp=str(due.msp_id), run=str(run_id), trigger=trigger)
    return NewRun(run_id, due.id, (instant,), trigger, state, None, trace)


def _schedule(decision: Decision, now: datetime, *, busy: bool) -> bool:
    """What becomes of every instant up to now; returns whether a run of the job is open."""
    due = decision.job
    named = schedule(due.schedule, due.time_zone)
    policy, standing = Policy(due.overlap, due.catch_up), Standing(busy, due.waiting, due.rests)
    entries, following = account_for(named, due.next_fire_at, now, policy, standing)
    decision.next_fire_at = following + jitter(named, due.id) if due.first else following
    decision.entries = entries
    for number, entry in enumerate(entries):
        if entry.why is None:
            decision.rows.append(open_run(due, entry.instants[0], "schedule", entry.state))
            continue
        rows = [
            NewRun(_run_id(due, part[0]), due.id, part, "schedule", entry.state, entry.why, new_traceparent())
            for part in _parts(entry.instants)
        ]
        if number == 0:
            decision.joins = Joining(due.id, entry.instants, entry.state, entry.why, rows)
        else:
            decision.rows += rows
    return busy or any(entry.state == "queued" for entry in entries)


def _beside(due: Due, now: datetime) -> datetime:
    """A moment for a run that the schedule did not ask for: now, unless that is an instant, which has a row of its own."""
    if due.next_fire_at > now:
        return now
    instants = fires(schedule(due.schedule, due.time_zone), due.next_fire_at, now).due
    return now + timedelta.resolution if now in instants else now


def _run_id(due: Due, instant: datetime) -> UUID:
    return ids.derive("run", due.id, instant.isoformat())


def _parts(instants: Sequence[datetime]) -> Iterable[Sequence[datetime]]:
    return (instants[start : start + ROW_INSTANTS] for start in range(0, len(instants), ROW_INSTANTS))
