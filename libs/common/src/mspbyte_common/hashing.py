"""Canonical hashes: equal content, equal hash, whatever the order of keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

import orjson


def canonical(value: object) -> bytes:
    """JSON bytes with sorted keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(value: object) -> bytes:
    """16 bytes that stand for a JSON value."""
    return blake2b(canonical(value), digest_size=16).digest()


def split_digest(record: Mapping[str, Any], volatile: Collection[str]) -> tuple[bytes, bytes]:
    """(semantic, volatile): the hash of what means something, and of the fields that move without meaning."""
    if not volatile:
        return digest(record), b""
    moving = {name: record[name] for name in volatile if name in record}
    return digest({name: value for name, value in record.items() if name not in moving}), digest(moving)
