"""How long a failing job is left alone."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.vendors.breaker import COUNTED, FIRST_PAUSE, OPENS_AT, next_probe

INTERVALS = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=31))


@given(st.integers(min_value=0, max_value=OPENS_AT - 1), INTERVALS)
def test_a_failure_or_two_leave_the_schedule_alone(failures: int, interval: timedelta) -> None:
    assert next_probe(failures, interval) is None


@given(st.integers(min_value=OPENS_AT, max_value=100_000), INTERVALS)
def test_pauses_grow_up_to_the_interval_and_never_beyond(failures: int, interval: timedelta) -> None:
    pause, later = next_probe(failures, interval), next_probe(failures + 1, interval)
    assert pause is not None
    assert later is not None
    assert timedelta(0) < pause <= later <= interval
    assert later in (interval, 2 * pause)
    assert next_probe(OPENS_AT, interval) == min(FIRST_PAUSE, interval)


def test_only_the_vendors_own_reasons_count() -> None:
    assert {error.error_class for error in COUNTED} == {
        "transient",
        "unreachable",
        "token_expired",
        "unclassified",
        "schema_drift",
        "paging_broken",
    }
