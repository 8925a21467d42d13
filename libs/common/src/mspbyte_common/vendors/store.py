"""SQL of the adapters: runs under lease, pages with their records, accounts, certificates of complete listings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import LeaseLost

LEASE_SECONDS = 15.0
"""How long a run belongs to a process that says nothing."""
LISTED_AT_ONCE = 10


@dataclass(frozen=True)
class Run:
    """A claimed run: what to fetch, from where on, and the fence that guards every write."""

    id: UUID
    msp_id: UUID
    job_id: UUID
    account_id: UUID
    vendor: str
    resource: str
    fence: int
    attempts: int
    page_token: dict[str, Any] | None
    pages: int
    traceparent: str
    trigger: str
    mode: str | None
    cursor: dict[str, Any] | None


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


@dataclass(frozen=True)
class Row:
    """A record on its way into `entity`."""

    id: UUID
    external_id: str
    semantic_hash: bytes
    volatile_hash: bytes
    raw: bytes


Resource = tuple[str, str, str, int, int, int | None, str]
"""(name, kind, level, interval, priority, incremental interval, what the vendor asks for it); intervals in seconds."""


async def register(connection: Connection, vendor: str, rows: Sequence[Resource]) -> None:
    """Says which resources this adapter can fetch."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO resource (vendor, name, kind, level, interval_seconds, priority, incremental_seconds, needs)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (vendor, name) DO UPDATE SET kind = EXCLUDED.kind, level = EXCLUDED.level,
                interval_seconds = EXCLUDED.interval_seconds, priority = EXCLUDED.priority,
                incremental_seconds = EXCLUDED.incremental_seconds, needs = EXCLUDED.needs
            WHERE (resource.kind, resource.level, resource.interval_seconds, resource.priority,
                   resource.incremental_seconds, resource.needs)
                  IS DISTINCT FROM (EXCLUDED.kind, EXCLUDED.level, EXCLUDED.interval_seconds, EXCLUDED.priority,
                                    EXCLUDED.incremental_seconds, EXCLUDED.needs)
            """,
            [(vendor, *row) for row in rows],
        )
        await cursor.execute(
            "DELETE FROM resource WHERE vendor = %s AND name <> ALL(%s)", (vendor, [row[0] for row in rows])
        )


async def claim(connection: Connection, run_id: UUID, owner: str) -> Run | None:
    """Takes a queued run that is due; None when another has it, or it is over, or its time has not come."""
    cursor = await connection.execute(
        """
        UPDATE run SET state = 'running', fence = fence + 1, lease_owner = %(owner)s,
               lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
               started_at = coalesce(started_at, clock_timestamp())
        WHERE id = %(id)s AND state = 'queued' AND (not_before IS NULL OR not_before <= clock_timestamp())
        RETURNING id, msp_id, job_id, account_id, vendor, resource, fence, attempts, page_token, pages, traceparent,
                  trigger, mode, cursor
        """,
        {"id": run_id, "owner": owner, "lease": LEASE_SECONDS},
    )
    row = await cursor.fetchone()
    return Run(*row) if row else None


async def facts(connection: Connection, account_id: UUID) -> Facts:
    """The account of a run, with its connection and the encrypted credential."""
    cursor = await connection.execute(
        """
        SELECT a.external_id, a.settings, c.id, c.settings, c.secret, c.key_version, k.wrapped
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


async def renew(connection: Connection, run: Run) -> None:
    """Keeps the lease; LeaseLost when it is another's."""
    await _fenced(connection, run, "lease_until = clock_timestamp() + make_interval(secs => %(lease)s)", {})


async def begin(connection: Connection, run: Run, mode: str, mark: Mapping[str, Any] | None) -> None:
    """Notes how the run reads its list, and the cursor that starts where it begins."""
    await _fenced(
        connection,
        run,
        "mode = %(mode)s, cursor = %(mark)s",
        {"mode": mode, "mark": Jsonb(mark) if mark is not None else None},
    )


