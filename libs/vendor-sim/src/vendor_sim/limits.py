"""The seam for the vendors' limits: a Limits decides before the request is answered. Off unless asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypedDict


@dataclass(frozen=True, slots=True)
class Call:
    """What a limit may look at. Header names are lower-case."""

    vendor: str
    account: str | None
    template: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in place of the vendor's: status, headers and body as the vendor sends them when it throttles."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    scope: str = ""
    """The limit that was hit; refusals are counted by it."""


def _nothing() -> None:
    """Nothing is held, so there is nothing to give back."""


@dataclass(frozen=True, slots=True)
class Permit:
    """The decision: refused, or let through after `delay` seconds, with `headers` added to the answer."""

    refusal: Refusal | None = None
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    release: Callable[[], None] = _nothing
    """To be called once the answer is sent."""


class Used(TypedDict):
    """A window's limit: how much is allowed in so many seconds, and the most that was taken at any moment."""

    allowed: int
    seconds: float
    most: int


class Limits(Protocol):
    """Whether one more request is allowed."""

    def admit(self, call: Call) -> Permit:
        """Count the request and say what becomes of it."""
        ...

    def threshold(self) -> tuple[int, int] | None:
        """Autotask's request threshold and how much of it is used; None where nothing is limited."""
        ...

    def used(self) -> dict[str, Used]:
        """Each window that was ever asked for, by name."""
        ...


class Unlimited:
    """Every request is allowed."""

    def admit(self, call: Call) -> Permit:
        """Always let through."""
        del call
        return Permit()

    def threshold(self) -> tuple[int, int] | None:
        """Always None."""
        return None

    def used(self) -> dict[str, Used]:
        """None at all."""
        return {}


@dataclass(frozen=True, slots=True)
class Distant:
    """The same limits, of vendors that take so many seconds to answer what they let through."""

    limits: Limits
    seconds: float

    def admit(self, call: Call) -> Permit:
        """As the limits say, that much later."""
        permit = self.limits.admit(call)
        return replace(permit, delay=permit.delay + self.seconds)

    def threshold(self) -> tuple[int, int] | None:
        """As the limits say."""
        return self.limits.threshold()

    def used(self) -> dict[str, Used]:
        """As the limits say."""
        return self.limits.used()


UNLIMITED = Unlimited()
