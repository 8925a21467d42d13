"""SQL of breakers: how often in a row a job's runs failed for the vendor's reasons."""

from __future__ import annotations

from datetime import timedelta

from mspbyte_common.db.engine import Connection
from mspbyte_common.vendors.runs.store import Run


async def count_failure(connection: Connection, run: Run, error: tuple[str, str, str]) -> int:
    """Notes that the run failed for the vendor's reasons; returns how many of the job did so in a row."""
    error_class, message, advice = error
    cursor = await connection.execute(
        """
        INSERT INTO breaker AS b (job_id, msp_id, account_id, vendor, resource, failures, failing_since, error_class, error,
                                  advice)
        VALUES (%(job)s, %(msp)s, %(account)s, %(vendor)s, %(resource)s, 1, clock_timestamp(), %(class)s, %(error)s,
                %(advice)s)
        ON CONFLICT (job_id) DO UPDATE SET failures = b.failures + 1, error_class = EXCLUDED.error_class,
            error = EXCLUDED.error, advice = EXCLUDED.advice
        RETURNING failures
        """,
        {
            "job": run.job_id,
            "msp": run.msp_id,
            "account": run.account_id,
            "vendor": run.vendor,
            "resource": run.resource,
            "class": error_class,
            "error": message,
            "advice": advice,
        },
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def open_breaker(connection: Connection, run: Run, pause: timedelta) -> bool:
    """Has the job asked again after the pause, and not before; True when its schedule was in force until now."""
    cursor = await connection.execute(
        """
        UPDATE breaker b SET open_since = coalesce(b.open_since, clock_timestamp()),
               next_probe_at = clock_timestamp() + %(pause)s
        FROM breaker before WHERE b.job_id = %(job)s AND before.job_id = b.job_id
        RETURNING before.open_since IS NULL
        """,
        {"job": run.job_id, "pause": pause},
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def close_breaker(connection: Connection, run: Run) -> bool:
    """Forgets the failures of the run's job; True when they had stopped its schedule."""
    cursor = await connection.execute(
        "DELETE FROM breaker WHERE job_id = %s RETURNING open_since IS NOT NULL", (run.job_id,)
    )
    row = await cursor.fetchone()
    return bool(row and row[0])