async def advance(
    connection: Connection,
    run: Run,
    number: int,
    place: Mapping[str, Any] | None,
    cursor: Mapping[str, Any] | None,
    *,
    records: int,
    changed: int,
    deleted: int,
) -> None:
    """Moves the run past a page, if the run is still ours. Of the cursors its pages give it keeps the first.

    How often it was tried before this page no longer counts.
    """
    await _fenced(
        connection,
        run,
        """pages = %(number)s, records = records + %(records)s, changed = changed + %(changed)s, attempts = 0,
           deleted = deleted + %(deleted)s, page_token = %(place)s, cursor = coalesce(cursor, %(cursor)s),
           lease_until = clock_timestamp() + make_interval(secs => %(lease)s)""",
        {
            "number": number,
            "records": records,
            "changed": changed,
            "deleted": deleted,
            "place": Jsonb(place) if place else None,
            "cursor": Jsonb(cursor) if cursor is not None else None,
        },
    )


async def start_over(connection: Connection, run: Run) -> None:
    """Forgets the run's place and pages and its job's cursor: the run reads the whole list from its start."""
    await _fenced(
        connection,
        run,
        """pages = 0, records = 0, changed = 0, deleted = 0, page_token = NULL, mode = NULL, cursor = NULL,
           restarts = restarts + 1""",
        {},
    )
    await connection.execute("DELETE FROM page WHERE run_id = %s", (run.id,))
    await connection.execute("UPDATE listing SET cursor = NULL WHERE job_id = %s", (run.job_id,))


async def finish(connection: Connection, run: Run, state: str, error: tuple[str, str, str] | None = None) -> None:
    """Ends the run. `error`: (class, message, advice)."""
    error_class, message, advice = error or (None, None, None)
    await _fenced(
        connection,
        run,
        """state = %(state)s, finished_at = clock_timestamp(), lease_until = NULL, lease_owner = NULL,
           error_class = %(class)s, error = %(error)s, advice = %(advice)s""",
        {"state": state, "class": error_class, "error": message, "advice": advice},
    )


async def requeue(
    connection: Connection, run: Run, error: tuple[str, str, str], seconds: float, *, counts: bool
) -> None:
    """Gives the run back, to go on from its last page in so many seconds."""
    error_class, message, advice = error
    await _fenced(
        connection,
        run,
        """state = 'queued', announced_at = NULL, lease_until = NULL, lease_owner = NULL,
           attempts = attempts + %(counts)s, not_before = clock_timestamp() + make_interval(secs => %(seconds)s),
           error_class = %(class)s, error = %(error)s, advice = %(advice)s""",
        {"counts": int(counts), "seconds": seconds, "class": error_class, "error": message, "advice": advice},
    )


async def _fenced(connection: Connection, run: Run, assignments: str, values: Mapping[str, Any]) -> None:
    cursor = await connection.execute(
        f"UPDATE run SET {assignments} WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'",  # noqa: S608
        {**values, "id": run.id, "fence": run.fence, "lease": LEASE_SECONDS},
    )
    if cursor.rowcount != 1:
        message = f"run {run.id} has another owner"
        raise LeaseLost(message)


async def progress(connection: Connection, run: Run) -> tuple[int, int]:
    """(how often the run was tried since its last page or begun anew, its pages); LeaseLost when it is another's."""
    cursor = await connection.execute(
        "SELECT attempts + restarts, pages FROM run WHERE id = %s AND fence = %s AND state = 'running'",
        (run.id, run.fence),
    )
    row = await cursor.fetchone()
    if row is None:
        message = f"run {run.id} has another owner"
        raise LeaseLost(message)
    return int(row[0]), int(row[1])


