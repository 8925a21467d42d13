"""SQL of listings: what was proved of a list, and what of it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.vendors.runs.store import Run


@dataclass(frozen=True)
class Listing:
    """What the last complete runs of a job left behind; ages in seconds, None where there is none yet.

    `complete_age`: since it was read whole. `current_age`: since all its changes were known. `full_seconds`: how old the
    first may grow, where the job says so.
    """

    complete_age: float | None
    current_age: float | None
    cursor: dict[str, Any] | None
    held_ids: list[UUID]
    full_seconds: int | None
    unavailable_age: float | None = None
    """Since it was last asked for and refused; None where it was not."""


async def listing(connection: Connection, run: Run) -> Listing:
    """The certificate of the run's job, locked."""
    cursor = await connection.execute(
        """
        SELECT extract(epoch FROM clock_timestamp() - complete_at)::float8,
               extract(epoch FROM clock_timestamp() - current_at)::float8, cursor, held_ids,
               extract(epoch FROM clock_timestamp() - unavailable_at)::float8
        FROM listing WHERE job_id = %s FOR UPDATE
        """,
        (run.job_id,),
    )
    row: tuple[Any, ...] = await cursor.fetchone() or (None, None, None, [], None)
    cursor = await connection.execute("SELECT full_seconds FROM job WHERE id = %s", (run.job_id,))
    job = await cursor.fetchone()
    return Listing(row[0], row[1], row[2], row[3], job[0] if job else None, row[4])


async def missing(connection: Connection, run: Run) -> tuple[list[UUID], int, int]:
    """(records no page of this run carried, records carried, records stored before)."""
    cursor = await connection.execute(
        """
        WITH seen AS MATERIALIZED (
            SELECT DISTINCT unnest(entity_ids) AS id FROM page WHERE run_id = %(run)s),
        stored AS MATERIALIZED (
            SELECT id FROM entity
            WHERE account_id = %(account)s AND resource = %(resource)s AND deleted_at IS NULL)
        SELECT coalesce((SELECT array_agg(stored.id) FROM stored LEFT JOIN seen USING (id) WHERE seen.id IS NULL), '{}'),
               (SELECT count(*) FROM seen), (SELECT count(*) FROM stored)
        """,
        {"run": run.id, "account": run.account_id, "resource": run.resource},
    )
    row = await cursor.fetchone()
    if row is None:
        return [], 0, 0
    return row[0], row[1], row[2]


async def certify(connection: Connection, run: Run, records: int, held: Sequence[UUID]) -> None:
    """Notes that the resource was read whole, and from where the next run may go on."""
    await connection.execute(
        """
        INSERT INTO listing (job_id, msp_id, account_id, vendor, resource, complete_at, current_at, complete_run_id,
                             records, held_ids, cursor)
        SELECT job_id, msp_id, account_id, vendor, resource, clock_timestamp(), clock_timestamp(), id,
               %(records)s, %(held)s, cursor
        FROM run WHERE id = %(run)s
        ON CONFLICT (job_id) DO UPDATE SET complete_at = EXCLUDED.complete_at, current_at = EXCLUDED.current_at,
            held_ids = EXCLUDED.held_ids, complete_run_id = EXCLUDED.complete_run_id, records = EXCLUDED.records,
            cursor = EXCLUDED.cursor, unavailable_reason = NULL, unavailable_since = NULL,
            unavailable_at = NULL
        """,
        {"run": run.id, "records": records, "held": list(held)},
    )


async def move_cursor(connection: Connection, run: Run) -> None:
    """Notes that all changes are known up to now, and from where the next run may go on."""
    await connection.execute(
        """
        UPDATE listing SET cursor = run.cursor, current_at = clock_timestamp(), unavailable_reason = NULL,
            unavailable_since = NULL, unavailable_at = NULL
        FROM run WHERE run.id = %s AND listing.job_id = run.job_id
        """,
        (run.id,),
    )


async def unavailable(connection: Connection, run: Run, reason: str) -> bool:
    """Notes why the account has no such resource; True when that is news."""
    cursor = await connection.execute(
        """
        WITH before AS MATERIALIZED (
            SELECT unavailable_reason FROM listing WHERE job_id = %(job)s FOR UPDATE
        ), written AS (
            INSERT INTO listing AS l (job_id, msp_id, account_id, vendor, resource, unavailable_reason, unavailable_since,
                                      unavailable_at)
            VALUES (%(job)s, %(msp)s, %(account)s, %(vendor)s, %(resource)s, %(reason)s, clock_timestamp(),
                    clock_timestamp())
            ON CONFLICT (job_id) DO UPDATE SET unavailable_reason = EXCLUDED.unavailable_reason,
                unavailable_since = coalesce(l.unavailable_since, EXCLUDED.unavailable_since),
                unavailable_at = EXCLUDED.unavailable_at)
        SELECT (SELECT unavailable_reason FROM before) IS DISTINCT FROM %(reason)s
        """,
        {
            "job": run.job_id,
            "msp": run.msp_id,
            "account": run.account_id,
            "vendor": run.vendor,
            "resource": run.resource,
            "reason": reason,
        },
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def freshness_changes(connection: Connection, msp_id: UUID) -> None:
    """Waits for the evaluations under way: none of them may miss that a listing becomes complete."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('freshness:' || %s::text, 0))", (str(msp_id),)
    )
