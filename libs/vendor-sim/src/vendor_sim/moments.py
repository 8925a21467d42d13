"""Times as the vendors write them: fractions of 0, 3, 6 or 7 digits, `Z` or nothing, and Intune's sentinels."""

import calendar
from datetime import UTC, date, datetime, time, timedelta

NEVER = "0001-01-01T00:00:00Z"
FOREVER = "9999-12-31T23:59:59.9999999Z"


def midnight(day: date) -> datetime:
    """The first moment of the day, UTC."""
    return datetime.combine(day, time(), UTC)


def noon(day: date) -> datetime:
    """The moment the ground truth is judged at: 12:00 UTC of the estate's date."""
    return midnight(day) + timedelta(hours=12)


def stamp(moment: datetime, digits: int = 0, zone: str = "Z") -> str:
    """ISO 8601 with that many fraction digits (0 to 7) and the zone designator given (`""` for none)."""
    text = moment.isoformat()[:19]
    if digits:
        text += "." + f"{moment.microsecond:06d}{moment.microsecond % 10}"[:digits]
    return text + zone


def day_stamp(day: date) -> str:
    """A date as Autotask stores it: midnight UTC, no fraction."""
    return f"{day.isoformat()}T00:00:00Z"


def parse(text: str) -> datetime:
    """The moment of any stamp above; without a zone it is UTC, a seventh fraction digit is dropped."""
    bare = text.removesuffix("Z")
    whole, _, fraction = bare.partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0"))) if fraction else moment


def add_months(day: date, months: int) -> date:
    """The first day of the month that many months away."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def month_end(day: date) -> date:
    """The last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
