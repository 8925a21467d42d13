"""SQL of rebuilds: `rebuild`, `derivation`, and which records come next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mspbyte_common.db.engine import Connection

Scope = tuple[str | None, str | None, str | None]
"""(vendor, resource, kind); None does not narrow."""


@dataclass(frozen=True)
class Declared:
    """A version of a mapper ('vendor/resource'), or of the rules a kind is resolved or linked by."""

    stage: str
    name: str
    version: str
    since: datetime


@dataclass(frozen=True)
class Place:
    """How far a rebuild is: a stage, an account, and the last record handed out of it."""

    stage: str
    account_id: UUID | None = None
    after_resource: str | None = None
    after_id: UUID | None = None


@dataclass(frozen=True)
class Rebuild:
    """An open rebuild, what it is narrowed to, and its place."""

    id: UUID
    msp_id: UUID
    reason: str
    vendor: str | None
    resource: str | None
    kind: str | None
    stages: list[str]
    place: Place


@dataclass(frozen=True)
class Record:
    """A record to hand out."""

    id: UUID
    resource: str
    kind: str


async def take_declared(connection: Connection, seconds: float) -> list[Declared]:
    """The versions declared so long ago that have not been walked for yet; each is taken once."""
    cursor = await connection.execute(
        """
        UPDATE derivation SET pending = false WHERE pending AND since < now() - make_interval(secs => %s)
        RETURNING stage, name, version, since
        """,
        (seconds,),
    )
    return [Declared(*row) for row in await cursor.fetchall()]


async def msps(connection: Connection) -> list[UUID]:
    """Every msp."""
    cursor = await connection.execute("SELECT id FROM msp WHERE removed_at IS NULL ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]


async def open_rebuild(
    connection: Connection, rebuild_id: UUID, msp_id: UUID, reason: str, scope: Scope, stages: Sequence[str]
) -> None:
    """Opens a rebuild; one that was opened before stays as it is."""
    await connection.execute(
        """
        INSERT INTO rebuild (id, msp_id, reason, vendor, resource, kind, stages, stage)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (rebuild_id, msp_id, reason, *scope, list(stages), stages[0]),
    )


async def open_rebuilds(connection: Connection) -> list[tuple[UUID, UUID]]:
    """(msp, id) of the oldest open rebuild of each msp: one at a time."""
    cursor = await connection.execute(
        "SELECT DISTINCT ON (msp_id) msp_id, id FROM rebuild WHERE state = 'open' ORDER BY msp_id, created_at, id"
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def lock_rebuild(connection: Connection, rebuild_id: UUID) -> Rebuild | None:
    """The rebuild, locked; None when it is no longer open, or another scheduler has it in hand."""
    cursor = await connection.execute(
        """
        SELECT id, msp_id, reason, vendor, resource, kind, stages, stage, account_id, after_resource, after_id
        FROM rebuild WHERE id = %s AND state = 'open' FOR UPDATE SKIP LOCKED
        """,
        (rebuild_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    number, msp, reason, vendor, resource, kind, stages, *place = row
    return Rebuild(number, msp, reason, vendor, resource, kind, stages, Place(*place))


async def open_work(connection: Connection, rebuild_id: UUID, most: int) -> int:
    """How many pieces of the rebuild's work are not done, counted up to `most`."""
    cursor = await connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM work WHERE run_id = %s LIMIT %s) open", (rebuild_id, most)
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def next_account(connection: Connection, rebuild: Rebuild, place: Place) -> UUID | None:
    """The account after a place."""
    cursor = await connection.execute(
        """
        SELECT id FROM account
        WHERE msp_id = %(msp)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
          AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
        ORDER BY id LIMIT 1
        """,
        {"msp": rebuild.msp_id, "after": place.account_id, "vendor": rebuild.vendor},
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def next_records(connection: Connection, rebuild: Rebuild, place: Place, most: int) -> list[Record]:
    """Records of the place's account after it, deleted ones too, in the order of the index."""
    cursor = await connection.execute(
        """
        SELECT id, resource, kind FROM entity
        WHERE account_id = %(account)s
          AND (%(after)s::uuid IS NULL OR (resource, id) > (%(after_resource)s, %(after)s))
          AND (%(resource)s::text IS NULL OR resource = %(resource)s)
          AND (%(kind)s::text IS NULL OR kind = %(kind)s)
        ORDER BY resource, id LIMIT %(most)s
        """,
        {
            "account": place.account_id,
            "after": place.after_id,
            "after_resource": place.after_resource,
            "resource": rebuild.resource,
            "kind": rebuild.kind,
            "most": most,
        },
    )
    return [Record(*row) for row in await cursor.fetchall()]


async def move(connection: Connection, rebuild_id: UUID, place: Place, records: int) -> None:
    """Moves a rebuild on, past so many records. The count is that of the stage."""
    await connection.execute(
        """
        UPDATE rebuild SET entities = CASE WHEN stage = %(stage)s THEN entities + %(records)s ELSE 0 END,
               stage = %(stage)s, account_id = %(account)s, after_resource = %(resource)s, after_id = %(after)s
        WHERE id = %(id)s
        """,
        {
            "id": rebuild_id,
            "stage": place.stage,
            "account": place.account_id,
            "resource": place.after_resource,
            "after": place.after_id,
            "records": records,
        },
    )


async def finish(connection: Connection, rebuild_id: UUID) -> None:
    """Ends a rebuild."""
    await connection.execute(
        "UPDATE rebuild SET state = 'done', finished_at = clock_timestamp() WHERE id = %s", (rebuild_id,)
    )
