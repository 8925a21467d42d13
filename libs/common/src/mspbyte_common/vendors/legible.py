"""What one reader writes and another refuses, put so that every one of ours can hold it: no record costs its page.

JSON libraries and PostgreSQL disagree on U+0000, on half surrogate pairs, on bytes that are no UTF-8 and on depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson
import structlog

log = structlog.get_logger()

DEEPEST = 100
"""Levels of nesting that are kept as such, of a record that nests deeper than the 254 levels orjson writes."""

_HALF_PAIR = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def legible(text: bytes) -> bytes:
    """JSON text as UTF-8 without half surrogate pairs: what stands for no character becomes U+FFFD."""
    return _outside_backslashes(text.decode("utf-8", "replace").encode(), _HALF_PAIR)


def storable(text: bytes) -> bytes:
    """JSON text PostgreSQL can hold: U+0000, which it cannot, becomes U+FFFD."""
    if b"\\u0000" not in text and b"\x00" not in text:
        return text
    return _outside_backslashes(text.replace(b"\x00", b""), re.compile(rb"\\u0000"))


def _outside_backslashes(text: bytes, wrong: re.Pattern[bytes]) -> bytes:
    r"""`\\u0000` is a backslash and five characters, `\u0000` is one."""
    return rb"\\".join(wrong.sub(rb"\\ufffd", piece) for piece in text.split(rb"\\"))


def flatten(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records, those orjson cannot write changed in place: what stands deeper than `DEEPEST` is there as its JSON text."""
    if _writable(records):
        return records
    for record in records:
        if not _writable(record):
            _flatten(record)
            log.warning("record_flattened", deeper_than=DEEPEST)
    return records


def _writable(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:  # its JSONEncodeError: "Recursion limit reached"
        return False
    return True


def _flatten(record: dict[str, Any]) -> None:
    folds: list[tuple[Any, Any]] = []
    level, depth = list(_nested(record)), 1
    while level:
        if depth % DEEPEST == 0:
            folds += level
        level = [inner for holder, key in level for inner in _nested(holder[key])]
        depth += 1
    for holder, key in reversed(folds):
        holder[key] = orjson.dumps(holder[key]).decode()


def _nested(holder: dict[str, Any] | list[Any]) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of the objects and arrays in one."""
    places = holder.items() if isinstance(holder, dict) else enumerate(holder)
    yield from [(holder, key) for key, value in places if isinstance(value, dict | list)]
