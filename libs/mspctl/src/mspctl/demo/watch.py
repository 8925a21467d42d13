"""Looks at a sync until it is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from mspctl.demo import store
from mspctl.demo.operator import Mapping
from mspctl.demo.progress import Snapshot, VendorProgress
from mspctl.failure import Failure
from mspctl.metrics import done_by_stage, scrape
from mspctl.schedule import store as schedule
from mspctl.store import Database

LOOK_SECONDS = 0.5
AGREEING = 2
"""So many looks in a row must find nothing left to do."""


async def until_over(database: Database, mapping: Mapping, show: Callable[[Snapshot], None], seconds: float) -> float:
    """Maps accounts as they turn up and returns when nothing is left to do: the moment, by the monotonic clock.

    Failure after that many seconds, with what still waits.
    """
    deadline = time.monotonic() + seconds
    agreeing, over = 0, 0.0
    while True:
        try:
            await asyncio.to_thread(mapping.apply, database)
            snapshot = await asyncio.to_thread(look, database, mapping.left)
        except Failure as error:  # the supervisor restarts a database that died; the sync goes on by itself
            reasons = [str(error)]
        else:
            show(snapshot)
            reasons = snapshot.waits_for()
            over = over if agreeing else snapshot.taken_at
        agreeing = 0 if reasons else agreeing + 1
        if agreeing == AGREEING:
            return over
        if time.monotonic() > deadline:
            waits = "; ".join(reasons)
            message = f"the sync is not over after {seconds:.0f} s; it waits for: {waits} (see the logs directory)"
            raise Failure(message)
        await asyncio.sleep(LOOK_SECONDS)


def look(database: Database, unmapped: int) -> Snapshot:
    """How far everything is."""
    done = done_by_stage(scrape(database.target.services))
    with database.transaction() as connection:
        expected = {row["vendor"]: row for row in store.expected_jobs(connection)}
        fetched = {row["vendor"]: row for row in store.fetched(connection)}
        waiting = {row["stage"]: int(row["entities"]) for row in schedule.waiting(connection)}
        return Snapshot(
            vendors={
                vendor: VendorProgress(
                    jobs=row["jobs"],
                    scheduled=row["scheduled"],
                    done=row["done"],
                    **{name: fetched.get(vendor, {}).get(name, 0) for name in ("records", "pages", "open", "failed")},
                )
                for vendor, row in expected.items()
            },
            done=done,
            waiting=waiting,
            rechecks=store.rechecks_due(connection),
            unmapped=unmapped,
            dead_letters=schedule.open_dead_letters(connection),
        )
