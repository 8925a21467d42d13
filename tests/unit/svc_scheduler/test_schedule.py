"""Schedules: the next instant always exists, in every zone and through both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.errors import UsageError
from mspbyte_common.schedule import JITTER_SHARE, Schedule, fires, jitter

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)
"""The day before Berlin's clocks go from 2:00 to 3:00."""
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)
"""The day before they go from 3:00 back to 2:00."""

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")


def test_a_job_that_is_due_waits_for_the_next_instant() -> None:
    found = fires(Schedule("every 3600s"), NOON, NOON + timedelta(seconds=5))
    assert (found.due, found.next) == ([NOON], NOON + timedelta(hours=1))


def test_a_cron_expression_without_a_zone_names_instants_in_utc() -> None:
    found = fires(Schedule("30 2 * * *"), datetime(2026, 3, 28, 2, 30, tzinfo=UTC), NOON)
    assert found.next == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


def _local(text: str, after: datetime, number: int) -> list[str]:
    instants = islice(Schedule(text, "Europe/Berlin").after(after), number)
    return [f"{one.astimezone(ZoneInfo('Europe/Berlin')):%d %H:%M%z}" for one in instants]


def test_an_hour_that_is_left_out_is_made_up_for_right_after_the_gap() -> None:
    assert _local("30 2 * * *", SPRING, 2) == ["29 03:00+0200", "30 02:30+0200"]
    assert _local("15,45 2 * * *", SPRING, 3) == ["29 03:00+0200", "30 02:15+0200", "30 02:45+0200"]


def test_an_hour_that_comes_twice_is_kept_once() -> None:
    assert _local("30 2 * * *", AUTUMN, 2) == ["25 02:30+0200", "26 02:30+0100"]


def test_what_runs_every_hour_follows_time_as_it_passes() -> None:
    for change in (SPRING, AUTUMN):
        instants = islice(Schedule("0 * * * *", "Europe/Berlin").after(change), 30)
        assert {later - earlier for earlier, later in pairwise(instants)} == {timedelta(hours=1)}


@pytest.mark.parametrize("text", ["", "every", "every 5m", "61 * * * *", "sometimes"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Schedule(text)


@pytest.mark.parametrize("zone", ["", "Berlin", "../etc/passwd", "Europe/Nowhere"])
def test_a_zone_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(UsageError, match="time zone"):
        Schedule("0 3 * * *", zone)


CRONS = st.builds(
    "{} {} * * {}".format,
    st.one_of(st.just("*/20"), st.integers(0, 59)),
    st.one_of(st.just("*"), st.just("*/3"), st.integers(0, 23), st.just("1-4")),
    st.sampled_from(["*", "1-5", "0"]),
)


@given(text=CRONS, zone=st.sampled_from(ZONES), change=st.sampled_from([SPRING, AUTUMN]), number=st.integers(1, 40))
def test_wherever_a_schedule_is_taken_up_again_it_goes_on_with_the_same_instants(
    text: str, zone: str, change: datetime, number: int
) -> None:
    schedule = Schedule(text, zone)
    whole = list(islice(schedule.after(change), number + 3))
    assert all(earlier < later for earlier, later in pairwise(whole))
    assert list(islice(schedule.after(whole[number - 1]), 3)) == whole[number:]


@given(step=st.integers(60, 200_000), late=st.integers(0, 30_000_000))
def test_the_instants_from_due_to_now_are_a_gapless_row(step: int, late: int) -> None:
    now = NOON + timedelta(seconds=late)
    found = fires(Schedule(f"every {step}s"), NOON, now)
    row = [*found.due, found.next]
    assert all(later - earlier == timedelta(seconds=step) for earlier, later in pairwise(row))
    assert found.due[-1] <= now < found.next


@given(number=st.uuids(), step=st.integers(60, 200_000))
def test_jitter_is_a_jobs_own_and_at_most_a_tenth_of_its_interval(number: UUID, step: int) -> None:
    schedule = Schedule(f"every {step}s")
    assert jitter(schedule, number) == jitter(schedule, number)
    assert timedelta(0) <= jitter(schedule, number) <= timedelta(seconds=step * JITTER_SHARE)
    assert jitter(Schedule("0 3 * * *"), number) == timedelta(0)
