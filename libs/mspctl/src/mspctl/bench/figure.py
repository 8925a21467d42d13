"""What a figure is, and what measuring it gives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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
class Figure:
    """A figure that can be asked for. `variants`: what stands after its name and dot.

    `measure` gets a directory of its own, which it may empty, and the variants that are wanted; it yields each measurement
    as soon as it has it.
    """

    name: str
    about: str
    variants: tuple[str, ...]
    measure: Callable[[Path, tuple[str, ...]], AsyncIterator[Measured]]

    def named(self, asked: str) -> tuple[str, ...]:
        """The variants that a name means: all by the figure's own, some by a beginning, one by the whole; or none."""
        if asked == self.name:
            return self.variants
        rest = asked.removeprefix(f"{self.name}.")
        if rest == asked:
            return ()
        return tuple(one for one in self.variants if one == rest or one.startswith(f"{rest}."))
