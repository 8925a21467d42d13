"""Lets one actor go on at a time, chosen by a seed: at each statement, each announcement, each answer to the broker.

Actors run the product's own functions against a real PostgreSQL. Before a statement an actor stops at a gate; the conductor
opens one gate and waits until that actor stands at its next one, has ended, or waits for a lock that another holds. Whoever
stands at a gate may be left there for long (it is paused), or be killed (its transaction is rolled back, as that of a dead
process is).
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from mspbyte_common.db.engine import IDLE_SECONDS

START = datetime.fromisoformat("2026-03-28T22:00:00+00:00")
LOCK_LOOK_SECONDS = 0.02
"""How long a statement may last before the server is asked whether it waits for a lock."""


class Killed(BaseException):
    """The process is gone from one instruction to the next."""


@dataclass(eq=False)
class Actor:
    """One process."""

    name: str
    make: Callable[[], Coroutine[Any, Any, None]]
    task: asyncio.Task[None] | None = None
    gate: asyncio.Future[None] | None = None
    wakes_at: datetime = START
    connection: psycopg.AsyncConnection[Any] | None = None
    idle_since: datetime = START
    arrived: asyncio.Future[None] | None = None
    """Whoever let it go on waits here until it stands at its next gate or has ended."""

    def arrive(self, *_: object) -> None:
        """Tells whoever let it go on that it went as far as it can."""
        if self.arrived is not None and not self.arrived.done():
            self.arrived.set_result(None)

    def holds_a_transaction(self) -> bool:
        """Whether the server waits for its next statement within a transaction."""
        return (
            self.connection is not None
            and not self.connection.closed
            and self.connection.info.transaction_status == TransactionStatus.INTRANS
        )


ACTOR: contextvars.ContextVar[Actor | None] = contextvars.ContextVar("actor", default=None)


class Gated(psycopg.AsyncConnection[Any]):
    """A connection whose statements wait for the conductor."""

    conductor: Conductor

    async def execute(self, *arguments: Any, **named: Any) -> Any:
        """Waits at the gate, then executes."""
        actor = ACTOR.get()
        if actor is not None:
            actor.connection = self
            await self.conductor.gate()
        return await super().execute(*arguments, **named)


class Conductor:
    """The seed's choices, the clock, and the actors."""

    def __init__(self, random: Random, control: psycopg.AsyncConnection[Any]) -> None:
        self.random, self.control = random, control
        self.now = START
        self.actors: list[Actor] = []
        self.steps = 0

    async def set_clock(self, moment: datetime) -> None:
        """Time goes on; transactions that stood still for too long are ended, as the server would."""
        self.now = moment
        await self.control.execute("UPDATE sim.clock SET at = %s", (moment,))
        for actor in self.actors:
            if actor.holds_a_transaction() and moment - actor.idle_since >= timedelta(seconds=IDLE_SECONDS):
                await self.cut(actor)

    async def cut(self, actor: Actor) -> None:
        """The server drops the actor's connection, with its transaction, which the actor notices at its next statement."""
        connection, actor.connection = actor.connection, None
        assert connection is not None
        pid = connection.info.backend_pid
        await self.control.execute("SELECT pg_terminate_backend(%s)", (pid,))
        while await self._answers("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid):
            await asyncio.sleep(0.002)  # what it held is free when it is gone

    def start(self, name: str, make: Callable[[], Coroutine[Any, Any, None]]) -> Actor:
        """A new process."""
        actor = Actor(name, make, wakes_at=self.now)
        self.actors.append(actor)
        self._run(actor)
        return actor

    def _run(self, actor: Actor) -> None:
        async def process() -> None:
            ACTOR.set(actor)
            with suppress(Killed):
                await self.gate()
                await actor.make()

        actor.connection, actor.wakes_at = None, self.now
        actor.task = asyncio.get_running_loop().create_task(process(), name=actor.name)
        actor.task.add_done_callback(actor.arrive)

    async def gate(self, seconds: float = 0.0) -> None:
        """The actor stands here until it is let go on, not before so many seconds of the clock."""
        actor = ACTOR.get()
        assert actor is not None
        actor.wakes_at = self.now + timedelta(seconds=seconds)
        actor.idle_since = self.now
        actor.gate = asyncio.get_running_loop().create_future()
        actor.arrive()
        await actor.gate

    async def step(self) -> None:
        """One actor goes on to its next gate; the clock goes on when nobody else could."""
        self.steps += 1
        standing = [actor for actor in self.actors if actor.gate is not None]
        ready = [actor for actor in standing if actor.wakes_at <= self.now]
        if not ready:
            await self.set_clock(min(actor.wakes_at for actor in standing))
            ready = [actor for actor in standing if actor.wakes_at <= self.now]
        await self._let_go(self.random.choice(ready), None)

    async def kill(self, actor: Actor) -> None:
        """Ends a process where it stands and starts it anew."""
        if actor.gate is None:
            return
        await self._let_go(actor, Killed())
        assert actor.task is not None
        await actor.task
        self._run(actor)
        await self._settled(actor)

    async def settle(self) -> None:
        """Every actor stands at a gate or waits for a lock."""
        for actor in self.actors:
            await self._settled(actor)

    async def end(self) -> None:
        """Ends every process; one that waits for another's lock comes to its gate when that one has ended."""
        left = {actor.task for actor in self.actors if actor.task is not None}
        while left:
            for actor in self.actors:
                if actor.gate is not None:
                    actor.gate.set_exception(Killed())
                    actor.gate = None
            ended, left = await asyncio.wait(left, timeout=LOCK_LOOK_SECONDS)
            for task in ended:
                task.result()

    async def _let_go(self, actor: Actor, error: BaseException | None) -> None:
        gate, actor.gate = actor.gate, None
        assert gate is not None
        if error is None:
            gate.set_result(None)
        else:
            gate.set_exception(error)
        await self._settled(actor)

    async def _settled(self, actor: Actor) -> None:
        assert actor.task is not None
        loop = asyncio.get_running_loop()
        while actor.gate is None and not actor.task.done():
            actor.arrived = loop.create_future()
            looks = loop.call_later(LOCK_LOOK_SECONDS, actor.arrive)
            await actor.arrived
            looks.cancel()
            if actor.gate is None and not actor.task.done() and await self._waits_for_lock(actor):
                break
        if actor.task.done():
            actor.task.result()

    async def _waits_for_lock(self, actor: Actor) -> bool:
        if actor.connection is None:
            return False
        waits = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
        return await self._answers(waits, actor.connection.info.backend_pid)

    async def _answers(self, statement: str, pid: int) -> bool:
        return await (await self.control.execute(statement, (pid,))).fetchone() is not None
