"""What a vendor's records look like, and where a page of them left their known shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import NoneType
from typing import Any, Literal

Paths = dict[str, list[str]]
"""Path → the JSON types seen there, sorted; `always` among them where every object that could have the field had it.

`$` is the record, and `$.tags[]` the objects of a list.
"""
DriftKind = Literal["new_field", "missing_field", "changed_type", "new_word"]

ALWAYS = "always"
DEEPEST = 4
"""Deeper values are taken as they are: what nests further is the vendor's own data, not its shape."""
MOST_KEYS = 100
"""An object with more keys than this is a table, not a record: its keys are no fields."""
LONGEST_WORD = 40

_JSON: dict[type, str] = {
    str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null", dict: "object", list: "array",
}  # fmt: skip


@dataclass
class Seen:
    """The shape of a page: how many values of each type stand at each path, and how many objects stand there at all."""

    types: Counter[tuple[str, str]] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(path, word) of enumerations that the normalizer had no word of ours for."""


@dataclass(frozen=True)
class Drift:
    """A departure from the known shape: how many values of the page show it, and an example that is nobody's data."""

    path: str
    kind: DriftKind
    example: str
    records: int


def look(records: Iterable[Mapping[str, Any]]) -> Seen:
    """The shape of these records. Objects with the same keys and types are counted together: most of a list are alike."""
    alike: Counter[tuple[str, tuple[str, ...], tuple[type, ...]]] = Counter()
    waiting: list[tuple[str, Mapping[str, Any]]] = [("$", record) for record in records]
    while waiting:
        path, one = waiting.pop()
        names, types = tuple(one), tuple(map(type, one.values()))
        alike[path, names, types] += 1
        for name, place, is_list in _nested(path, names, types):
            value = one[name]
            if is_list:
                waiting.extend((place, item) for item in value if type(item) is dict)
            elif len(value) <= MOST_KEYS:
                waiting.append((place, value))
    seen = Seen()
    for (path, names, types), number in alike.items():
        seen.objects[path] += number
        for name, kind in zip(names, types, strict=True):
            seen.types[f"{path}.{name}", _JSON[kind]] += number
    return seen


@lru_cache(maxsize=4096)
def _nested(path: str, names: tuple[str, ...], types: tuple[type, ...]) -> tuple[tuple[str, str, bool], ...]:
    """(name, path, whether a list) of what is to be looked into."""
    if path.count(".") + path.count("[") >= DEEPEST:
        return ()
    return tuple(
        (name, f"{path}.{name}[]" if kind is list else f"{path}.{name}", kind is list)
        for name, kind in zip(names, types, strict=True)
        if kind in (dict, list)
    )


def learn(known: Paths, seen: Seen) -> Paths:
    """The known shape with what was seen added; `always` stays only where it still holds. Pages may come in any order."""
    learned = {path: set(types) for path, types in known.items()}
    for path, kind in seen.types:
        learned.setdefault(path, {ALWAYS} if "object" not in known.get(_parent(path), ()) else set()).add(kind)
    for path in seen.objects:
        learned.setdefault(path, set()).add("object")
    counted = _by_path(seen)
    for path, types in learned.items():
        if counted[path] < seen.objects[_parent(path)]:
            types.discard(ALWAYS)
    return {path: sorted(types) for path, types in sorted(learned.items())}


def drifts(known: Paths, seen: Seen) -> list[Drift]:
    """Where a page left the known shape, in order of path. Null stands for any type: it is never a change of one."""
    found: list[Drift] = []
    for (path, kind), number in seen.types.items():
        types = known.get(path)
        if types is None:
            found.append(Drift(path, "new_field", kind, number))
        elif kind != "null" and kind not in types and set(types) - {ALWAYS, "null"}:
            found.append(Drift(path, "changed_type", kind, number))
    counted = _by_path(seen)
    for path, types in known.items():
        expected = seen.objects[_parent(path)] if ALWAYS in types else 0
        if counted[path] < expected:
            found.append(Drift(path, "missing_field", "missing", expected - counted[path]))
    found += [Drift(path, "new_word", word, number) for (path, word), number in seen.words.items()]
    merged: dict[tuple[str, DriftKind], Drift] = {}
    for one in sorted(found, key=lambda drift: (drift.path, drift.kind, drift.example)):
        held = merged.get((one.path, one.kind))
        merged[one.path, one.kind] = (
            Drift(one.path, one.kind, held.example, held.records + one.records) if held else one
        )
    return list(merged.values())


def word(value: str) -> str | None:
    """A word of an enumeration that may be shown; None for what might be somebody's name or address."""
    return value if len(value) <= LONGEST_WORD and value.isascii() and value.replace("_", "").isalnum() else None


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _by_path(seen: Seen) -> Counter[str]:
    counted: Counter[str] = Counter()
    for (path, _), number in seen.types.items():
        counted[path] += number
    return counted
