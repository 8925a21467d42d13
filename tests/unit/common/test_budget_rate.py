"""The arithmetic of rates: whatever is asked when, a window never holds more than its amount."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspbyte_common.vendors.budget.rate import (
    FLOOR,
    RECOVERY_SECONDS,
    SLICE_SECONDS,
    Bucket,
    Rate,
    grant,
    lowered,
    recovered,
)
from mspbyte_common.vendors.limits import Cost, Limit, Owner

START = 1_000_000.0

rates = st.builds(
    Rate,
    amount=st.integers(1, 400).map(float),
    seconds=st.sampled_from([1.0, 10.0, 60.0, 3_600.0]),
    burst=st.sampled_from([0.0, 0.02, 0.1, 0.5]),
)
asks = st.lists(
    st.tuples(st.floats(0.0, 30.0), st.lists(st.integers(1, 5), min_size=1, max_size=20), st.floats(0.0, 1.0)),
    min_size=1,
    max_size=40,
)


def most_in_a_window(sent: list[tuple[float, float]], seconds: float) -> float:
    """The most units in any window of that length; a window holds its end and not its beginning."""
    sent = sorted(sent)
    most, first, inside = 0.0, 0, 0.0
    for at, units in sent:
        inside += units
        while sent[first][0] <= at - seconds:
            inside -= sent[first][1]
            first += 1
        most = max(most, inside)
    return most


@given(st.lists(rates, min_size=1, max_size=3), asks)
@settings(deadline=None)
def test_no_window_of_any_of_nested_rates_holds_more_than_its_amount(nested, asked) -> None:
    buckets, now = tuple(Bucket(rate) for rate in nested), START
    valid = min(rate.valid for rate in nested)
    sent: list[tuple[float, float]] = []
    for wait, costs, late in asked:
        now += wait
        given_ = grant(buckets, [[min(cost, rate.amount) for rate in nested] for cost in costs], now)
        buckets = given_.buckets
        sent += [(slot + late * valid, cost) for slot, cost in zip(given_.slots, costs, strict=False)]
    for rate in nested:
        assert most_in_a_window([(at, min(cost, rate.amount)) for at, cost in sent], rate.seconds) <= rate.amount


@given(rates, st.integers(1, 40))
def test_permits_come_in_order_within_the_slice_and_the_next_is_told(rate, wanted) -> None:
    given_ = grant([Bucket(rate)], [[1.0]] * wanted, START)
    assert all(earlier <= later for earlier, later in pairwise(given_.slots))
    assert all(START <= slot <= START + SLICE_SECONDS for slot in given_.slots)
    assert (given_.again is None) == (len(given_.slots) == wanted)
    if given_.again is not None:
        assert grant(given_.buckets, [[1.0]], given_.again).slots == (given_.again,)


@given(rates.filter(lambda rate: rate.burst <= 0.1), st.integers(1, 8))
@settings(deadline=None)
def test_replicas_that_always_ask_use_nearly_all_of_a_rate(rate, replicas) -> None:
    bucket, now, got = Bucket(rate), START, 0
    while got < max(300, 3 * rate.amount):
        given_ = grant([bucket], [[1.0]] * replicas, now)
        (bucket,), got = given_.buckets, got + len(given_.slots)
        now = max(given_.slots[-1] if given_.again is None else given_.again - SLICE_SECONDS / 2, now + 0.0001)
    share = got / (rate.amount * (now - START) / rate.seconds)
    assert share >= 0.99 / (1.0 + rate.burst + rate.valid / rate.seconds)


def test_what_one_rate_refuses_is_taken_from_none() -> None:
    free, full = Bucket(Rate(100, 10)), Bucket(Rate(1, 60), tat=START + 60)
    assert grant([free, full], [[1.0, 1.0]], START).buckets == (free, full)


def test_nothing_is_given_before_a_pause_ends() -> None:
    bucket = Bucket(Rate(100, 10))
    assert grant([bucket], [[1.0]], START, START + 40).again == START + 40
    assert grant([bucket], [[1.0]], START, START + 0.1).slots == (START + 0.1,)


def test_a_permit_may_wait_for_weight_but_is_never_refused_for_ever() -> None:
    given_ = grant([Bucket(Rate(20, 10))], [[20.0]], START)
    assert given_.slots == (START,)
    assert grant(given_.buckets, [[20.0]], START).again == pytest.approx(START + 20, abs=2)


@given(st.floats(0.1, 1.0), st.floats(0.0, 10.0), st.floats(0.0, 2_000.0))
def test_a_rate_that_was_lowered_keeps_a_floor_and_comes_back(current, told, seconds) -> None:
    share = lowered(current, told)
    assert FLOOR <= share <= current
    assert share <= recovered(share, START, START + seconds) <= 1.0
    assert recovered(share, START, START + RECOVERY_SECONDS) == 1.0


def test_a_lowered_rate_gives_less() -> None:
    def in_ten_seconds(factor: float) -> int:
        bucket, got = Bucket(Rate(100, 10), factor=factor), 0
        for step in range(100):
            given_ = grant([bucket], [[1.0]] * 10, START + step / 10)
            (bucket,), got = given_.buckets, got + len(given_.slots)
        return got

    assert in_ten_seconds(0.5) <= math.ceil(in_ten_seconds(1.0) * 0.55)


def test_use_of_the_last_window_fades() -> None:
    bucket = Bucket(Rate(100, 10)).charged(40, START)
    assert bucket.used(START) == 40
    assert bucket.used(START + 15) == 20
    assert bucket.used(START + 40) == 0


def test_a_class_of_lists_counts_together_and_no_other() -> None:
    reports = Limit(scope="account", requests=5, seconds=10, resources=frozenset({"signIns", "reports"}))
    whole = Limit(scope="connection", units=100, seconds=10)
    first, second, other = (Owner("m", "c", "a", name) for name in ("signIns", "reports", "users"))
    assert first.bound_by([whole, reports]) == second.bound_by([whole, reports])
    assert [limit for _, limit in other.bound_by([whole, reports])] == [whole]
    assert whole.cost(Cost(20, 35)) == 35
    assert reports.cost(Cost(20, 35)) == 20


@pytest.mark.parametrize(
    "measures", [{}, {"requests": 5, "units": 5}, {"requests": 5, "concurrent": 2}, {"requests": 0}]
)
def test_a_limit_has_exactly_one_measure(measures) -> None:
    with pytest.raises(ValueError, match=r"exactly one|greater than"):
        Limit(scope="account", **measures)
