"""SQL over rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from mspctl.store import Connection, Row


def ask(
    connection: Connection, msp_id: UUID, reason: str, stages: Sequence[str], vendor: str | None, resource: str | None
) -> Row | None:
    """A new rebuild."""
    return connection.execute(
        """
        INSERT INTO rebuild (id, msp_id, reason, vendor, resource, stages, stage) VALUES (%s, %s, %s, %s, %s, %s, %s)
        RETURNING id, reason, stages, state, created_at
        """,
        (uuid4(), msp_id, reason, vendor, resource, list(stages), stages[0]),
    ).fetchone()


def rebuilds(connection: Connection) -> list[Row]:
    """Every rebuild, the latest first: how many of the records its stage has handed out, and what failed for good.

    `of` counts what the rebuild is narrowed to; it is None for one that is over.
    """
    return connection.execute(
        """
        SELECT r.id, r.reason, r.vendor, r.resource, r.kind, r.stages, r.stage, r.state, r.entities AS records,
               CASE WHEN r.state = 'open' THEN
                   (SELECT count(*) FROM entity e WHERE (r.vendor IS NULL OR e.vendor = r.vendor)
                       AND (r.resource IS NULL OR e.resource = r.resource) AND (r.kind IS NULL OR e.kind = r.kind))
               END AS of,
               (SELECT count(*) FROM work w WHERE w.run_id = r.id) AS waiting,
               (SELECT count(*) FROM dead_letter d WHERE d.run_id = r.id AND d.state = 'open') AS dead,
               r.created_at, r.finished_at
        FROM rebuild r ORDER BY r.created_at DESC, r.id
        """
    ).fetchall()


def cancel(connection: Connection, rebuild_id: UUID) -> bool:
    """Ends an open rebuild where it is; False when it was over."""
    cursor = connection.execute(
        "UPDATE rebuild SET state = 'cancelled', finished_at = clock_timestamp() WHERE id = %s AND state = 'open'",
        (rebuild_id,),
    )
    return cursor.rowcount == 1
