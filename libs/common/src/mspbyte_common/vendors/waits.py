"""What a vendor's headers say of time: its clock, and how long it asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mspbyte_common.vendors.transport import Answer

MOST_SECONDS = 3_600.0


def retry_after(answer: Answer) -> float | None:
    """Seconds from Retry-After, which is a number or a date; None when it is absent or neither.

    A date is told by the vendor's clock, which need not agree with ours: it is read against the answer's own Date.
    """
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until = _moment(value)
        if until is None:
            return None
        now = clock_of(answer) or datetime.now(UTC)
        seconds = (until - now).total_seconds()
    return min(max(seconds, 0.0), MOST_SECONDS)


def clock_of(answer: Answer) -> datetime | None:
    """The vendor's clock when it answered, from the Date header; None when it is absent or no date."""
    return _moment(answer.headers.get("date", ""))


def _moment(text: str) -> datetime | None:
    """An HTTP date; one without a zone is in UTC."""
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
