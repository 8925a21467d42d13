"""SQL of the measurements, as the schema's owner: work for adapters, without the scheduler's pace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg import sql

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


async def count_statements(connection: Connection) -> None:
    """Has the server count statements from now on; it was started with pg_stat_statements."""
    await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


async def statements(connection: Connection) -> list[tuple[str, int]]:
    """(role, statements so far), those that begin and end transactions among them."""
    cursor = await connection.execute(
        """
        SELECT r.rolname, sum(s.calls)::bigint FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
        WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY r.rolname
        """
    )
    return list(await cursor.fetchall())


async def totals(connection: Connection) -> dict[str, float]:
    """The database's own counters, and the bytes of its log."""
    cursor = await connection.execute(
        """
        SELECT d.xact_commit, d.xact_rollback, d.blks_read, d.blks_hit, d.tup_inserted, d.tup_updated, d.tup_deleted,
               d.temp_bytes, d.deadlocks, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint
        FROM pg_stat_database d WHERE d.datname = current_database()
        """
    )
    [row] = await cursor.fetchall()
    names = "commits rollbacks blocks_read blocks_hit inserted updated deleted temp_bytes deadlocks wal_bytes"
    return dict(zip(names.split(), (float(value) for value in row), strict=True))


async def create_database(connection: Connection, name: str) -> None:
    """An empty database for a baseline, on the same server; what was in it before is gone."""
    await connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


async def job_of(connection: Connection, vendor: str, account: str, resource: str) -> UUID:
    """The job of an account, by the vendor's id, and a list of it."""
    cursor = await connection.execute(
        """
        SELECT j.id FROM job j JOIN account a ON a.id = j.account_id
        WHERE a.vendor = %s AND a.external_id = %s AND j.resource = %s
        """,
        (vendor, account, resource),
    )
    [(job,)] = await cursor.fetchall()
    return cast("UUID", job)


async def rest(connection: Connection) -> None:
    """Nothing runs on its schedule any more; what is asked for still does."""
    await connection.execute("UPDATE job SET next_fire_at = clock_timestamp() + interval '10 years'")


async def ask(connection: Connection, job: UUID, *, full: bool) -> datetime:
    """Has the scheduler run the job next, in full or as it does by itself; the moment of the wish."""
    column = "manual_at" if full else "next_fire_at"
    cursor = await connection.execute(
        sql.SQL("UPDATE job SET {} = clock_timestamp() WHERE id = %s RETURNING clock_timestamp()").format(
            sql.Identifier(column)
        ),
        (job,),
    )
    [(moment,)] = await cursor.fetchall()
    return cast("datetime", moment)


async def run_over(connection: Connection, job: UUID, since: datetime) -> bool:
    """Whether the job had a run since then that has ended."""
    cursor = await connection.execute(
        """
        SELECT EXISTS (SELECT FROM run WHERE job_id = %s AND created_at >= %s AND state NOT IN ('queued', 'running'))
        """,
        (job, since),
    )
    [(over,)] = await cursor.fetchall()
    return bool(over)


async def run_since(connection: Connection, job: UUID, since: datetime) -> tuple[str, int]:
    """(state, records) of the job's one run since then."""
    cursor = await connection.execute(
        "SELECT state, records FROM run WHERE job_id = %s AND created_at >= %s", (job, since)
    )
    [(state, records)] = await cursor.fetchall()
    return state, records


async def left_to_do(connection: Connection) -> int:
    """Runs and pieces of work that are open, and checks that look again within moments."""
    cursor = await connection.execute(
        """
        SELECT (SELECT count(*) FROM run WHERE state IN ('queued', 'running')) + (SELECT count(*) FROM work)
             + (SELECT count(*) FROM recheck WHERE due_at <= clock_timestamp() + interval '10 seconds')
        """
    )
    [(number,)] = await cursor.fetchall()
    return int(number)


async def dead_letters(connection: Connection) -> int:
    """What failed for good."""
    cursor = await connection.execute("SELECT count(*) FROM dead_letter")
    [(number,)] = await cursor.fetchall()
    return int(number)


