"""SQL of things made of several records: merged, fragment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.hashing import canonical
from svc_resolvers.merging.merge import Merged


@dataclass(frozen=True)
class Place:
    """By what records of an account may be one thing."""

    account_id: UUID
    key_type: str
    key_value: str


@dataclass(frozen=True)
class Thing:
    """A row of merged, with its rows of fragment."""

    id: UUID
    vendor: str
    kind: str
    place: Place
    merged: Merged


@dataclass(frozen=True)
class Row:
    """A record as it was resolved last, as JSON text."""

    id: UUID
    resource: str
    external_id: str
    data: str


async def places_of(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Place]:
    """The things of which these records are fragments."""
    cursor = await connection.execute(
        """
        SELECT DISTINCT m.id, m.account_id, m.key_type, m.key_value
        FROM fragment f JOIN merged m ON m.id = f.merged_id WHERE f.entity_id = ANY(%s)
        """,
        (list(ids),),
    )
    return {row[0]: Place(*row[1:]) for row in await cursor.fetchall()}


async def known_at(
    connection: Connection, places: Sequence[Place], kind: str, resources: Collection[str]
) -> list[tuple[Place, str, UUID]]:
    """(place, resource, record) of everything that is known by these values in its account."""
    cursor = await connection.execute(
        """
        SELECT k.account_id, k.key_type, k.key_value, k.resource, k.entity_id
        FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS p (account_id, key_type, key_value)
        JOIN entity_key k ON k.msp_id = current_setting('app.msp_id')::uuid AND k.key_type = p.key_type
                         AND k.key_value = p.key_value AND NOT k.refers AND k.account_id = p.account_id
        WHERE k.kind = %s AND k.resource = ANY(%s)
        """,
        (
            [place.account_id for place in places],
            [place.key_type for place in places],
            [place.key_value for place in places],
            kind,
            list(resources),
        ),
    )
    return [(Place(*row[:3]), row[3], row[4]) for row in await cursor.fetchall()]


async def lock_rows(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Records that are not deleted, locked.

    A processor that is mapping one of them may be waiting for ours: then this fails with LockNotAvailable, and the batch
    is tried again. It sees what the processor wrote, or the processor sees that the record is a fragment.
    """
    cursor = await connection.execute(
        """
        SELECT id, resource, external_id, normalized_data::text FROM entity
        WHERE id = ANY(%s) AND deleted_at IS NULL AND normalized_data IS NOT NULL ORDER BY id FOR NO KEY UPDATE NOWAIT
        """,
        (list(ids),),
    )
    return {row[0]: Row(*row) for row in await cursor.fetchall()}


async def hashes(connection: Connection, ids: Collection[UUID]) -> dict[UUID, bytes]:
    """What is stored of these things."""
    cursor = await connection.execute("SELECT id, hash FROM merged WHERE id = ANY(%s)", (list(ids),))
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def take_apart(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Ends things; returns the records that were their fragments."""
    await connection.execute("DELETE FROM merged WHERE id = ANY(%s)", (list(ids),))
    cursor = await connection.execute(
        "DELETE FROM fragment WHERE merged_id = ANY(%s) RETURNING entity_id", (list(ids),)
    )
    return {row[0] for row in await cursor.fetchall()}


async def put_together(connection: Connection, msp_id: UUID, things: Sequence[Thing]) -> None:
    """Stores things that are not there."""
    await connection.execute(
        """
        INSERT INTO merged (id, msp_id, account_id, vendor, kind, key_type, key_value, leading_id, document, provenance, hash)
        SELECT m.id, %s, m.account_id, m.vendor, m.kind, m.key_type, m.key_value, m.leading_id, m.document::jsonb,
               m.provenance::jsonb, m.hash
        FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::text[],
                    %s::text[], %s::bytea[])
             AS m (id, account_id, vendor, kind, key_type, key_value, leading_id, document, provenance, hash)
        """,
        (
            msp_id,
            [one.id for one in things],
            [one.place.account_id for one in things],
            [one.vendor for one in things],
            [one.kind for one in things],
            [one.place.key_type for one in things],
            [one.place.key_value for one in things],
            [one.merged.order[0] for one in things],
            [canonical(one.merged.document).decode() for one in things],
            [canonical(one.merged.provenance).decode() for one in things],
            [one.merged.hash for one in things],
        ),
    )
    members = [(entity, one, place) for one in things for place, entity in enumerate(one.merged.order)]
    await connection.execute(
        """
        INSERT INTO fragment (entity_id, msp_id, merged_id, place, contested)
        SELECT f.entity_id, %s, f.merged_id, f.place, f.contested
        FROM unnest(%s::uuid[], %s::uuid[], %s::smallint[], %s::boolean[]) AS f (entity_id, merged_id, place, contested)
        ON CONFLICT (entity_id) DO UPDATE
        SET merged_id = EXCLUDED.merged_id, place = EXCLUDED.place, contested = EXCLUDED.contested
        """,
        (
            msp_id,
            [entity for entity, _, _ in members],
            [one.id for _, one, _ in members],
            [place for _, _, place in members],
            [entity in one.merged.contested for entity, one, _ in members],
        ),
    )
