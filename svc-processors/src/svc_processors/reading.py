"""How one value of a vendor's record is read: the right type or an error, and nothing at all is None.

Wrong types are ValueErrors throughout: to whoever looks at a misfit, "a number where a string should be" and "a date
that is none" are one thing. Messages name JSON types, never the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar

T = TypeVar("T")
_LARGEST = 2**63 - 1
"""The largest number JSON libraries and PostgreSQL agree on."""
_MOST_DIGITS = 400
"""No double is longer; "1e999999999" would be a gigabyte when written out."""
LONGEST_ID = 500
"""Characters. No vendor's id comes near it, and an index of PostgreSQL holds it, whatever it is made of."""
_new_words: ContextVar[list[str] | None] = ContextVar("new_words", default=None)
ValueClass = Literal["missing", "null", "string", "number", "boolean", "object", "array"]

_CLASSES: tuple[tuple[type | tuple[type, ...], ValueClass], ...] = (
    (bool, "boolean"),
    (str, "string"),
    ((int, float, Decimal), "number"),
    (Mapping, "object"),
    (Sequence, "array"),
)


def value_class(value: object) -> ValueClass:
    """What JSON calls this value."""
    if value is None:
        return "null"
    return next((name for types, name in _CLASSES if isinstance(value, types)), "object")


def unfit(value: object, wanted: str) -> ValueError:
    """The error that says which type stood where another was wanted."""
    return ValueError(f"{wanted} was expected, not {value_class(value)}")


def text(value: object) -> str | None:
    """A string as sent; None where there is nothing but blanks."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise unfit(value, "a string")
    return value if value.strip() else None


def required_text(value: object) -> str:
    """A string with something in it."""
    found = text(value)
    if found is None:
        message = "a non-blank string was expected"
        raise ValueError(message)
    return found


def label(value: object) -> str | None:
    """A code as text: a string, or a whole number (picklist values and postal codes come as either)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)


def ident(value: object) -> str:
    """An id as text. Zero is an id."""
    found = ident_or_none(value)
    if found is None:
        message = "an id was expected"
        raise ValueError(message)
    return found


def ident_or_none(value: object) -> str | None:
    """An id as text, or None where the record refers to nothing."""
    found = label(value)
    if found is None:
        return None
    if len(found) > LONGEST_ID:
        message = f"an id of at most {LONGEST_ID} characters was expected"
        raise ValueError(message)
    return found.strip()


def guid(value: object) -> str:
    """An id in lower case: vendors send the same UUID in both."""
    return ident(value).lower()


def guid_or_none(value: object) -> str | None:
    """An id in lower case, or None. The all-zero UUID refers to nothing."""
    found = ident_or_none(value)
    if found is None or not found.strip("0-"):
        return None
    return found.lower()


def whole(value: object) -> int | None:
    """A whole number; JSON may spell it 25.0."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise unfit(value, "a whole number")
    if not -_LARGEST <= value <= _LARGEST:
        message = "a whole number of 63 bits at most was expected"
        raise ValueError(message)
    return value


def decimal_of(value: object) -> Decimal | None:
    """An amount, without trailing zeros: 375.0 and 375 are one. A float is what its shortest text says."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise unfit(value, "a number")
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount.adjusted()) > _MOST_DIGITS:
        message = "a number that can be written out was expected"
        raise ValueError(message)
    return Decimal(format(amount.normalize() + 0, "f"))


def flag(value: object, *, digits: bool = False) -> bool | None:
    """True, False or None. `digits` admits 0 and 1, for fields documented as such."""
    if value is None or isinstance(value, bool):
        return value
    if digits and isinstance(value, int) and value in {0, 1}:
        return value == 1
    raise unfit(value, "true or false")


def choice(value: object, table: Mapping[str, T], otherwise: T) -> T:
    """The word of ours for a vendor's word, whatever its case. Vendors add words: one we do not know is `otherwise`."""
    if not isinstance(value, str):
        return otherwise
    lowered = value.lower()
    if lowered in table:
        return table[lowered]
    noted = _new_words.get()
    if noted is not None and value:
        noted.append(value)
    return otherwise


@contextmanager
def new_words() -> Iterator[list[str]]:
    """The vendor's words that `choice` has no word of ours for, as they are met."""
    noted: list[str] = []
    token = _new_words.set(noted)
    try:
        yield noted
    finally:
        _new_words.reset(token)


def part(value: object) -> Mapping[str, Any]:
    """A nested object; one that is not there has no fields."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise unfit(value, "an object")
    return value


def entries(value: object) -> Iterable[Any]:
    """The members of a list; one that is not there has none."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise unfit(value, "an array")
    return value


def strings(value: object) -> tuple[str, ...]:
    """The strings of a list, blank ones left out, in the vendor's order, each once."""
    return distinct(text(item) for item in entries(value))


def distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    """What there is, in order, each once."""
    return tuple(dict.fromkeys(value for value in values if value is not None))
