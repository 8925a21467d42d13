"""What a vendor allows, as data in the vendor's own units, and what of it one request draws on.

Limits nest: connection (the registered application or credential) → account → endpoint. A request needs room in all of
those that speak of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import override

Level = Literal["connection", "account", "endpoint"]
LEVELS: tuple[Level, ...] = ("connection", "account", "endpoint")


class Limit(BaseModel):
    """At most `requests` or `units` per `seconds`, or at most `concurrent` at a time, within each value of `scope`.

    scope: connection, account, or endpoint (one resource of one connection). `resources` narrows it to a class: only
    requests for these lists count, all of them together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Level
    requests: Annotated[float | None, Field(ge=1)] = None
    units: Annotated[float | None, Field(ge=1)] = None
    """What a request weighs is the vendor's own measure (`Cost.units`)."""
    seconds: Annotated[float, Field(gt=0)] = 1.0
    burst: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    """The share that may come at once after a quiet time. The steady rate is lower by as much: the window always holds."""
    concurrent: Annotated[int | None, Field(ge=1)] = None
    resources: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if sum(measure is not None for measure in (self.requests, self.units, self.concurrent)) != 1:
            message = "a limit has exactly one of requests, units and concurrent"
            raise ValueError(message)
        return self

    @property
    def amount(self) -> float:
        """How much is allowed, in the limit's own unit."""
        return self.requests or self.units or float(self.concurrent or 0)

    @property
    def window(self) -> float | None:
        """Seconds; None for a limit on what happens at a time."""
        return None if self.concurrent is not None else self.seconds

    def cost(self, cost: Cost) -> float:
        """What a request takes of it."""
        return float(cost.units if self.units is not None else cost.requests)

    @override
    def __str__(self) -> str:
        unit = "units" if self.units is not None else "requests"
        words = f"{self.concurrent} at a time" if self.concurrent else f"{self.amount:g} {unit} / {self.seconds:g} s"
        return " ".join((words, *sorted(self.resources)))


@dataclass(frozen=True)
class Cost:
    """What one request takes: so many requests (a batch is as many as it holds), and the vendor's own units."""

    requests: int = 1
    units: int = 1


@dataclass(frozen=True)
class Owner:
    """For whom a request is: `resource` is the list it reads, or what else it is for (`sign-in`)."""

    msp_id: UUID
    connection_id: UUID
    account_id: UUID
    resource: str

    def place(self, level: Level) -> str:
        """The one thing of that level this request belongs to."""
        if level == "connection":
            return f"connection/{self.connection_id}"
        if level == "account":
            return f"account/{self.account_id}"
        return f"endpoint/{self.connection_id}/{self.resource}"

    def places(self) -> tuple[str, ...]:
        """All of them, the widest first."""
        return tuple(self.place(level) for level in LEVELS)

    def bound_by(self, limits: Sequence[Limit]) -> tuple[tuple[str, Limit], ...]:
        """The limits that speak of this request, each with the name of its shared row."""
        return tuple(
            (f"{self.place(limit.scope)} {limit}", limit)
            for limit in limits
            if not limit.resources or self.resource in limit.resources
        )
