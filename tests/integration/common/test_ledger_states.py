"""The ledger through any course of work, failures, kills and lost messages: each record is done once, or buried, or open."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mspbyte_common.db.engine import Pool, open_pool, transaction
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.ledger.perform import perform
from mspbyte_common.ledger.store import MSP_WINDOW, WINDOW, insert_work
from mspbyte_common.trace import new_traceparent
from svc_scheduler.store import waiting_work

ACCOUNTS = [UUID(int=number) for number in (1, 2)]


class KilledError(BaseException):
    """The process is gone."""


class Ledger(RuleBasedStateMachine):
    """One stage; every entity that goes in is counted when the stage's transaction has committed."""

    owner: psycopg.Connection[Any]
    pool: Pool
    scheduler: Pool
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.msp = uuid4()
        self.put: set[UUID] = set()
        self.done: Counter[UUID] = Counter()
        self.poison: set[UUID] = set()
        self.deliveries: Counter[int] = Counter()
        self._sql("DELETE FROM work")
        self._sql("DELETE FROM dead_letter")

    def _sql(self, statement: str) -> list[tuple[Any, ...]]:
        cursor = self.owner.execute(statement)
        return cursor.fetchall() if cursor.description else []

    def _run(self, work: Any) -> Any:
        return self.runner.run(work)

    @rule(account=st.sampled_from(ACCOUNTS), pieces=st.integers(1, 12), size=st.integers(1, 4), bad=st.booleans())
    def a_page_is_stored(self, account: UUID, pieces: int, size: int, bad: bool) -> None:
        following = [Next("evaluate", "device", account, [uuid4() for _ in range(size)]) for _ in range(pieces)]
        self.put.update(one for piece in following for one in piece.entity_ids)
        if bad:
            self.poison.add(following[0].entity_ids[0])

        async def store() -> None:
            async with transaction(self.pool, self.msp) as connection:
                await insert_work(connection, self.msp, None, new_traceparent(), following)

        self._run(store())

    @rule(
        which=st.integers(0, 50), ending=st.sampled_from(["well", "well", "well", "killed", "killed after", "conflict"])
    )
    def a_message_comes(self, which: int, ending: str) -> None:
        announced = self._sql("SELECT id FROM work WHERE announced_at IS NOT NULL ORDER BY id")
        if not announced:
            return
        [number] = announced[which % len(announced)]
        self.deliveries[number] += 1
        doing: list[UUID] = []

        async def handler(_connection: Any, item: Item) -> list[Next]:
            if self.poison.intersection(item.entity_ids):
                raise ValueError
            if ending == "killed":
                raise KilledError
            if ending == "conflict":
                raise psycopg.errors.DeadlockDetected
            doing.extend(item.entity_ids)
            return []

        with suppress(KilledError):
            performed = self._run(perform(self.pool, self.msp, number, handler, deliveries=self.deliveries[number]))
            if performed.outcome == "done":
                self.done.update(doing)

    @rule()
    def time_passes(self) -> None:
        self._sql("UPDATE work SET not_before = NULL")

    @rule()
    def the_sweep_looks(self) -> None:
        async def sweep() -> None:
            async with transaction(self.scheduler, None) as connection:
                await waiting_work(connection)

        self._run(sweep())

    @invariant()
    def each_record_is_done_once_or_buried_or_open(self) -> None:
        still = [one for (one,) in self._sql("SELECT unnest(entity_ids) FROM work")]
        buried = [one for (one,) in self._sql("SELECT unnest(entity_ids) FROM dead_letter")]
        assert Counter(self.put) == Counter(still) + Counter(buried) + self.done

    @invariant()
    def no_window_is_passed(self) -> None:
        announced = Counter(one for (one,) in self._sql("SELECT account_id FROM work WHERE announced_at IS NOT NULL"))
        # a split gives one place back and may take two
        assert all(number <= 2 * WINDOW for number in announced.values())
        assert announced.total() <= MSP_WINDOW

    def teardown(self) -> None:
        """Without faults all that is left comes to its end, and only poison is buried."""
        for _ in range(60 * (1 + len(self.poison))):
            self.time_passes()
            self.the_sweep_looks()
            left = self._sql("SELECT count(*) FROM work WHERE announced_at IS NOT NULL")
            for which in range(int(str(left[0][0]))):
                self.a_message_comes(which, "well")
            if not self._sql("SELECT 1 FROM work LIMIT 1"):
                break
        self.each_record_is_done_once_or_buried_or_open()
        buried = {one for (one,) in self._sql("SELECT unnest(entity_ids) FROM dead_letter")}
        killed = self._sql("SELECT 1 FROM dead_letter WHERE error_class = 'ProcessKilled' LIMIT 1")
        assert self.poison <= buried
        assert buried == self.poison or killed, "else only what was killed again and again"
        assert self._sql("SELECT count(*) FROM work") == [(0,)]


def test_whatever_course_it_takes_the_ledger_loses_and_doubles_nothing(database) -> None:
    with asyncio.Runner() as runner, psycopg.connect(database.admin_url, autocommit=True) as owner:
        pools = [open_pool(database.url(role), role, size=3) for role in ("svc_workers", "svc_scheduler")]
        Ledger.owner, Ledger.runner = owner, runner
        Ledger.pool, Ledger.scheduler = (runner.run(pool.__aenter__()) for pool in pools)
        try:
            run_state_machine_as_test(
                Ledger,
                settings=settings(
                    max_examples=8,
                    stateful_step_count=20,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            for pool in pools:
                runner.run(pool.__aexit__(None, None, None))
