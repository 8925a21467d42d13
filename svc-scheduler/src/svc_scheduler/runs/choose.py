"""Which queued runs are announced next: a fair order over msps and accounts, within what may be in hand at a time.

A stream of messages is first in, first out. So only as many runs are announced as adapters can take up, and the choice is
made anew each time one has ended: a person's wish or a small msp never stands behind another's thousand runs.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Lane(NamedTuple):
    """Whose a run is."""

    vendor: str
    msp_id: UUID
    account_id: UUID


@dataclass(frozen=True)
class Caps:
    """How many runs may be announced or running at a time: of a vendor, of an msp at a vendor, of an account."""

    vendor: int = 256
    msp: int = 128
    account: int = 32


class Candidate(NamedTuple):
    """A queued run that may start. `rank`: 0 a person's, 1 goes on from a page, 2 any other; `priority`: low first."""

    rank: int
    priority: int
    fire_time: datetime
    run_id: UUID
    lane: Lane


def choose(
    candidates: Iterable[Candidate], in_hand: Mapping[Lane, int], caps: Caps, weights: Mapping[UUID, int]
) -> list[UUID]:
    """The runs to announce, in order.

    By rank first; within a rank the msp goes next that has the least in hand for its weight, of it the account that has
    the least, of that the run with the lowest priority number, then the oldest. Over time that is a weighted round robin,
    and it needs no memory: any replica chooses the same.
    """
    held = _Held(in_hand, caps, weights)
    by_rank: dict[tuple[int, str], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_rank[candidate.rank, candidate.lane.vendor].append(candidate)
    chosen: list[UUID] = []
    for _, found in sorted(by_rank.items(), key=lambda one: one[0]):
        chosen += _in_turn(found, held)
    return chosen


class _Held:
    """What is in hand, as it grows with each choice."""

    def __init__(self, in_hand: Mapping[Lane, int], caps: Caps, weights: Mapping[UUID, int]) -> None:
        self.caps, self.weights = caps, weights
        self.vendor: Counter[str] = Counter()
        self.msp: Counter[tuple[str, UUID]] = Counter()
        self.account: Counter[Lane] = Counter()
        for lane, number in in_hand.items():
            self.take(lane, number)

    def take(self, lane: Lane, number: int = 1) -> None:
        self.vendor[lane.vendor] += number
        self.msp[lane.vendor, lane.msp_id] += number
        self.account[lane] += number

    def has_room(self, lane: Lane) -> bool:
        return self.account[lane] < self.caps.account

    def share(self, vendor: str, msp: UUID) -> float:
        return self.msp[vendor, msp] / self.weights.get(msp, 1)


def _in_turn(candidates: Sequence[Candidate], held: _Held) -> list[UUID]:
    """Of one rank and vendor: one run of one msp at a time, until there is no more room or no more run."""
    vendor = candidates[0].lane.vendor
    queues: dict[UUID, dict[Lane, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
    for candidate in sorted(candidates, reverse=True):
        queues[candidate.lane.msp_id][candidate.lane].append(candidate)
    turns = [(held.share(vendor, msp), msp) for msp in queues]
    heapq.heapify(turns)
    accounts = {msp: [(held.account[lane], lane) for lane in lanes] for msp, lanes in queues.items()}
    for lanes in accounts.values():
        heapq.heapify(lanes)
    chosen: list[UUID] = []
    while turns and held.vendor[vendor] < held.caps.vendor:
        _, msp = heapq.heappop(turns)
        if held.msp[vendor, msp] >= held.caps.msp or not accounts[msp]:
            continue
        _, lane = heapq.heappop(accounts[msp])
        if held.has_room(lane):
            chosen.append(queues[msp][lane].pop().run_id)
            held.take(lane)
            if queues[msp][lane]:
                heapq.heappush(accounts[msp], (held.account[lane], lane))
        heapq.heappush(turns, (held.share(vendor, msp), msp))
    return chosen
