"""Which run is announced next: within the caps, by rank, and in a fair order over msps and accounts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from svc_scheduler.runs.choose import Candidate, Caps, Lane, choose

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
WIDE = Caps(10_000, 10_000, 10_000)


def _lane(msp: int, account: int = 0, vendor: str = "m365") -> Lane:
    return Lane(vendor, UUID(int=msp), UUID(int=1_000 * msp + account))


class _Runs:
    """Candidates with numbers, and whose each was."""

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []

    def add(self, lane: Lane, number: int = 1, *, rank: int = 2, priority: int = 5) -> None:
        for _ in range(number):
            run = UUID(int=len(self.candidates))
            self.candidates.append(Candidate(rank, priority, NOON, run, lane))

    def chosen(
        self, caps: Caps = WIDE, in_hand: dict[Lane, int] | None = None, weights: dict[UUID, int] | None = None
    ) -> list[Candidate]:
        return [self.candidates[run.int] for run in choose(self.candidates, in_hand or {}, caps, weights or {})]


def test_a_small_msp_does_not_stand_behind_a_large_ones_thousand_runs() -> None:
    runs = _Runs()
    runs.add(_lane(1), 1_000)
    runs.add(_lane(2), 1)
    assert _lane(2) in [one.lane for one in runs.chosen()[:2]]


def test_of_one_msp_accounts_take_turns() -> None:
    runs = _Runs()
    runs.add(_lane(1, 1), 50)
    runs.add(_lane(1, 2), 50)
    assert Counter(one.lane for one in runs.chosen(Caps(10, 10, 10))) == {_lane(1, 1): 5, _lane(1, 2): 5}


def test_an_msp_of_three_times_the_weight_gets_three_times_the_runs() -> None:
    runs = _Runs()
    for msp in (1, 2):
        runs.add(_lane(msp), 1_000)
    found = Counter(one.lane for one in runs.chosen(Caps(400, 400, 400), weights={UUID(int=1): 3}))
    assert found == {_lane(1): 300, _lane(2): 100}


def test_what_a_person_asked_for_comes_before_what_goes_on_and_that_before_what_is_scheduled() -> None:
    runs = _Runs()
    for rank in (2, 1, 0):
        runs.add(_lane(rank + 1), 3, rank=rank)
    assert [one.rank for one in runs.chosen()] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_of_an_account_the_run_with_the_lowest_priority_number_comes_first() -> None:
    runs = _Runs()
    for priority in (7, 1, 3):
        runs.add(_lane(1), priority=priority)
    assert [one.priority for one in runs.chosen()] == [1, 3, 7]


def test_what_is_in_hand_counts_as_a_turn_taken() -> None:
    runs = _Runs()
    for msp in (1, 2):
        runs.add(_lane(msp), 10)
    assert {one.lane for one in runs.chosen(Caps(10, 10, 10), {_lane(1): 5})} == {_lane(2)}


LANES = st.builds(_lane, st.integers(1, 4), st.integers(0, 3), st.sampled_from(["m365", "sophos"]))


@given(
    waiting=st.lists(st.tuples(LANES, st.integers(1, 6), st.integers(0, 2), st.integers(1, 3)), max_size=12),
    in_hand=st.dictionaries(LANES, st.integers(1, 6), max_size=6),
    caps=st.builds(Caps, st.integers(1, 20), st.integers(1, 12), st.integers(1, 6)),
)
def test_no_cap_is_passed_no_run_is_chosen_twice_and_no_room_is_left_that_a_run_could_take(
    waiting: list[tuple[Lane, int, int, int]], in_hand: dict[Lane, int], caps: Caps
) -> None:
    runs = _Runs()
    for lane, number, rank, priority in waiting:
        runs.add(lane, number, rank=rank, priority=priority)
    chosen = runs.chosen(caps, in_hand)
    assert len({one.run_id for one in chosen}) == len(chosen)
    added = Counter(one.lane for one in chosen)
    held = Counter(in_hand) + added

    def room(lane: Lane) -> bool:
        of_vendor = sum(number for one, number in held.items() if one.vendor == lane.vendor)
        of_msp = sum(number for one, number in held.items() if one[:2] == lane[:2])
        return of_vendor < caps.vendor and of_msp < caps.msp and held[lane] < caps.account

    for lane in added:
        assert held[lane] <= caps.account
        assert sum(number for one, number in held.items() if one[:2] == lane[:2]) <= caps.msp
        assert sum(number for one, number in held.items() if one.vendor == lane.vendor) <= caps.vendor
    left = {one.lane for one in runs.candidates if one not in chosen}
    assert not [lane for lane in left if room(lane)]
