"""Keeps what was told to a vendor in secret out of whatever is shown: errors, logs, rows.

A vendor may echo a secret in any words, so patterns do not suffice: what a run has sent is remembered while it lasts, and
taken out by value, in the spellings an echo may have.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import quote, quote_plus

import orjson

SECRET_WORDS: Final = ("secret", "password", "token", "authorization", "assertion", "apikey", "integrationcode")
"""A name with one of these words, whatever dashes and underscores it has, names a secret."""
REDACTED: Final = "[redacted]"
SHORTEST: Final = 6
"""Shorter values are words that stand in many texts."""
GROUP: Final = 3
"""Bytes that base64 encodes together."""

_spoken: ContextVar[set[str] | None] = ContextVar("spoken", default=None)


def is_secret(name: str) -> bool:
    """Whether a header, a field or a keyword of a log line of this name holds a secret."""
    plain = name.lower().replace("_", "").replace("-", "")
    return any(word in plain for word in SECRET_WORDS)


@contextmanager
def remembering() -> Iterator[None]:
    """Within the block, and in the tasks it starts, what `remember` hears is taken out of what is shown."""
    token = _spoken.set(set())
    try:
        yield
    finally:
        _spoken.reset(token)


def remember(named: Mapping[str, Any] | None) -> None:
    """Remembers the values whose names say they are secret; of `Bearer x` also the x alone."""
    known = _spoken.get()
    if known is None:
        return
    for name, value in (named or {}).items():
        if isinstance(value, str) and is_secret(name):
            for part in {value, value.partition(" ")[2], *value.splitlines()}:
                if len(part) >= SHORTEST and part not in known:
                    known |= spellings(part)


def spellings(value: str) -> set[str]:
    """The value as texts spell it: percent-encoded, escaped in JSON, hexadecimal, in base64 wherever in a text it stood."""
    found = {value, quote(value, safe=""), quote_plus(value), orjson.dumps(value).decode()[1:-1]}
    data = value.encode()
    found.add(data.hex())
    for before in range(GROUP):
        whole = (len(data) - (-before) % GROUP) // GROUP * GROUP
        core = data[(-before) % GROUP :][:whole]
        if len(core) >= SHORTEST:
            found |= {base64.b64encode(core).decode(), base64.urlsafe_b64encode(core).decode()}
    return found


def masked(text: str) -> str:
    """The text without what is remembered."""
    for spelling in sorted(_spoken.get() or (), key=len, reverse=True):
        if spelling in text:
            text = text.replace(spelling, REDACTED)
    return text
