"""Every scheduled instant is accounted for, and the next one always exists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.errors import UsageError
from mspbyte_common.schedule import JITTER_SHARE, Schedule, fires, jitter

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)


def test_a_job_that_is_due_runs_and_waits_for_the_next_instant() -> None:
    found = fires(Schedule("every 3600s"), NOON, NOON + timedelta(seconds=5))
    assert (found.run, found.missed, found.next) == (NOON, [], NOON + timedelta(hours=1))


def test_after_an_outage_the_latest_instant_runs_and_the_others_were_missed() -> None:
    found = fires(Schedule("every 3600s"), NOON, NOON + timedelta(hours=3, minutes=10))
    assert found.missed == [NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2)]
    assert found.run == NOON + timedelta(hours=3)
    assert found.next == NOON + timedelta(hours=4)


def test_a_cron_expression_names_instants_in_utc() -> None:
    found = fires(Schedule("30 2 * * *"), datetime(2026, 3, 28, 2, 30, tzinfo=UTC), NOON)
    assert found.next == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "every", "every 5m", "61 * * * *", "sometimes"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Schedule(text)


@given(step=st.integers(60, 200_000), late=st.integers(0, 30_000_000))
def test_the_instants_from_due_to_now_are_a_gapless_row(step: int, late: int) -> None:
    now = NOON + timedelta(seconds=late)
    found = fires(Schedule(f"every {step}s"), NOON, now)
    row = [*found.missed, found.run, found.next]
    assert all(later - earlier == timedelta(seconds=step) for earlier, later in pairwise(row))
    assert found.run <= now < found.next


@given(number=st.uuids(), step=st.integers(60, 200_000))
def test_jitter_is_a_jobs_own_and_at_most_a_tenth_of_its_interval(number: UUID, step: int) -> None:
    schedule = Schedule(f"every {step}s")
    assert jitter(schedule, number) == jitter(schedule, number)
    assert timedelta(0) <= jitter(schedule, number) <= timedelta(seconds=step * JITTER_SHARE)
    assert jitter(Schedule("0 3 * * *"), number) == timedelta(0)