async def count_failure(connection: Connection, run: Run, error: tuple[str, str, str]) -> int:
    """Notes that the run failed for the vendor's reasons; returns how many of the job did so in a row."""
    error_class, message, advice = error
    cursor = await connection.execute(
        """
        INSERT INTO breaker AS b (job_id, msp_id, account_id, vendor, resource, failures, failing_since, error_class, error,
                                  advice)
        VALUES (%(job)s, %(msp)s, %(account)s, %(vendor)s, %(resource)s, 1, clock_timestamp(), %(class)s, %(error)s,
                %(advice)s)
        ON CONFLICT (job_id) DO UPDATE SET failures = b.failures + 1, error_class = EXCLUDED.error_class,
            error = EXCLUDED.error, advice = EXCLUDED.advice
        RETURNING failures
        """,
        {
            "job": run.job_id,
            "msp": run.msp_id,
            "account": run.account_id,
            "vendor": run.vendor,
            "resource": run.resource,
            "class": error_class,
            "error": message,
            "advice": advice,
        },
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def open_breaker(connection: Connection, run: Run, pause: timedelta) -> bool:
    """Has the job asked again after the pause, and not before; True when its schedule was in force until now."""
    cursor = await connection.execute(
        """
        UPDATE breaker b SET open_since = coalesce(b.open_since, clock_timestamp()),
               next_probe_at = clock_timestamp() + %(pause)s
        FROM breaker before WHERE b.job_id = %(job)s AND before.job_id = b.job_id
        RETURNING before.open_since IS NULL
        """,
        {"job": run.job_id, "pause": pause},
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def close_breaker(connection: Connection, run: Run) -> bool:
    """Forgets the failures of the run's job; True when they had stopped its schedule."""
    cursor = await connection.execute(
        "DELETE FROM breaker WHERE job_id = %s RETURNING open_since IS NOT NULL", (run.job_id,)
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


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


async def write_page(connection: Connection, run: Run, number: int, ids: Sequence[UUID], changed: int) -> None:
    """Notes which records the page carried."""
    await connection.execute(
        "INSERT INTO page (msp_id, run_id, number, entity_ids, changed) VALUES (%s, %s, %s, %s, %s)",
        (run.msp_id, run.id, number, list(ids), changed),
    )


@dataclass(frozen=True)
class Listing:
    """What the last complete runs of a job left behind; ages in seconds, None where there is none yet.

    `complete_age`: since it was read whole. `current_age`: since all its changes were known. `full_seconds`: how old the
    first may grow, where the job says so.
    """

    complete_age: float | None
    current_age: float | None
    cursor: dict[str, Any] | None
    held_ids: list[UUID]
    full_seconds: int | None
    unavailable_age: float | None = None
    """Since it was last asked for and refused; None where it was not."""


async def listing(connection: Connection, run: Run) -> Listing:
    """The certificate of the run's job, locked."""
    cursor = await connection.execute(
        """
        SELECT extract(epoch FROM clock_timestamp() - complete_at)::float8,
               extract(epoch FROM clock_timestamp() - current_at)::float8, cursor, held_ids,
               extract(epoch FROM clock_timestamp() - unavailable_at)::float8
        FROM listing WHERE job_id = %s FOR UPDATE
        """,
        (run.job_id,),
    )
    row: tuple[Any, ...] = await cursor.fetchone() or (None, None, None, [], None)
    cursor = await connection.execute("SELECT full_seconds FROM job WHERE id = %s", (run.job_id,))
    job = await cursor.fetchone()
    return Listing(row[0], row[1], row[2], row[3], job[0] if job else None, row[4])


async def missing(connection: Connection, run: Run) -> tuple[list[UUID], int, int]:
    """(records no page of this run carried, records carried, records stored before)."""
    cursor = await connection.execute(
        """
        WITH seen AS MATERIALIZED (
            SELECT DISTINCT unnest(entity_ids) AS id FROM page WHERE run_id = %(run)s),
        stored AS MATERIALIZED (
            SELECT id FROM entity
            WHERE account_id = %(account)s AND resource = %(resource)s AND deleted_at IS NULL)
        SELECT coalesce((SELECT array_agg(stored.id) FROM stored LEFT JOIN seen USING (id) WHERE seen.id IS NULL), '{}'),
               (SELECT count(*) FROM seen), (SELECT count(*) FROM stored)
        """,
        {"run": run.id, "account": run.account_id, "resource": run.resource},
    )
    row = await cursor.fetchone()
    if row is None:
        return [], 0, 0
    return row[0], row[1], row[2]


async def tombstone(connection: Connection, ids: Sequence[UUID]) -> None:
    """Marks records as gone."""
    await connection.execute(
        "UPDATE entity SET deleted_at = now(), changed_at = now() WHERE id = ANY(%s) AND deleted_at IS NULL",
        (list(ids),),
    )


async def certify(connection: Connection, run: Run, records: int, held: Sequence[UUID]) -> None:
    """Notes that the resource was read whole, and from where the next run may go on."""
    await connection.execute(
        """
        INSERT INTO listing (job_id, msp_id, account_id, vendor, resource, complete_at, current_at, complete_run_id,
                             records, held_ids, cursor)
        SELECT job_id, msp_id, account_id, vendor, resource, clock_timestamp(), clock_timestamp(), id,
               %(records)s, %(held)s, cursor
        FROM run WHERE id = %(run)s
        ON CONFLICT (job_id) DO UPDATE SET complete_at = EXCLUDED.complete_at, current_at = EXCLUDED.current_at,
            held_ids = EXCLUDED.held_ids, complete_run_id = EXCLUDED.complete_run_id, records = EXCLUDED.records,
            cursor = EXCLUDED.cursor, unavailable_reason = NULL, unavailable_since = NULL,
            unavailable_at = NULL
        """,
        {"run": run.id, "records": records, "held": list(held)},
    )


async def move_cursor(connection: Connection, run: Run) -> None:
    """Notes that all changes are known up to now, and from where the next run may go on."""
    await connection.execute(
        """
        UPDATE listing SET cursor = run.cursor, current_at = clock_timestamp(), unavailable_reason = NULL,
            unavailable_since = NULL, unavailable_at = NULL
        FROM run WHERE run.id = %s AND listing.job_id = run.job_id
        """,
        (run.id,),
    )


async def count_deleted(connection: Connection, run: Run, deleted: int, held: int) -> None:
    """Notes on the run how many records it ended, and how many it holds back."""
    await _fenced(connection, run, "deleted = %(deleted)s, held = %(held)s", {"deleted": deleted, "held": held})


async def unavailable(connection: Connection, run: Run, reason: str) -> bool:
    """Notes why the account has no such resource; True when that is news."""
    cursor = await connection.execute(
        """
        WITH before AS MATERIALIZED (
            SELECT unavailable_reason FROM listing WHERE job_id = %(job)s FOR UPDATE
        ), written AS (
            INSERT INTO listing AS l (job_id, msp_id, account_id, vendor, resource, unavailable_reason, unavailable_since,
                                      unavailable_at)
            VALUES (%(job)s, %(msp)s, %(account)s, %(vendor)s, %(resource)s, %(reason)s, clock_timestamp(),
                    clock_timestamp())
            ON CONFLICT (job_id) DO UPDATE SET unavailable_reason = EXCLUDED.unavailable_reason,
                unavailable_since = coalesce(l.unavailable_since, EXCLUDED.unavailable_since),
                unavailable_at = EXCLUDED.unavailable_at)
        SELECT (SELECT unavailable_reason FROM before) IS DISTINCT FROM %(reason)s
        """,
        {
            "job": run.job_id,
            "msp": run.msp_id,
            "account": run.account_id,
            "vendor": run.vendor,
            "resource": run.resource,
            "reason": reason,
        },
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def freshness_changes(connection: Connection, msp_id: UUID) -> None:
    """Waits for the evaluations under way: none of them may miss that a listing becomes complete."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('freshness:' || %s::text, 0))", (str(msp_id),)
    )


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
