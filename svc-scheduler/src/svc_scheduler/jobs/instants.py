"""What becomes of the instants of a job that have come: each runs, waits, is skipped or was missed, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from mspbyte_common.schedule import CatchUp, Overlap, Schedule, fires

CATCH_UP_MOST: Final = 24
"""Catching up on all of a long outage's instants runs the last so many: each reads the same list."""
ON_TIME: Final = timedelta(minutes=1)
"""An instant found this late was not missed."""

STILL_OPEN: Final = "the run before it was still open"
ONE_WAITS: Final = "the run before it was still open, and another waits for its end"
NOT_THERE: Final = "the scheduler was not there"
TOO_MANY: Final = f"the scheduler was not there; the last {CATCH_UP_MOST} are caught up on"

State = Literal["queued", "waiting", "skipped", "missed"]


@dataclass(frozen=True)
class Policy:
    """What a job does with instants that meet an open run, and with those nobody was there for."""

    overlap: Overlap = "skip"
    catch_up: CatchUp = "latest"


@dataclass(frozen=True)
class Standing:
    """How a job stands. `busy`: a run of it is open; `waiting`: instants that wait; `rests`: why it is not run, or None."""

    busy: bool = False
    waiting: int = 0
    rests: str | None = None


@dataclass(frozen=True)
class Entry:
    """Instants with one fate, the earliest first: one row of the ledger. A queued or a waiting one stands alone."""

    instants: tuple[datetime, ...]
    state: State
    why: str | None = None


def account_for(
    schedule: Schedule, due: datetime, now: datetime, policy: Policy, standing: Standing
) -> tuple[list[Entry], datetime]:
    """(the fate of every instant from `due` to `now`, the next to wait for). No instant is left out, none is there twice."""
    found = fires(schedule, due, now)
    if standing.rests is not None:
        return [Entry(tuple(found.due), "skipped", standing.rests)], found.next
    missed, wanted = _caught_up(found.due, now, policy.catch_up)
    return [*missed, *_wanted(wanted, policy.overlap, standing)], found.next


def _caught_up(due: Sequence[datetime], now: datetime, catch_up: CatchUp) -> tuple[list[Entry], Sequence[datetime]]:
    most = {"none": 1 if now - due[-1] <= ON_TIME else 0, "latest": 1, "all": CATCH_UP_MOST}[catch_up]
    left = len(due) - most
    why = TOO_MANY if catch_up == "all" else NOT_THERE
    return ([Entry(tuple(due[:left]), "missed", why)], due[left:]) if left > 0 else ([], due)


def _wanted(wanted: Sequence[datetime], overlap: Overlap, standing: Standing) -> list[Entry]:
    """One runs unless a run is open; what else is wanted waits behind it."""
    if not wanted:
        return []
    if standing.busy or standing.waiting:
        if overlap == "skip" or standing.waiting:
            return [Entry(tuple(wanted), "skipped", ONE_WAITS if standing.waiting else STILL_OPEN)]
        return [Entry((instant,), "waiting") for instant in wanted]
    return [Entry((wanted[0],), "queued"), *(Entry((instant,), "waiting") for instant in wanted[1:])]


def without(instants: Sequence[datetime], first: datetime, last: datetime) -> tuple[list[datetime], list[datetime]]:
    """(the instants that stay, those from `first` to `last`)."""
    taken = [instant for instant in instants if first <= instant <= last]
    return [instant for instant in instants if not first <= instant <= last], taken
