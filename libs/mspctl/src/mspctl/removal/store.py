"""SQL that takes an msp out of every table, a stretch of a table at a time."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql
from psycopg.errors import DeadlockDetected

from mspbyte_common.db.schema import metadata
from mspctl.store import Connection, Row

STRETCH = 200
"""Blocks of 8 kB looked through in one transaction: what bounds a step, whoever else's rows stand between."""

TABLES = tuple(table.name for table in reversed(metadata.sorted_tables) if "msp_id" in table.c)
"""Every table with rows of an msp, those that refer to others first."""


def msp_named(connection: Connection, name: str) -> Row | None:
    """The msp, also one that is being removed."""
    return connection.execute("SELECT id, name, removed_at FROM msp WHERE name = %s", (name,)).fetchone()


def shred(connection: Connection, msp_id: UUID) -> list[str | None]:
    """Destroys the msp's data keys and takes its runs away from their adapters; returns what had wrapped the keys.

    From here on no credential of it can be opened, nothing of it is scheduled, and no command takes it.
    """
    connection.execute("UPDATE msp SET removed_at = coalesce(removed_at, now()) WHERE id = %s", (msp_id,))
    rows = connection.execute("DELETE FROM data_key RETURNING kek_id").fetchall()
    connection.execute("UPDATE run SET state = 'skipped', fence = fence + 1 WHERE state IN ('queued', 'running')")
    return list(dict.fromkeys(row["kek_id"] for row in rows))


def leased(connection: Connection) -> bool:
    """Whether an adapter may still be at work for the msp, not knowing yet that its run was taken away."""
    row = connection.execute("SELECT 1 FROM run WHERE lease_until > clock_timestamp() LIMIT 1").fetchone()
    return row is not None


def stretches(connection: Connection, table: str) -> range:
    """Where each stretch of a table begins, in blocks."""
    row = connection.execute(
        "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::bigint AS blocks", (table,)
    ).fetchone()
    return range(0, row["blocks"] if row else 0, STRETCH)


def delete_stretch(connection: Connection, table: str, start: int) -> int:
    """Deletes the msp's rows in a stretch of a table; returns how many. A deadlock with a service ends in trying again."""
    statement = sql.SQL("DELETE FROM {} WHERE ctid >= %s::tid AND ctid < %s::tid").format(sql.Identifier(table))
    while True:
        try:
            with connection.transaction():
                return connection.execute(statement, (f"({start},0)", f"({start + STRETCH},0)")).rowcount
        except DeadlockDetected:
            continue


def drop_msp(connection: Connection, msp_id: UUID) -> None:
    """Deletes the msp itself."""
    connection.execute("DELETE FROM msp WHERE id = %s", (msp_id,))
