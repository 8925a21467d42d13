"""A shared budget through any course of asks, delays, refusals and pauses: no window ever holds more than its amount."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mspbyte_common.vendors.budget.rate import BACKED_OFF, Bucket, Rate, grant, lowered, recovered


class Budget(RuleBasedStateMachine):
    """Two nested rates, replicas that use their permits as late as they may, and a vendor that refuses."""

    @initialize(
        amount=st.integers(1, 30), seconds=st.sampled_from([1.0, 10.0, 60.0]), burst=st.sampled_from([0.0, 0.02, 0.5])
    )
    def begin(self, amount: int, seconds: float, burst: float) -> None:
        self.buckets = (Bucket(Rate(amount, seconds, burst)), Bucket(Rate(amount * 3, seconds * 7, burst)))
        self.now = 1_000.0
        self.paused_until = 0.0
        self.lowered_at = self.now
        self.factor = 1.0
        self.sent: list[float] = []

    @rule(seconds=st.floats(0.0, 90.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(wanted=st.integers(1, 12), late=st.floats(0.0, 1.0))
    def a_replica_asks(self, wanted: int, late: float) -> None:
        in_force = recovered(self.factor, self.lowered_at, self.now)
        held = tuple(replace(bucket, factor=in_force) for bucket in self.buckets)
        given_now = grant(held, [(1.0, 1.0)] * wanted, self.now, self.paused_until)
        self.buckets = given_now.buckets
        assert len(given_now.slots) <= wanted
        assert all(slot >= max(self.now, self.paused_until) for slot in given_now.slots)
        self.sent += [slot + late * min(bucket.rate.valid for bucket in held) for slot in given_now.slots]

    @rule(told=st.floats(0.0, 1.0))
    def the_vendor_refuses(self, told: float) -> None:
        current = recovered(self.factor, self.lowered_at, self.now)
        self.factor, self.lowered_at = lowered(current * BACKED_OFF, told), self.now

    @rule(seconds=st.floats(0.0, 120.0))
    def a_pause_is_asked_for(self, seconds: float) -> None:
        self.paused_until = max(self.paused_until, self.now + seconds)

    @invariant()
    def no_window_holds_more_than_its_amount(self) -> None:
        for bucket in getattr(self, "buckets", ()):
            sent = sorted(self.sent)
            for first, moment in enumerate(sent):
                within = sum(one < moment + bucket.rate.seconds - 1e-6 for one in sent[first:])
                assert within <= bucket.rate.amount


TestBudget = Budget.TestCase
TestBudget.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
