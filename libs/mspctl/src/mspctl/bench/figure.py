"""What a figure is, what it is measured with, and what measuring it gives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from mspctl.bench.size import FULL, Size

T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """One measurement. `name`: the figure, variants after a dot. `ours` and `baseline` in `unit`, over `n` things."""

    name: str
    ours: float
    baseline: float
    unit: str
    n: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Ours to the baseline; None where there is no baseline."""
        return self.ours / self.baseline if self.baseline else None

    @property
    def more_is_better(self) -> bool:
        """A rate; of seconds and of memory less is better."""
        return self.unit.endswith("/s")

    def document(self) -> dict[str, Any]:
        """As it stands in the report."""
        return {
            "name": self.name,
            "ours": round(self.ours, 4),
            "baseline": round(self.baseline, 4),
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "unit": self.unit,
            "n": self.n,
            "settings": dict(self.settings),
        }


@dataclass(frozen=True)
class Ground:
    """Where and how much is measured. `directory` is the measurements' own: what they start lives below it."""

    directory: Path
    size: Size = FULL
    _seen: dict[object, object] = field(default_factory=dict)

    async def once(self, course: Callable[[Ground], Awaitable[T]]) -> T:
        """What a course gives, gone through once however many figures are read from it."""
        if course not in self._seen:
            self._seen[course] = await course(self)
        return cast("T", self._seen[course])


@dataclass(frozen=True)
class Figure:
    """A figure that can be asked for. `variants`: what stands after its name and dot; one without has only ("",).

    `measure` gets the ground and the variants that are wanted; it yields each measurement as soon as it has it.
    """

    name: str
    about: str
    measure: Callable[[Ground, tuple[str, ...]], AsyncIterator[Measured]]
    variants: tuple[str, ...] = ("",)

    def named(self, asked: str) -> tuple[str, ...]:
        """The variants that a name means: all by the figure's own, some by a beginning, one by the whole; or none."""
        if asked == self.name:
            return self.variants
        rest = asked.removeprefix(f"{self.name}.")
        if rest == asked:
            return ()
        return tuple(one for one in self.variants if one == rest or one.startswith(f"{rest}."))
