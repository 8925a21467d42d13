"""Quiet hours and digests by a zone's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.workflows.clock import Quiet, loud_from, next_of

ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")]
BERLIN = ZONES[1]
times = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - given UTC


@given(moments, st.sampled_from(ZONES), st.builds(Quiet, times, times, st.booleans()))
def test_what_waits_for_the_end_of_quiet_waits_no_longer_than_that(now, zone, quiet) -> None:
    loud = loud_from(now, zone, quiet)
    assert loud >= now
    assert loud_from(loud, zone, quiet) == loud
    before = loud - timedelta(seconds=1)
    assert before < now or loud_from(before, zone, quiet) == loud


@given(moments, st.sampled_from(ZONES), st.lists(times, min_size=1, max_size=3))
def test_the_next_digest_is_the_first_of_its_times_of_day_to_come(now, zone, at) -> None:
    due = next_of(now, zone, tuple(at))
    assert now < due <= now + timedelta(days=1, hours=1)
    assert next_of(due, zone, tuple(at)) > due


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-03-28T22:30:00+00:00", "2026-03-29T05:00:00+00:00"),  # the clocks go forward: 7:00 is 5:00 UTC
        ("2026-10-24T21:30:00+00:00", "2026-10-25T06:00:00+00:00"),  # and back: 7:00 is 6:00 UTC
        ("2026-11-23T12:00:00+00:00", "2026-11-23T12:00:00+00:00"),
    ],
)
def test_quiet_ends_by_the_wall_clock_whatever_the_clocks_do(now, end) -> None:
    assert loud_from(datetime.fromisoformat(now), BERLIN, Quiet("20:00", "07:00", weekends=False)) == (
        datetime.fromisoformat(end)
    )


def test_a_quiet_weekend_lasts_from_fridays_evening_to_mondays_morning() -> None:
    friday = datetime(2026, 11, 20, 21, tzinfo=BERLIN)
    assert loud_from(friday, BERLIN, Quiet("20:00", "07:00", weekends=True)) == datetime(2026, 11, 23, 7, tzinfo=BERLIN)
