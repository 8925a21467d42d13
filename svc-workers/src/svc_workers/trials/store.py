"""SQL of check_trial, and of what a dry run compares with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from mspbyte_common.db.engine import Connection
from mspbyte_common.findings import State


@dataclass(frozen=True)
class Request:
    """A dry run as it was asked for; without a client, of all."""

    id: UUID
    check_name: str
    params: dict[str, Any]
    client_id: UUID | None


async def requested(connection: Connection, ids: Sequence[UUID]) -> list[Request]:
    """Those that are still asked for, locked."""
    async with connection.cursor(row_factory=class_row(Request)) as cursor:
        await cursor.execute(
            "SELECT id, check_name, params, client_id FROM check_trial WHERE id = ANY(%s) AND state = 'requested' FOR UPDATE",
            (list(ids),),
        )
        return await cursor.fetchall()


async def subjects(connection: Connection, kind: str, client_id: UUID | None) -> list[UUID]:
    """Every subject of a kind, of one client where one is named."""
    cursor = await connection.execute(
        """
        SELECT id FROM entity
        WHERE kind = %(kind)s AND deleted_at IS NULL AND (%(client)s::uuid IS NULL OR client_id = %(client)s)
        UNION ALL
        SELECT id FROM account WHERE %(kind)s = 'account' AND (%(client)s::uuid IS NULL OR client_id = %(client)s)
        """,
        {"kind": kind, "client": client_id},
    )
    return sorted(row[0] for row in await cursor.fetchall())


async def standing(connection: Connection, check_name: str) -> dict[UUID, State]:
    """The state of every finding of a check."""
    cursor = await connection.execute("SELECT id, state FROM finding WHERE check_name = %s", (check_name,))
    return dict(await cursor.fetchall())


async def write_ready(connection: Connection, trial_id: UUID, result: dict[str, Any]) -> None:
    """What the dry run found."""
    await connection.execute(
        "UPDATE check_trial SET state = 'ready', result = %s WHERE id = %s", (Jsonb(result), trial_id)
    )


async def write_failed(connection: Connection, trial_id: UUID, error: str) -> None:
    """Why there is none."""
    await connection.execute("UPDATE check_trial SET state = 'failed', error = %s WHERE id = %s", (error, trial_id))
