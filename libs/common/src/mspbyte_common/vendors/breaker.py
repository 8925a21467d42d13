"""Stops asking on schedule for what has failed again and again, and asks now and then whether it works again.

One breaker per job, which is an account's resource. Its row stands while runs fail for the vendor's reasons: it is open
from the third on, and any answer that tells something takes it away.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import (
    PagingBroken,
    SchemaDrift,
    TokenExpired,
    Transient,
    Unclassified,
    Unreachable,
    VendorError,
)
from mspbyte_common.ledger.item import Next
from mspbyte_common.vendors.breakers import store as breakers
from mspbyte_common.vendors.runs.store import Run

OPENS_AT: Final = 3
"""Runs that failed in a row before the schedule rests."""
FIRST_PAUSE: Final = timedelta(minutes=1)
MOST_DOUBLINGS: Final = 20
"""Two years: longer than any interval."""
COUNTED: Final = (Transient, Unreachable, TokenExpired, Unclassified, SchemaDrift, PagingBroken)
"""The vendor's reasons. Credentials and consent park the account; a request that is wrong is ours to mend."""
PROBE: Final = "probe"
"""What triggered a run that only asks whether it works again: it is tried once."""


def next_probe(failures: int, interval: timedelta) -> timedelta | None:
    """How long to leave it alone after so many failed runs in a row; None: the schedule goes on.

    Pauses double from a minute and end at the job's interval, so that a list read once a day is back within minutes of a
    short outage, and a vendor that is gone for weeks is asked no more often than ever.
    """
    if failures < OPENS_AT:
        return None
    doublings = min(failures - OPENS_AT, MOST_DOUBLINGS)
    return min(interval, FIRST_PAUSE * (1 << doublings))


async def failed(connection: Connection, run: Run, error: VendorError, interval: timedelta) -> list[Next]:
    """Counts a run that ended without an answer; what follows when that opens the breaker."""
    if not isinstance(error, COUNTED):
        return []
    failures = await breakers.count_failure(connection, run, (error.error_class, str(error)[:2_000], error.advice))
    pause = next_probe(failures, interval)
    if pause is None:
        return []
    opened = await breakers.open_breaker(connection, run, pause)
    return [_judged(run)] if opened else []


async def answered(connection: Connection, run: Run) -> list[Next]:
    """The vendor answered, be it that there is no such resource: the schedule holds again."""
    return [_judged(run)] if await breakers.close_breaker(connection, run) else []


def _judged(run: Run) -> Next:
    return Next("evaluate", "recheck", run.account_id, [run.account_id])
