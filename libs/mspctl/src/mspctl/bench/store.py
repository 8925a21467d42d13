"""SQL of the measurements, as the schema's owner: work for adapters, without the scheduler's pace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

RunMessage = tuple[UUID, UUID, str, str, str]
"""What `Announcer.run` takes: run, msp, vendor, resource, traceparent."""

Connection = psycopg.AsyncConnection[Any]


async def connect(url: str) -> Connection:
    """A connection of the schema's owner, each statement its own transaction."""
    return await psycopg.AsyncConnection.connect(url, autocommit=True)


async def add_accounts(connection: Connection, vendor: str, number: int) -> None:
    """More accounts beside a connection's root, read as it is: several runs of one list at a time."""
    await connection.execute(
        """
        INSERT INTO account (id, msp_id, connection_id, vendor, external_id, name, is_root, is_tenant)
        SELECT gen_random_uuid(), msp_id, connection_id, vendor, external_id || '/' || n, name || ' ' || n, false, true
        FROM account, generate_series(2, %s) AS n WHERE vendor = %s AND is_root
        """,
        (number, vendor),
    )


async def accounts(connection: Connection, vendor: str, *, root: bool) -> list[tuple[UUID, str]]:
    """(id, external id) of the vendor's accounts that can be read."""
    cursor = await connection.execute(
        """
        SELECT id, external_id FROM account
        WHERE vendor = %s AND (is_root OR NOT %s) AND unreachable_reason IS NULL AND parked_at IS NULL ORDER BY id
        """,
        (vendor, root),
    )
    return list(await cursor.fetchall())


async def add_jobs(connection: Connection, account_ids: Sequence[UUID], resources: Sequence[str]) -> None:
    """A job for each of the lists of each account."""
    await connection.execute(
        """
        INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
        SELECT gen_random_uuid(), a.msp_id, a.id, a.vendor, r, 'every 86400s', 5, 'infinity'
        FROM account a, unnest(%s::text[]) AS r WHERE a.id = ANY(%s)
        """,
        (list(resources), list(account_ids)),
    )


async def new_runs(connection: Connection, traceparent: str) -> list[RunMessage]:
    """A run for each job that has none open."""
    cursor = await connection.execute(
        """
        INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, traceparent,
                         announced_at)
        SELECT gen_random_uuid(), msp_id, id, account_id, vendor, resource, clock_timestamp(), 'manual', 'queued', %s,
               clock_timestamp()
        FROM job j WHERE NOT EXISTS (SELECT FROM run r WHERE r.job_id = j.id AND r.state IN ('queued', 'running'))
        RETURNING id, msp_id, vendor, resource, traceparent
        """,
        (traceparent,),
    )
    return list(await cursor.fetchall())


async def runs_again(connection: Connection) -> list[RunMessage]:
    """Runs that were given back and whose time has come."""
    cursor = await connection.execute(
        """
        UPDATE run SET announced_at = clock_timestamp()
        WHERE state = 'queued' AND announced_at IS NULL AND coalesce(not_before <= clock_timestamp(), true)
        RETURNING id, msp_id, vendor, resource, traceparent
        """
    )
    return list(await cursor.fetchall())


async def end_jobs(connection: Connection) -> None:
    """No further runs."""
    await connection.execute("DELETE FROM page")
    await connection.execute("DELETE FROM run")
    await connection.execute("DELETE FROM job")


async def failures(connection: Connection) -> list[tuple[str, str]]:
    """(class, message) of what went wrong in runs, the vendor's refusals and our own waits apart."""
    cursor = await connection.execute(
        """
        SELECT DISTINCT error_class, error FROM run
        WHERE error_class IS NOT NULL AND error_class NOT LIKE 'throttled%%'
          AND error_class NOT IN ('out_of_budget', 'held_back')
        """
    )
    return list(await cursor.fetchall())
