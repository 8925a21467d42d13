"""SQL of records on their way into `entity`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.vendors.runs.store import Run


@dataclass(frozen=True)
class Row:
    """A record on its way into `entity`."""

    id: UUID
    external_id: str
    semantic_hash: bytes
    volatile_hash: bytes
    raw: bytes


async def known_hashes(connection: Connection, ids: Collection[UUID]) -> dict[UUID, tuple[bytes, bytes]]:
    """(semantic, volatile) of the records that are already stored and not deleted."""
    cursor = await connection.execute(
        "SELECT id, semantic_hash, volatile_hash FROM entity WHERE id = ANY(%s) AND deleted_at IS NULL", (list(ids),)
    )
    return {row[0]: (row[1], row[2]) for row in await cursor.fetchall()}


async def stored_records(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Records as they are stored, those that are deleted left out."""
    cursor = await connection.execute(
        "SELECT id, raw_data FROM entity WHERE id = ANY(%s) AND deleted_at IS NULL", (list(ids),)
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def write_rows(connection: Connection, run: Run, kind: str, rows: Sequence[Row]) -> None:
    """Upserts records through COPY; a deleted one that is back is the same entity again."""
    await connection.execute(
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS incoming
            (id uuid, external_id text, semantic_hash bytea, volatile_hash bytea, raw_data jsonb) ON COMMIT DELETE ROWS
        """
    )
    async with connection.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN") as copy:
        for row in rows:
            await copy.write_row((row.id, row.external_id, row.semantic_hash, row.volatile_hash, row.raw.decode()))
    await connection.execute(
        """
        INSERT INTO entity AS e (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                                 volatile_hash)
        SELECT id, %(msp)s, %(account)s, %(vendor)s, %(resource)s, %(kind)s, external_id, raw_data, semantic_hash,
               volatile_hash
        FROM incoming ORDER BY id
        ON CONFLICT (id) DO UPDATE SET raw_data = EXCLUDED.raw_data, semantic_hash = EXCLUDED.semantic_hash,
            volatile_hash = EXCLUDED.volatile_hash, changed_at = now(), deleted_at = NULL
        """,
        {
            "msp": run.msp_id,
            "account": run.account_id,
            "vendor": run.vendor,
            "resource": run.resource,
            "kind": kind,
        },
    )


async def tombstone(connection: Connection, ids: Sequence[UUID]) -> None:
    """Marks records as gone."""
    await connection.execute(
        "UPDATE entity SET deleted_at = now(), changed_at = now() WHERE id = ANY(%s) AND deleted_at IS NULL",
        (list(ids),),
    )
