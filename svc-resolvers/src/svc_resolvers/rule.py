"""What a resolver rule is: one pure function that repairs one thing, and says what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mspbyte_common.models import Kind

_LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Outcome:
    """What a rule makes of a record: new values by field, and what it had to take away or could not repair.

    `issues` maps a field to the value at fault, as text short enough to show.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    issues: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A repair. Rules of a kind run in order of `order`; each sees what the ones before it made.

    `apply` gets a model of one of `kinds` and returns an Outcome; an empty one means there was nothing to do.
    """

    id: str
    version: int
    order: int
    kinds: tuple[type[Kind], ...]
    apply: Callable[[Any], Outcome]


def shown(*values: str) -> str:
    """Values at fault as text short enough to show."""
    return "; ".join(values)[:_LONGEST_SHOWN]


@dataclass(frozen=True)
class Key:
    """A typed value by which an entity is known (`refers` false) or to which it refers (`refers` true)."""

    refers: bool
    key_type: str
    key_value: str
