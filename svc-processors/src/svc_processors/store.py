"""SQL of the processors: normalized_data and quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mspbyte_common.db.engine import Connection
from svc_processors.shape import Drift, Paths


@dataclass(frozen=True)
class Raw:
    """A record as it was stored, with what it was mapped to before."""

    id: UUID
    vendor: str
    resource: str
    deleted: bool
    raw: dict[str, Any]
    normalized: dict[str, Any] | None
    mapped_hash: bytes | None


@dataclass(frozen=True)
class Mapped:
    """A record in our vocabulary, as JSON text. The semantic hash of a deleted one is None: its return is a change."""

    id: UUID
    normalized: bytes
    semantic_hash: bytes | None
    volatile_hash: bytes
    mapper_version: int


@dataclass(frozen=True)
class Quarantined:
    """A record that does not fit, and where."""

    id: UUID
    vendor: str
    resource: str
    mapper_version: int
    path: str
    value_class: str
    error: str


async def lock_raw(connection: Connection, ids: Sequence[UUID]) -> list[Raw]:
    """The records of a batch, locked in one order, so that two batches never map one record at once."""
    cursor = await connection.execute(
        """
        SELECT id, vendor, resource, deleted_at IS NOT NULL, raw_data, normalized_data, mapped_hash
        FROM entity WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
        """,
        (list(ids),),
    )
    return [Raw(*row) for row in await cursor.fetchall()]


async def write_mapped(connection: Connection, rows: Sequence[Mapped]) -> None:
    """Stores mapped records."""
    await connection.execute(
        """
        UPDATE entity SET normalized_data = m.normalized::jsonb, mapped_hash = m.semantic,
               mapped_volatile_hash = m.volatile, mapper_version = m.version
        FROM unnest(%s::uuid[], %s::text[], %s::bytea[], %s::bytea[], %s::int[])
             AS m (id, normalized, semantic, volatile, version)
        WHERE entity.id = m.id
        """,
        (
            [row.id for row in rows],
            [row.normalized.decode() for row in rows],
            [row.semantic_hash for row in rows],
            [row.volatile_hash for row in rows],
            [row.mapper_version for row in rows],
        ),
    )


async def contested(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Those that are one thing with others of their list, of which the one seen last leads: another may lead now."""
    cursor = await connection.execute(
        "SELECT entity_id FROM fragment WHERE entity_id = ANY(%s) AND contested", (list(ids),)
    )
    return {row[0] for row in await cursor.fetchall()}


async def forget_mapping(connection: Connection, ids: Sequence[UUID]) -> None:
    """Notes that records are gone: one that returns, as it was, is a change all the same."""
    await connection.execute("UPDATE entity SET mapped_hash = NULL WHERE id = ANY(%s)", (list(ids),))


async def quarantine(connection: Connection, msp_id: UUID, rows: Sequence[Quarantined]) -> None:
    """Keeps records that do not fit, since when they do not. What they were mapped to before stays as it was."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO quarantine (entity_id, msp_id, vendor, resource, mapper_version, path, value_class, error)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (entity_id) DO UPDATE SET mapper_version = EXCLUDED.mapper_version, path = EXCLUDED.path,
                value_class = EXCLUDED.value_class, error = EXCLUDED.error
            WHERE (quarantine.mapper_version, quarantine.path, quarantine.value_class, quarantine.error)
                  IS DISTINCT FROM (EXCLUDED.mapper_version, EXCLUDED.path, EXCLUDED.value_class, EXCLUDED.error)
            """,
            [
                (row.id, msp_id, row.vendor, row.resource, row.mapper_version, row.path, row.value_class, row.error)
                for row in rows
            ],
        )


async def release(connection: Connection, ids: Sequence[UUID]) -> None:
    """Takes records out of quarantine."""
    await connection.execute("DELETE FROM quarantine WHERE entity_id = ANY(%s)", (list(ids),))


@dataclass(frozen=True)
class Shape:
    """The known shape of a list, and whether it is still being learned."""

    paths: Paths
    learning: bool


async def shape(connection: Connection, vendor: str, resource: str) -> Shape | None:
    """The known shape of the msp's list; None before its first page. It is learned for a day, a whole listing at least."""
    cursor = await connection.execute(
        """
        SELECT paths, since > now() - interval '1 day' FROM shape
        WHERE msp_id = current_setting('app.msp_id')::uuid AND vendor = %s AND resource = %s
        """,
        (vendor, resource),
    )
    row = await cursor.fetchone()
    return Shape(*row) if row else None


async def lock_shape(connection: Connection, msp_id: UUID, vendor: str, resource: str) -> Paths:
    """The shape as it is now, locked; an empty one is begun where there is none."""
    await connection.execute(
        "INSERT INTO shape (msp_id, vendor, resource, paths) VALUES (%s, %s, %s, '{}') ON CONFLICT DO NOTHING",
        (msp_id, vendor, resource),
    )
    cursor = await connection.execute(
        "SELECT paths FROM shape WHERE msp_id = %s AND vendor = %s AND resource = %s FOR UPDATE",
        (msp_id, vendor, resource),
    )
    row = await cursor.fetchone()
    return row[0] if row else {}


async def write_shape(connection: Connection, vendor: str, resource: str, paths: Paths) -> None:
    """Stores what was learned."""
    await connection.execute(
        """
        UPDATE shape SET paths = %s
        WHERE msp_id = current_setting('app.msp_id')::uuid AND vendor = %s AND resource = %s
        """,
        (Jsonb(paths), vendor, resource),
    )


async def note_drift(
    connection: Connection, msp_id: UUID, vendor: str, resource: str, found: Sequence[Drift]
) -> list[tuple[str, str]]:
    """Counts departures from the known shape; returns (path, kind) of those not seen before."""
    cursor = await connection.execute(
        """
        INSERT INTO drift AS d (msp_id, vendor, resource, path, kind, example, records)
        SELECT %s, %s, %s, f.path, f.kind, f.example, f.records
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) AS f (path, kind, example, records)
        ORDER BY f.path, f.kind
        ON CONFLICT (msp_id, vendor, resource, path, kind) DO UPDATE
        SET records = d.records + EXCLUDED.records, last_seen_at = now(), example = EXCLUDED.example
        RETURNING path, kind, xmax = 0
        """,
        (
            msp_id,
            vendor,
            resource,
            [one.path for one in found],
            [one.kind for one in found],
            [one.example for one in found],
            [one.records for one in found],
        ),
    )
    return [(row[0], row[1]) for row in await cursor.fetchall() if row[2]]