async def has_finding(connection: Connection, check: str, external_id: str) -> bool:
    """Whether the record with the vendor's id has an open finding of the check."""
    cursor = await connection.execute(
        """
        SELECT EXISTS (SELECT FROM entity e JOIN finding f ON f.subject_id = e.id
                       WHERE e.external_id = %s AND f.check_name = %s AND f.state IN ('open', 'regressed'))
        """,
        (external_id, check),
    )
    [(found,)] = await cursor.fetchall()
    return bool(found)


async def some_of(connection: Connection, account: str, number: int) -> list[dict[str, Any]]:
    """So many of an account's users, as the vendor sent them, in an order that has nothing to do with the listing's."""
    cursor = await connection.execute(
        """
        SELECT e.raw_data FROM entity e JOIN account a ON a.id = e.account_id
        WHERE a.external_id = %s AND e.resource = 'users' AND e.external_id IS NOT NULL ORDER BY e.id LIMIT %s
        """,
        (account, number),
    )
    return [row[0] for row in await cursor.fetchall()]


async def add_resting_jobs(connection: Connection, number: int, lists: int) -> None:
    """So many accounts with so many jobs each, none of which is due."""
    await connection.execute("INSERT INTO msp (id, name) VALUES (gen_random_uuid(), 'claim')")
    await connection.execute(
        """
        INSERT INTO connection (id, msp_id, vendor, name, secret, key_version)
        SELECT gen_random_uuid(), id, 'm365', 'claim', '', 1 FROM msp
        """
    )
    await connection.execute(
        """
        INSERT INTO account (id, msp_id, connection_id, vendor, external_id, is_tenant)
        SELECT gen_random_uuid(), msp_id, id, vendor, n::text, true FROM connection, generate_series(1, %s) AS n
        """,
        (number,),
    )
    await connection.execute(
        """
        INSERT INTO resource (vendor, name, kind, level, interval_seconds, priority)
        SELECT 'm365', 'list' || n, 'identity', 'tenant', 86400, 5 FROM generate_series(1, %s) AS n
        """,
        (lists,),
    )
    await connection.execute(
        """
        INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
        SELECT gen_random_uuid(), a.msp_id, a.id, a.vendor, r.name, 'every 86400s', 5,
               clock_timestamp() + interval '10 years'
        FROM account a JOIN resource r USING (vendor)
        """
    )
    await connection.execute("ANALYZE")


async def make_due(connection: Connection) -> None:
    """All jobs are due now."""
    await connection.execute("UPDATE job SET next_fire_at = clock_timestamp()")


async def none_due(connection: Connection) -> bool:
    """Whether no job is due any more."""
    cursor = await connection.execute(
        "SELECT NOT EXISTS (SELECT FROM job WHERE enabled AND NOT paused AND next_fire_at <= clock_timestamp())"
    )
    [(found,)] = await cursor.fetchall()
    return bool(found)


async def end_runs(connection: Connection) -> None:
    """No run is open, so that each job may have another."""
    await connection.execute("DELETE FROM run")


async def like_those_found(connection: Connection, account: str, check: str, number: int) -> list[dict[str, Any]]:
    """So many enabled users of an account, as the vendor sent them, with a licence of somebody the check found."""
    cursor = await connection.execute(
        """
        WITH licence AS (SELECT DISTINCT r.target_id AS id FROM finding f
                         JOIN entity_relationship r ON r.source_id = f.subject_id AND r.relation = 'licensed_with'
                         WHERE f.check_name = %(check)s AND r.valid_to IS NULL AND f.state = 'open')
        SELECT e.raw_data FROM entity e JOIN account a ON a.id = e.account_id
        WHERE a.external_id = %(account)s AND e.resource = 'users' AND (e.raw_data ->> 'accountEnabled')::boolean
          AND EXISTS (SELECT FROM entity_relationship r JOIN licence ON licence.id = r.target_id
                      WHERE r.source_id = e.id AND r.valid_to IS NULL)
        ORDER BY e.id LIMIT %(number)s
        """,
        {"account": account, "check": check, "number": number},
    )
    return [row[0] for row in await cursor.fetchall()]
