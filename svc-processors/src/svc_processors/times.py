"""How a vendor's time is read: always UTC, or None where it is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from svc_processors.reading import text, unfit

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?([Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_SENTINEL_YEARS = frozenset({1, 9999})
"""Microsoft and .NET say "never" with the first and the last year they have."""


def instant(value: object) -> datetime | None:
    """A time in UTC.

    Read are ISO dates and date-times with `T` or a blank, `Z`, an offset or neither (which is UTC: Sophos and old
    Autotask payloads leave it out) and up to nine digits of fraction (Graph sends seven; what is finer than a
    microsecond is cut). A date alone is its midnight. Empty strings and the years 0001 and 9999 are None; anything else
    is a ValueError.
    """
    if value is not None and not isinstance(value, str):
        raise unfit(value, "a time")
    found = text(value)
    if found is None:
        return None
    match = _ISO.fullmatch(found.strip())
    if match is None:
        message = "a time was expected, but the string is none"
        raise ValueError(message)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if int(year) in _SENTINEL_YEARS:
        return None
    local = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int((fraction or "0")[:6].ljust(6, "0")),
        tzinfo=_zone(zone),
    )
    return local.astimezone(UTC)


def required_instant(value: object) -> datetime:
    """A time in UTC that has to be there."""
    found = instant(value)
    if found is None:
        message = "a time was expected"
        raise ValueError(message)
    return found


def _zone(offset: str | None) -> timezone:
    if offset is None or offset in {"Z", "z"}:
        return UTC
    digits = offset[1:].replace(":", "")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if offset[0] == "-" else distance)
