"""Finding the one thing a person means by an id, the beginning of one, or a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mspbyte_common.errors import UsageError

HEX_DIGITS = 32
SHOWN = 5


def choose(noun: str, text: str, rows: Sequence[Mapping[str, Any]], *names: str, look: str) -> Mapping[str, Any]:
    """The row whose id, or one of `names`, is the text; else the only one whose id begins with it.

    UsageError when there is none or more than one; `look` is the command that lists them.
    """
    wanted = text.casefold()
    columns = ("id", *names)
    found = [row for row in rows if any(str(row[name] or "").casefold() == wanted for name in columns)]
    found = found or [row for row in rows if str(row["id"]).startswith(wanted)]
    return only(noun, text, found, *names, look=look)


def only(noun: str, text: str, found: Sequence[Mapping[str, Any]], *names: str, look: str) -> Mapping[str, Any]:
    """The single row of `found`; UsageError for none, or for several, which are named."""
    if not found:
        message = f"there is no {noun} {text!r}: {look}."
        raise UsageError(message)
    if len(found) > 1:
        shown = ", ".join(" ".join(str(row[name]) for name in ("id", *names) if row[name]) for row in found[:SHOWN])
        message = f"{noun} {text!r} is not one but {len(found)}: {shown}{', …' if len(found) > SHOWN else ''}."
        raise UsageError(message)
    return found[0]


def id_range(noun: str, text: str, *, look: str) -> tuple[UUID, UUID]:
    """The first and last id that begin with the text; UsageError for what cannot be the beginning of an id."""
    digits = text.replace("-", "").lower()
    if not digits or len(digits) > HEX_DIGITS or any(digit not in "0123456789abcdef" for digit in digits):
        message = f"{text!r} is not the id of a {noun}, nor the beginning of one: {look}."
        raise UsageError(message)
    return UUID(digits.ljust(HEX_DIGITS, "0")), UUID(digits.ljust(HEX_DIGITS, "f"))
