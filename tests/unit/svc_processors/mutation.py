"""Records as a vendor should never send them: seeded mutations of the example records."""

from __future__ import annotations

import random
from copy import deepcopy
from hashlib import sha256
from typing import Any

NOISE = "".join(sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(500))
"""32,000 signs that no compression makes small."""

HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**30, 1e308, -0.0, 1.5, "", " ", "\x00", "\ufeff", "\u202e", "Ã¤Ã¶",
    "é" * 500,
    "x" * 100_000, NOISE, f"{NOISE}@example.com", f"a@{NOISE[:40]}.{NOISE[:40]}.example",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "2026-02-30", "2026-01-01T25:61:61Z",
    "9998-12-31T23:59:59-23:59", "2026-01-01T00:00:00+99:99", "1e999999999", "NaN", "-Infinity", "--5", "0x10",
    "<script>alert(1)</script>", "'; DROP TABLE entity; --", "${jndi:ldap://x}", "../../etc/passwd", "{{7*7}}", "%s%s%n",
    [], {}, [None], [[]], [{}], {"": None}, {"a.b": [1]}, [1, "2", None, {"id": []}], {"id": {"id": {"id": 1}}},
)  # fmt: skip


def deep(levels: int) -> dict[str, Any]:
    """A document nested so deep (twice `levels`; orjson writes 254 at most)."""
    made: dict[str, Any] = {}
    for _ in range(levels):
        made = {"value": [made]}
    return made


def mutate(record: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The record with one to four of its values replaced, dropped, renamed, doubled or wrapped."""
    changed = deepcopy(record)
    for _ in range(dice.randint(1, 4)):
        holder, key = dice.choice(_places(changed) or [(changed, "id")])
        what = dice.randrange(7)
        if what == 0 and isinstance(holder, dict):
            holder.pop(key, None)
        elif what == 1 and isinstance(holder, dict):
            holder[dice.choice((str(key).upper(), f"{key} ", ""))] = holder.pop(key, None)
        elif what == 2:
            holder[key] = [holder[key], holder[key]] if _has(holder, key) else []
        elif what == 3:
            holder[key] = {"value": holder[key]} if _has(holder, key) else {}
        elif what == 4:
            holder[key] = deep(dice.choice((5, 25)))
        elif what == 5 and _has(holder, key):
            holder[key] = str(holder[key])
        else:
            holder[key] = deepcopy(dice.choice(HOSTILE))
    return changed


def swollen(value: Any) -> Any:
    """The document with every string as long as none should be."""
    if isinstance(value, dict):
        return {name: swollen(item) for name, item in value.items()}
    if isinstance(value, list):
        return [swollen(item) for item in value]
    return f"{value}{NOISE}" if isinstance(value, str) else value


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else list(range(len(one)))
        found += [(one, key) for key in keys]
        waiting += [one[key] for key in keys if isinstance(one[key], dict | list)]
    return found
