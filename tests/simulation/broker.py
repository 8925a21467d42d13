"""A model of the broker: it may be away, lose, double, delay and reorder messages, and come back with an old copy of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import nats.errors
import nats.js.errors
import orjson

from mspbyte_common.jetstream.topology import ACK_WAIT, CONSUMERS


@dataclass
class Message:
    """A message in a stream."""

    body: dict[str, Any]
    due_at: datetime
    deliveries: int = 0
    held: bool = False
    number: int = 0


@dataclass
class Broker:
    """What each consumer holds. It is the client as well that announcements and the sweep speak to."""

    random: Random
    now: Callable[[], datetime]
    away: bool = False
    held: dict[str, list[Message]] = field(default_factory=lambda: {one.name: [] for one in CONSUMERS})
    copied: dict[str, list[Message]] | None = None
    numbers: int = 0

    async def publish(self, subject: str, body: bytes, headers: dict[str, str]) -> None:
        """Stores a message, unless the broker is away."""
        assert headers["traceparent"]
        if self.away:
            raise nats.errors.ConnectionClosedError
        [name] = [one.name for one in CONSUMERS if subject.startswith(one.subject.removesuffix(">"))]
        self.numbers += 1
        self.held[name].append(Message(orjson.loads(body), self.now(), number=self.numbers))

    def jetstream(self, timeout: float) -> Broker:
        """Itself."""
        return self

    async def consumer_info(self, _stream: str, consumer: str) -> SimpleNamespace:
        """How much it holds of a consumer."""
        if self.away:
            raise nats.js.errors.ServiceUnavailableError
        return SimpleNamespace(num_pending=len(self.held[consumer]), num_ack_pending=0)

    def pull(self, consumer: str) -> Message | None:
        """The next message, first in first out; one that was not answered in time comes again."""
        for message in [] if self.away else self.held[consumer]:
            if message.due_at <= self.now():
                message.deliveries += 1
                message.due_at = self.now() + timedelta(seconds=ACK_WAIT)
                return copy.copy(message)
        return None

    def answer(self, consumer: str, message: Message, retry_in: float | None) -> None:
        """Acknowledged, or wanted again; an answer to a broker that is away is lost."""
        if self.away:
            return
        for kept in [one for one in self.held[consumer] if one.number == message.number]:
            if retry_in is None:
                self.held[consumer].remove(kept)
            else:
                kept.due_at = self.now() + timedelta(seconds=retry_in)

    def fail(self) -> None:
        """One of what brokers do."""
        consumer = self.random.choice(list(self.held))
        match self.random.randrange(6):
            case 0:
                self.away = not self.away
            case 1:
                self.held = {name: [] for name in self.held}
            case 2:
                self.copied = copy.deepcopy(self.held)
            case 3:
                self.held = copy.deepcopy(self.copied or self.held)
            case 4:
                self.random.shuffle(self.held[consumer])
            case _:
                self.held[consumer] += copy.deepcopy(self.held[consumer])
