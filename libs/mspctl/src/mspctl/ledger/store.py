"""SQL over dead_letter."""

# ruff: noqa: S608 - what is put together are constants of this file

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mspbyte_common.trace import new_traceparent
from mspctl.store import Connection, Row

COLUMNS = """id, work_id, run_id, account_id, stage, kind, entity_ids, attempts, error_class, error, traceparent, state,
             reason, created_at, closed_at"""


def letters(connection: Connection, state: str | None, stage: str | None, error_class: str | None) -> list[Row]:
    """Dead letters, oldest first; each filter counts where it is given."""
    return connection.execute(
        f"""SELECT {COLUMNS} FROM dead_letter
            WHERE (%(state)s::text IS NULL OR state = %(state)s)
              AND (%(stage)s::text IS NULL OR stage = %(stage)s)
              AND (%(class)s::text IS NULL OR error_class = %(class)s)
            ORDER BY id""",
        {"state": state, "stage": stage, "class": error_class},
    ).fetchall()


def letter(connection: Connection, number: int) -> Row | None:
    """One dead letter."""
    return connection.execute(f"SELECT {COLUMNS} FROM dead_letter WHERE id = %s", (number,)).fetchone()


def replay(connection: Connection, numbers: Sequence[int]) -> list[int]:
    """Makes work of open dead letters again, with no attempt counted; returns the new work's numbers."""
    rows = connection.execute(
        """
        WITH closed AS (
            UPDATE dead_letter SET state = 'replayed', closed_at = clock_timestamp()
            WHERE id = ANY(%s) AND state = 'open'
            RETURNING msp_id, run_id, account_id, stage, kind, entity_ids, traceparent)
        INSERT INTO work (msp_id, run_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, run_id, account_id, stage, kind, entity_ids, traceparent FROM closed
        RETURNING id
        """,
        (list(numbers),),
    ).fetchall()
    return [row["id"] for row in rows]


def replay_misfits(
    connection: Connection, vendor: str | None, resource: str | None, path: str | None, since: datetime | None
) -> int:
    """Has quarantined records mapped again; each filter counts where it is given. Returns how many."""
    rows = connection.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, account_id, 'process', kind, array_agg(id ORDER BY id), %(trace)s
        FROM (SELECT e.msp_id, e.account_id, e.kind, e.id,
                     (row_number() OVER (PARTITION BY e.account_id, e.kind ORDER BY e.id) - 1) / 1000 AS batch
              FROM quarantine q JOIN entity e ON e.id = q.entity_id
              WHERE (%(vendor)s::text IS NULL OR q.vendor = %(vendor)s)
                AND (%(resource)s::text IS NULL OR q.resource = %(resource)s)
                AND (%(path)s::text IS NULL OR q.path = %(path)s)
                AND (%(since)s::timestamptz IS NULL OR q.since >= %(since)s)) misfit
        GROUP BY msp_id, account_id, kind, batch
        RETURNING cardinality(entity_ids) AS records
        """,
        {"vendor": vendor, "resource": resource, "path": path, "since": since, "trace": new_traceparent()},
    ).fetchall()
    return sum(row["records"] for row in rows)


def discard(connection: Connection, numbers: Sequence[int], reason: str) -> list[int]:
    """Closes open dead letters without doing their work; returns their numbers."""
    rows = connection.execute(
        """
        UPDATE dead_letter SET state = 'discarded', reason = %s, closed_at = clock_timestamp()
        WHERE id = ANY(%s) AND state = 'open' RETURNING id
        """,
        (reason, list(numbers)),
    ).fetchall()
    return [row["id"] for row in rows]
