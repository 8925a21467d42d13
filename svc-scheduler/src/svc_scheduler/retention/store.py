"""SQL of what is let go after its time, in pieces: nothing waits long for a lock."""

from __future__ import annotations

from datetime import timedelta

from mspbyte_common.db.engine import Connection


async def drop_pages(connection: Connection, kept: timedelta, most: int) -> int:
    """Pages prove a listing while its run is open: those of runs that ended longer ago go."""
    cursor = await connection.execute(
        """
        DELETE FROM page WHERE (run_id, number) IN (
            SELECT p.run_id, p.number FROM page p JOIN run r ON r.id = p.run_id
            WHERE r.finished_at < now() - %s LIMIT %s)
        """,
        (kept, most),
    )
    return cursor.rowcount


async def drop_runs(connection: Connection, kept: timedelta, most: int) -> int:
    """Runs that ended longer ago, but for each job's last and the one that last read its list whole."""
    cursor = await connection.execute(
        """
        DELETE FROM run WHERE id IN (
            SELECT r.id FROM run r
            WHERE r.finished_at < now() - %s AND r.state NOT IN ('waiting', 'queued', 'running')
              AND EXISTS (SELECT 1 FROM run later WHERE later.job_id = r.job_id AND later.fire_time > r.fire_time)
              AND NOT EXISTS (SELECT 1 FROM listing l WHERE l.job_id = r.job_id AND l.complete_run_id = r.id)
            ORDER BY r.finished_at LIMIT %s)
        """,
        (kept, most),
    )
    return cursor.rowcount


async def drop_dead_letters(connection: Connection, kept: timedelta, most: int) -> int:
    """Dead letters a person closed longer ago. An open one stays for ever."""
    cursor = await connection.execute(
        """
        DELETE FROM dead_letter WHERE id IN (
            SELECT id FROM dead_letter WHERE state <> 'open' AND closed_at < now() - %s LIMIT %s)
        """,
        (kept, most),
    )
    return cursor.rowcount


async def drop_rebuilds(connection: Connection, kept: timedelta, most: int) -> int:
    """Rebuilds that ended longer ago."""
    cursor = await connection.execute(
        "DELETE FROM rebuild WHERE id IN (SELECT id FROM rebuild WHERE finished_at < now() - %s LIMIT %s)", (kept, most)
    )
    return cursor.rowcount


async def drop_changes(connection: Connection, kept: timedelta, most: int) -> int:
    """Changes of fields that are older."""
    cursor = await connection.execute(
        "DELETE FROM entity_change WHERE id IN (SELECT id FROM entity_change WHERE at < now() - %s LIMIT %s)",
        (kept, most),
    )
    return cursor.rowcount


async def drop_reports(connection: Connection, kept: timedelta, most: int) -> int:
    """Reports that much past the moment until which each is kept."""
    cursor = await connection.execute(
        "DELETE FROM report WHERE id IN (SELECT id FROM report WHERE kept_until < now() - %s LIMIT %s)", (kept, most)
    )
    return cursor.rowcount
