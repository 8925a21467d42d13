"""Records as a vendor should never send them: seeded mutations of the example records."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from typing import Any

import orjson

from mspbyte_common.vendors.legible import flatten, storable
from mspbyte_common.vendors.transport import Answer

NOISE = "".join(sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(500))
"""32,000 signs that no compression makes small."""

OTHER_TYPES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**30, 1e308, -0.0, 1.5, "", " ", "NaN", "-Infinity", "--5", "0x10", "1e999999999",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "2026-02-30", "2026-01-01T25:61:61Z",
    "9998-12-31T23:59:59-23:59", "2026-01-01T00:00:00+99:99",
    [], {}, [None], [[]], [{}], {"": None}, {"a.b": [1]}, [1, "2", None, {"id": []}], {"id": {"id": {"id": 1}}},
)  # fmt: skip
GIANT = ("é" * 500, "x" * 100_000, NOISE, f"{NOISE}@example.com", f"a@{NOISE[:40]}.{NOISE[:40]}.example")
MISENCODED = ("\x00", "a\x00b", "\ufeff", "\u202e", "Ã¤Ã¶", "\ud83d", "\ude00\ud83d", "a\udcffb", "\\ud83d")
MARKUP = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&#x27;-->", "{{7*7}}", "${jndi:ldap://x}")
COMMANDS = ("'; DROP TABLE entity; --", "' OR 1=1 --", "%s%s%n", "$$;SELECT pg_sleep(9)", "../../etc/passwd", "%(id)s")

Place = tuple[Any, Any]
"""(object or array, key or index)."""


def deep(levels: int) -> dict[str, Any]:
    """A document nested so deep (twice `levels`)."""
    made: dict[str, Any] = {}
    for _ in range(levels):
        made = {"value": [made]}
    return made


def _drop(holder: Any, key: Any, dice: random.Random) -> None:
    """A field goes, or stands under another name."""
    value = holder.pop(key)
    if isinstance(holder, dict) and dice.random() < 0.5:
        holder[dice.choice((str(key).upper(), f"{key} ", ""))] = value


def _retype(holder: Any, key: Any, dice: random.Random) -> None:
    """A value becomes one of another type: text, a list of itself, an object with itself, or anything."""
    value = holder[key]
    holder[key] = dice.choice((str(value), [value, value], {"value": value}, deepcopy(dice.choice(OTHER_TYPES))))


def _one_of(values: tuple[str, ...]) -> Callable[[Any, Any, random.Random], None]:
    def replace(holder: Any, key: Any, dice: random.Random) -> None:
        holder[key] = dice.choice(values)

    return replace


def _deepen(holder: Any, key: Any, dice: random.Random) -> None:
    holder[key] = deep(dice.choice((5, 25, 130)))


KINDS: dict[str, Callable[[Any, Any, random.Random], None]] = {
    "types changed": _retype,
    "fields dropped": _drop,
    "giant strings": _one_of(GIANT),
    "deep nesting": _deepen,
    "wrong encodings": _one_of(MISENCODED),
    "hostile HTML": _one_of(MARKUP),
    "hostile SQL": _one_of(COMMANDS),
}


def mutate(record: dict[str, Any], dice: random.Random, kind: str | None = None) -> dict[str, Any]:
    """The record with one to four of its values spoiled: each in that way, or in any."""
    changed = deepcopy(record)
    for _ in range(dice.randint(1, 4)):
        if places := _places(changed):
            KINDS[kind or dice.choice(list(KINDS))](*dice.choice(places), dice)
    return changed


def arrived(record: dict[str, Any]) -> dict[str, Any]:
    """The record as adapters store it, had a vendor sent it."""
    answer = Answer(200, {}, json.dumps({"value": [record]}).encode())
    [kept] = flatten(answer.json()["value"])
    stored: dict[str, Any] = orjson.loads(storable(orjson.dumps(kept)))
    return stored


def swollen(value: Any) -> Any:
    """The document with every string as long as none should be."""
    if isinstance(value, dict):
        return {name: swollen(item) for name, item in value.items()}
    if isinstance(value, list):
        return [swollen(item) for item in value]
    return f"{value}{NOISE}" if isinstance(value, str) else value


def _places(value: Any) -> list[Place]:
    found: list[Place] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else list(range(len(one)))
        found += [(one, key) for key in keys]
        waiting += [one[key] for key in keys if isinstance(one[key], dict | list)]
    return found
