"""Asks for runs and waits for their end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

from mspctl.failure import Failure
from mspctl.schedule import store
from mspctl.store import Database, Row

LOOK_SECONDS = 0.25


def outcome_of(database: Database, connection_id: UUID, seconds: float) -> list[Row]:
    """Fires the root jobs of a connection and returns the runs they led to."""
    deadline = time.monotonic() + seconds
    jobs: list[Row] = []
    while not jobs:
        with database.transaction() as connection:
            jobs = store.root_jobs(connection, connection_id)
        _not_past(deadline, seconds, "the connection has no jobs yet; is svc-scheduler running? (mspctl status)")
    return run_now(database, [job["id"] for job in jobs], max(1.0, deadline - time.monotonic()))


def run_now(database: Database, job_ids: Sequence[UUID], seconds: float) -> list[Row]:
    """Fires jobs and returns each one's next run when all have ended; Failure after that many seconds."""
    deadline = time.monotonic() + seconds
    with database.transaction() as connection:
        since = store.fire(connection, job_ids)
    while True:
        with database.transaction() as connection:
            ended = {row["job_id"]: row for row in store.runs_since(connection, job_ids, since)}
            stopped = store.stopped_accounts(connection, job_ids)
        if len(ended) == len(set(job_ids)):
            return list(ended.values())
        if stopped:
            told = "; ".join(
                f"{row['name']} is stopped ({row['parked_class']}): {row['parked_reason']}" for row in stopped
            )
            raise Failure(told)
        _not_past(deadline, seconds, "the run has not ended; look with: mspctl run list")


def _not_past(deadline: float, seconds: float, what: str) -> None:
    if time.monotonic() > deadline:
        message = f"no answer in {seconds:.0f} s: {what}"
        raise Failure(message)
    time.sleep(LOOK_SECONDS)
