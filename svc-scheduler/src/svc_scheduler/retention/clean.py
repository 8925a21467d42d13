"""What is kept how long: data, and the one loop that lets the rest go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog

from mspbyte_common.db.engine import Connection, Pool, transaction
from mspbyte_common.fault_points import reach
from mspbyte_common.history import KEPT as CHANGES_KEPT
from svc_scheduler.retention import store

log = structlog.get_logger()

PIECE: Final = 5_000
"""Rows that go in one transaction."""
PIECES: Final = 100
"""The most of them in one turn; the rest goes in the next."""

PAGES_KEPT: Final = timedelta(days=1)
RUNS_KEPT: Final = timedelta(days=90)
DEAD_LETTERS_KEPT: Final = timedelta(days=90)
REBUILDS_KEPT: Final = timedelta(days=90)

Drop = Callable[[Connection, timedelta, int], Awaitable[int]]

KEPT: Final[tuple[tuple[Drop, timedelta], ...]] = (
    (store.drop_pages, PAGES_KEPT),
    (store.drop_runs, RUNS_KEPT),
    (store.drop_dead_letters, DEAD_LETTERS_KEPT),
    (store.drop_rebuilds, REBUILDS_KEPT),
    (store.drop_changes, CHANGES_KEPT),
    (store.drop_reports, timedelta(0)),
)


async def clean(pool: Pool) -> int:
    """Lets go whatever is past its time; returns the rows."""
    gone = 0
    for drop, kept in KEPT:
        for _ in range(PIECES):
            async with transaction(pool, None) as connection:
                rows = await drop(connection, kept, PIECE)
                reach("scheduler.retention.dropped")
            gone += rows
            if rows < PIECE:
                break
    if gone:
        log.info("let_go", rows=gone)
    return gone
