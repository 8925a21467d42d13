"""Every instant has one fate, and the policies say which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.schedule import CATCH_UPS, OVERLAPS, Schedule
from svc_scheduler.jobs.instants import (
    CATCH_UP_MOST,
    NOT_THERE,
    ONE_WAITS,
    STILL_OPEN,
    TOO_MANY,
    Policy,
    Standing,
    account_for,
    without,
)

DUE = datetime(2026, 6, 1, tzinfo=UTC)
HOURLY = Schedule("every 3600s")
HOUR = timedelta(hours=1)


def _fates(hours: float, policy: Policy, standing: Standing) -> list[tuple[list[int], str, str | None]]:
    """(hours after the first, state, why) of what has come by then."""
    entries, _ = account_for(HOURLY, DUE, DUE + hours * HOUR, policy, standing)
    return [([(one - DUE) // HOUR for one in entry.instants], entry.state, entry.why) for entry in entries]


@pytest.mark.parametrize(
    ("hours", "policy", "standing", "fates"),
    [
        (0, {}, {}, [([0], "queued", None)]),
        (3.2, {}, {}, [([0, 1, 2], "missed", NOT_THERE), ([3], "queued", None)]),
        (0.01, {"catch_up": "none"}, {}, [([0], "queued", None)]),
        (3.2, {"catch_up": "none"}, {}, [([0, 1, 2, 3], "missed", NOT_THERE)]),
        (3.01, {"catch_up": "none"}, {}, [([0, 1, 2], "missed", NOT_THERE), ([3], "queued", None)]),
        (2.2, {"catch_up": "all"}, {}, [([0], "queued", None), ([1], "waiting", None), ([2], "waiting", None)]),
        (0, {}, {"busy": True}, [([0], "skipped", STILL_OPEN)]),
        (0, {"overlap": "queue"}, {"busy": True}, [([0], "waiting", None)]),
        (0, {"overlap": "queue"}, {"busy": True, "waiting": 1}, [([0], "skipped", ONE_WAITS)]),
        (0, {"overlap": "queue"}, {"waiting": 1}, [([0], "skipped", ONE_WAITS)]),
        (2, {"overlap": "queue", "catch_up": "all"}, {"rests": "paused"}, [([0, 1, 2], "skipped", "paused")]),
    ],
)
def test_an_instant_becomes_what_the_policies_say(
    hours: float, policy: dict[str, Any], standing: dict[str, Any], fates: list[Any]
) -> None:
    assert _fates(hours, Policy(**policy), Standing(**standing)) == fates


def test_catching_up_on_all_of_a_long_outage_runs_the_last_ones() -> None:
    missed, *run = _fates(1_000, Policy(catch_up="all"), Standing())
    assert (missed[0][-1], missed[1], missed[2]) == (1_000 - CATCH_UP_MOST, "missed", TOO_MANY)
    assert [state for _, state, _ in run] == ["queued", *["waiting"] * (CATCH_UP_MOST - 1)]


@given(
    late=st.integers(0, 5_000_000),
    policy=st.builds(Policy, st.sampled_from(OVERLAPS), st.sampled_from(CATCH_UPS)),
    standing=st.builds(Standing, st.booleans(), st.integers(0, 2), st.sampled_from([None, "paused"])),
    schedule=st.sampled_from([HOURLY, Schedule("*/20 1-4 * * *", "Europe/Berlin")]),
)
def test_no_instant_is_left_out_and_none_is_there_twice(
    late: int, policy: Policy, standing: Standing, schedule: Schedule
) -> None:
    now = DUE + timedelta(seconds=late)
    entries, following = account_for(schedule, DUE, now, policy, standing)
    told = [instant for entry in entries for instant in entry.instants]
    due = [DUE]
    for instant in schedule.after(DUE):
        if instant > now:
            break
        due.append(instant)
    assert told == due
    assert following == next(schedule.after(due[-1])) > now
    opened = [entry for entry in entries if entry.state == "queued"]
    assert len(opened) <= (0 if standing.busy or standing.waiting or standing.rests else 1)
    assert all((entry.why is None) == (entry.state in {"queued", "waiting"}) for entry in entries)


@given(st.lists(st.integers(0, 40), unique=True), st.integers(0, 40), st.integers(0, 40))
def test_what_is_made_up_for_leaves_its_row_and_nothing_else_does(hours: list[int], first: int, last: int) -> None:
    instants = [DUE + hour * HOUR for hour in sorted(hours)]
    stay, taken = without(instants, DUE + first * HOUR, DUE + last * HOUR)
    assert sorted([*stay, *taken]) == instants
    assert taken == [DUE + hour * HOUR for hour in sorted(hours) if first <= hour <= last]
