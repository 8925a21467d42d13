"""Vendors' times become UTC or None."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_processors.times import instant, required_instant

READ = {
    "2026-01-17T10:32:29Z": datetime(2026, 1, 17, 10, 32, 29, tzinfo=UTC),
    "2026-01-17T10:32:29z": datetime(2026, 1, 17, 10, 32, 29, tzinfo=UTC),
    "2026-01-17 10:32:29Z": datetime(2026, 1, 17, 10, 32, 29, tzinfo=UTC),
    "2026-01-17T10:32Z": datetime(2026, 1, 17, 10, 32, tzinfo=UTC),
    "2026-01-17T10:32:29": datetime(2026, 1, 17, 10, 32, 29, tzinfo=UTC),
    "2016-03-30T13:10:35.563": datetime(2016, 3, 30, 13, 10, 35, 563000, tzinfo=UTC),
    "2026-01-17T10:32:29.5Z": datetime(2026, 1, 17, 10, 32, 29, 500000, tzinfo=UTC),
    "2026-01-17T10:32:29.52Z": datetime(2026, 1, 17, 10, 32, 29, 520000, tzinfo=UTC),
    "2026-01-17T10:32:29.0000009Z": datetime(2026, 1, 17, 10, 32, 29, tzinfo=UTC),
    "2025-08-23T09:05:10.1997623Z": datetime(2025, 8, 23, 9, 5, 10, 199762, tzinfo=UTC),
    "2016-12-31T23:59:43.797191-08:00": datetime(2017, 1, 1, 7, 59, 43, 797191, tzinfo=UTC),
    "2026-01-17T10:32:29+05:30": datetime(2026, 1, 17, 5, 2, 29, tzinfo=UTC),
    "2026-01-17T10:32:29+0100": datetime(2026, 1, 17, 9, 32, 29, tzinfo=UTC),
    "2026-01-17": datetime(2026, 1, 17, tzinfo=UTC),
    " 2026-01-17 ": datetime(2026, 1, 17, tzinfo=UTC),
    "2024-02-29T00:00:00Z": datetime(2024, 2, 29, tzinfo=UTC),
    "1970-01-01T00:00:00Z": datetime(1970, 1, 1, tzinfo=UTC),
}

NEVER = [
    None,
    "",
    "  ",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00",
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59-08:00",
]

NO_TIME = [
    "yesterday",
    "17.01.2026",
    "2026-01-17T",
    "2026-1-7",
    "2021-04-31",
    "2026-02-29T00:00:00Z",
    "2026-01-17T24:00:01Z",
    "2026-01-17T10:61:00Z",
    "2026-01-17T10:32:29.Z",
    "2026-01-17T10:32:29+25:00",
    "2026-01-17T10:32:29Z and more",
    "P730D",
    "\u0662\u0660\u0662\u0666-01-17",
    0,
    1700000000,
    1.5,
    True,
    ["2026-01-17"],
    {"date": "2026-01-17"},
]


@pytest.mark.parametrize(("sent", "meant"), READ.items(), ids=READ)
def test_a_time_is_read_as_utc(sent: str, meant: datetime) -> None:
    found = instant(sent)
    assert found == meant
    assert found.tzinfo is UTC


@pytest.mark.parametrize("sent", NEVER, ids=repr)
def test_no_time_and_a_sentinel_are_none(sent: object) -> None:
    assert instant(sent) is None


@pytest.mark.parametrize("sent", NO_TIME, ids=repr)
def test_what_is_no_time_is_refused(sent: object) -> None:
    with pytest.raises(ValueError, match=r"time|range|must be|offset"):
        instant(sent)


@pytest.mark.parametrize("sent", [None, "", "0001-01-01T00:00:00Z"], ids=repr)
def test_a_required_time_has_to_be_there(sent: object) -> None:
    with pytest.raises(ValueError, match="a time was expected"):
        required_instant(sent)


moments = st.datetimes(min_value=datetime(2, 1, 3), max_value=datetime(9998, 12, 29))  # noqa: DTZ001
minutes = st.integers(min_value=-23 * 60 - 59, max_value=23 * 60 + 59)


@given(moments, minutes)
def test_a_time_written_in_any_zone_is_read_back(moment: datetime, offset: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert instant(aware.isoformat()) == aware


@given(moments)
def test_reading_what_was_read_changes_nothing(moment: datetime) -> None:
    once = instant(moment.isoformat())
    assert once is not None
    assert instant(once.isoformat()) == once


@given(st.text())
def test_any_text_is_a_time_or_none_or_refused(sent: str) -> None:
    try:
        found = instant(sent)
    except ValueError:
        return
    assert found is None or found.tzinfo is UTC
