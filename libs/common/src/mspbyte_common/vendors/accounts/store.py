"""SQL of accounts: how to reach one, which ones a list names, and which are stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import LeaseLost
from mspbyte_common.vendors.runs.store import Run


@dataclass(frozen=True)
class Facts:
    """An account with its connection, as stored."""

    account_external_id: str
    account_settings: dict[str, Any]
    connection_id: UUID
    connection_settings: dict[str, Any]
    secret: bytes
    key_version: int
    wrapped_key: bytes
    kek_id: str | None


async def facts(connection: Connection, account_id: UUID) -> Facts:
    """The account of a run, with its connection and the encrypted credential."""
    cursor = await connection.execute(
        """
        SELECT a.external_id, a.settings, c.id, c.settings, c.secret, c.key_version, k.wrapped, k.kek_id
        FROM account a JOIN connection c ON c.id = a.connection_id
        JOIN data_key k ON k.msp_id = c.msp_id AND k.version = c.key_version
        WHERE a.id = %s
        """,
        (account_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        message = f"account {account_id} is gone"
        raise LeaseLost(message)
    return Facts(*row)


async def stopped(connection: Connection, account_id: UUID) -> str | None:
    """Why nothing may be sent for the account now: it, or its connection by its root, waits for a person; None: it may."""
    cursor = await connection.execute(
        """
        SELECT coalesce(a.parked_reason, root.parked_reason) FROM account a
        LEFT JOIN account root ON root.connection_id = a.connection_id AND root.is_root
             AND root.parked_class = 'credential_invalid'
        WHERE a.id = %s
        """,
        (account_id,),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def park(
    connection: Connection, account_id: UUID, error_class: str, reason: str, *, whole_connection: bool
) -> list[UUID]:
    """Stops the account until a person acts, or with `whole_connection` all accounts of its connection, by its root.

    Returns the account that was stopped, or nothing when it was already.
    """
    cursor = await connection.execute(
        """
        UPDATE account SET parked_class = %(class)s, parked_reason = %(reason)s, parked_at = now()
        WHERE parked_at IS NULL AND CASE WHEN %(whole)s
              THEN is_root AND connection_id = (SELECT connection_id FROM account WHERE id = %(id)s)
              ELSE id = %(id)s END
        RETURNING id
        """,
        {"class": error_class, "reason": reason, "id": account_id, "whole": whole_connection},
    )
    return [row[0] for row in await cursor.fetchall()]


async def account_settings(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Settings of accounts that are known, locked."""
    cursor = await connection.execute(
        "SELECT id, settings FROM account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", (list(ids),)
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def write_account(
    connection: Connection, run: Run, account_id: UUID, connection_id: UUID, external_id: str, name: str | None,
    settings: Mapping[str, Any], unreachable: str | None,
) -> bool:  # fmt: skip
    """Creates or updates an account a list named; True when anything changed. Its mapping is never touched.

    Whether there is a way to an account that is known already, the whole list decides (`write_reach`).
    One that was parked and whose settings are new, such as its region's host, may be reached again: it is asked once more.
    """
    cursor = await connection.execute(
        """
        INSERT INTO account AS a (id, msp_id, connection_id, vendor, external_id, name, settings, unreachable_reason)
        VALUES (%(id)s, %(msp)s, %(connection)s, %(vendor)s, %(external)s, %(name)s, %(settings)s, %(unreachable)s)
        ON CONFLICT (id) DO UPDATE SET name = coalesce(EXCLUDED.name, a.name), settings = EXCLUDED.settings,
            (parked_class, parked_reason, parked_at) = (
                SELECT a.parked_class, a.parked_reason, a.parked_at
                WHERE a.settings = EXCLUDED.settings OR a.parked_class = 'credential_invalid')
        WHERE (a.name, a.settings) IS DISTINCT FROM (coalesce(EXCLUDED.name, a.name), EXCLUDED.settings)
        """,
        {
            "id": account_id,
            "msp": run.msp_id,
            "connection": connection_id,
            "vendor": run.vendor,
            "external": external_id,
            "name": name,
            "settings": Jsonb(dict(settings), dumps=orjson.dumps),
            "unreachable": unreachable,
        },
    )
    return cursor.rowcount == 1


LISTED_AT_ONCE = 10


async def listed_records(connection: Connection, run: Run) -> AsyncIterator[dict[str, Any]]:
    """What the vendor sent of the records of the run's list that are not deleted, a page's worth at a time."""
    async with connection.cursor(name="listed") as cursor:
        cursor.itersize = LISTED_AT_ONCE
        await cursor.execute(
            "SELECT raw_data FROM entity WHERE account_id = %s AND resource = %s AND deleted_at IS NULL ORDER BY id",
            (run.account_id, run.resource),
        )
        async for row in cursor:
            yield row[0]


async def listed_accounts(connection: Connection, connection_id: UUID) -> list[UUID]:
    """The connection's accounts but for its root, locked."""
    cursor = await connection.execute(
        "SELECT id FROM account WHERE connection_id = %s AND NOT is_root ORDER BY id FOR NO KEY UPDATE",
        (connection_id,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def write_reach(connection: Connection, reach: Mapping[UUID, str | None]) -> list[UUID]:
    """Notes of each account why there is no way to it, None where there is one; returns those of which it is news."""
    cursor = await connection.execute(
        """
        UPDATE account a SET unreachable_reason = n.reason
        FROM unnest(%s::uuid[], %s::text[]) AS n (id, reason)
        WHERE a.id = n.id AND a.unreachable_reason IS DISTINCT FROM n.reason
        RETURNING a.id
        """,
        (list(reach), list(reach.values())),
    )
    return sorted(row[0] for row in await cursor.fetchall())
