"""SQL of jobs: which there should be, which are due, and the rows of their instants. It sees every msp."""

# ruff: noqa: S608 - what is put together are constants of this file

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.schedule import CatchUp, Overlap

ROW_INSTANTS = 200
"""The most instants one row of those that did not run holds: it is written anew with each that joins it."""


@dataclass(frozen=True)
class Wanted:
    """An account and a resource that have no job yet."""

    msp_id: UUID
    account_id: UUID
    vendor: str
    resource: str
    interval_seconds: int
    priority: int


@dataclass(frozen=True)
class Due:
    """A job to be looked at, locked. `busy`: a run of it is open; `waiting`: so many wait for that; `first`: it never had one.

    `rests`: why it is not run on its schedule, None while it is; `failures` in a row made it so, and `probe_at` is when
    it is asked next. `backfill_from`, `backfill_to`: the instants a person wants made up for.
    """

    id: UUID
    msp_id: UUID
    account_id: UUID
    vendor: str
    resource: str
    schedule: str
    time_zone: str
    overlap: Overlap
    catch_up: CatchUp
    next_fire_at: datetime
    manual: bool
    backfill_from: datetime | None
    backfill_to: datetime | None
    busy: bool
    waiting: int
    first: bool
    rests: str | None
    failures: int
    probe_at: datetime | None


@dataclass(frozen=True)
class Unrun:
    """A row of instants that did not run."""

    run_id: UUID
    instants: list[datetime]


@dataclass(frozen=True)
class NewRun:
    """A row to be written of a job's instants: the first is its fire time."""

    id: UUID
    job_id: UUID
    instants: Sequence[datetime]
    trigger: str
    state: str
    why: str | None
    traceparent: str


@dataclass(frozen=True)
class Joining:
    """Instants of a job that may share its last row; `rows` are theirs where they do not."""

    job_id: UUID
    instants: Sequence[datetime]
    state: str
    why: str
    rows: Sequence[NewRun]


async def database_now(connection: Connection) -> datetime:
    """The one clock of the schedule."""
    cursor = await connection.execute("SELECT clock_timestamp()")
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    now: datetime = row[0]
    return now


async def wanted_jobs(connection: Connection) -> list[Wanted]:
    """Reachable accounts and resources of theirs without a job."""
    cursor = await connection.execute(
        """
        SELECT a.msp_id, a.id, a.vendor, r.name, coalesce(r.incremental_seconds, r.interval_seconds), r.priority
        FROM account a JOIN resource r ON r.vendor = a.vendor
             AND (r.level = 'root' AND a.is_root OR r.level = 'tenant' AND a.is_tenant)
        WHERE a.state <> 'excluded' AND a.unreachable_reason IS NULL
          AND NOT EXISTS (SELECT 1 FROM job j WHERE j.account_id = a.id AND j.resource = r.name)
          AND NOT EXISTS (SELECT 1 FROM msp m WHERE m.id = a.msp_id AND m.removed_at IS NOT NULL)
        ORDER BY r.priority LIMIT 1000
        """
    )
    return [Wanted(*row) for row in await cursor.fetchall()]


async def insert_job(connection: Connection, job_id: UUID, wanted: Wanted, schedule: str, first: datetime) -> None:
    """A new job, due at `first`."""
    await connection.execute(
        """
        INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (
            job_id,
            wanted.msp_id,
            wanted.account_id,
            wanted.vendor,
            wanted.resource,
            schedule,
            wanted.priority,
            first,
        ),
    )


async def enable_jobs(connection: Connection) -> int:
    """Jobs follow their account: disabled while it is excluded, unreachable, or its resource is no longer declared.

    One that is enabled again is due at once, where it has an interval: its instants have passed it by.
    """
    cursor = await connection.execute(
        """
        UPDATE job j SET enabled = NOT j.enabled,
               next_fire_at = CASE WHEN j.enabled OR j.schedule NOT LIKE 'every %%' THEN j.next_fire_at
                                   ELSE least(j.next_fire_at, clock_timestamp()) END
        FROM account a
        WHERE a.id = j.account_id AND j.enabled IS DISTINCT FROM (
            a.state <> 'excluded' AND a.unreachable_reason IS NULL
            AND EXISTS (SELECT 1 FROM resource r WHERE r.vendor = j.vendor AND r.name = j.resource))
        """,
        (),
    )
    return cursor.rowcount


OPEN = "EXISTS (SELECT 1 FROM run r WHERE r.job_id = j.id AND r.state IN ('queued', 'running'))"
STOPPED = """
    a.parked_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM account root WHERE root.connection_id = a.connection_id AND root.is_root
               AND root.parked_class = 'credential_invalid')
"""
RESTS = f"""
    CASE WHEN a.state = 'excluded' THEN 'the account is excluded'
         WHEN a.unreachable_reason IS NOT NULL THEN 'the account cannot be reached: ' || a.unreachable_reason
         WHEN NOT j.enabled THEN 'no adapter reads this list'
         WHEN j.paused THEN 'the job is paused' || coalesce(': ' || j.paused_reason, '')
         WHEN a.parked_at IS NOT NULL THEN 'the account is stopped: ' || a.parked_class
         WHEN {STOPPED} THEN 'the connection is stopped: credential_invalid'
         WHEN b.open_since IS NOT NULL THEN 'the vendor fails: ' || b.error_class || ' since '
              || to_char(b.failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
    END
"""
JOB = """
    job j JOIN account a ON a.id = j.account_id
    LEFT JOIN breaker b ON b.job_id = j.id AND b.open_since IS NOT NULL
"""


async def claim_jobs(connection: Connection, limit: int) -> list[UUID]:
    """Jobs with something to decide, locked: a person's first, then by priority. Another replica takes others.

    An instant that has come is decided whatever the job's standing; a wish and a probe when they can be carried out.
    """
    cursor = await connection.execute(
        f"""
        SELECT j.id FROM job j WHERE j.id IN (
            SELECT id FROM job WHERE next_fire_at <= clock_timestamp()
            UNION ALL
            SELECT j.id FROM job j JOIN account a ON a.id = j.account_id
            WHERE (j.manual_at IS NOT NULL AND j.enabled AND NOT ({STOPPED}) AND NOT {OPEN})
               OR j.backfill_from IS NOT NULL
            UNION ALL
            SELECT j.id FROM {JOB}
            WHERE b.next_probe_at <= clock_timestamp() AND j.enabled AND NOT j.paused AND NOT ({STOPPED}) AND NOT {OPEN})
          AND NOT EXISTS (SELECT 1 FROM msp m WHERE m.id = j.msp_id AND m.removed_at IS NOT NULL)
        ORDER BY (j.manual_at IS NULL), j.priority, j.next_fire_at
        LIMIT %s FOR UPDATE OF j SKIP LOCKED
        """,
        (limit,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def due(connection: Connection, jobs: Sequence[UUID]) -> list[Due]:
    """Locked jobs as they stand now: read after the lock, so that what another replica did before is seen."""
    cursor = await connection.execute(
        f"""
        SELECT j.id, j.msp_id, j.account_id, j.vendor, j.resource, j.schedule, j.time_zone, j.overlap, j.catch_up,
               j.next_fire_at, j.manual_at IS NOT NULL AND j.enabled AND NOT ({STOPPED}), j.backfill_from, j.backfill_to,
               {OPEN}, (SELECT count(*) FROM run r WHERE r.job_id = j.id AND r.state = 'waiting'),
               NOT EXISTS (SELECT 1 FROM run r WHERE r.job_id = j.id),
               {RESTS}, coalesce(b.failures, 0),
               CASE WHEN j.enabled AND NOT j.paused AND NOT ({STOPPED}) THEN b.next_probe_at END
        FROM {JOB}
        WHERE j.id = ANY(%s) ORDER BY (j.manual_at IS NULL), j.priority, j.next_fire_at
        """,
        (list(jobs),),
    )
    return [Due(*row) for row in await cursor.fetchall()]


async def insert_runs(connection: Connection, rows: Sequence[NewRun]) -> None:
    """Rows of jobs' instants; a fire time that has one keeps it."""
    await connection.execute(
        """
        INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, further_fire_times, trigger, state,
                         error, traceparent, finished_at)
        SELECT new.id, j.msp_id, j.id, j.account_id, j.vendor, j.resource, new.fire_time, new.further::timestamptz[],
               new.trigger, new.state, new.error, new.traceparent,
               CASE WHEN new.state IN ('skipped', 'missed') THEN clock_timestamp() END
        FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
             AS new (id, job_id, fire_time, further, trigger, state, error, traceparent)
        JOIN job j ON j.id = new.job_id
        ON CONFLICT (job_id, fire_time) DO NOTHING
        """,
        (
            [row.id for row in rows],
            [row.job_id for row in rows],
            [row.instants[0] for row in rows],
            [_array(row.instants[1:]) for row in rows],
            [row.trigger for row in rows],
            [row.state for row in rows],
            [row.why for row in rows],
            [row.traceparent for row in rows],
        ),
    )


async def join_last(connection: Connection, joins: Sequence[Joining]) -> set[UUID]:
    """Adds instants to their job's last row, if that has the same fate and room for them; returns the jobs where it had."""
    cursor = await connection.execute(
        """
        UPDATE run SET further_fire_times = run.further_fire_times || more.instants::timestamptz[],
               finished_at = clock_timestamp()
        FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS more (job_id, instants, state, why)
        WHERE run.id = (SELECT last.id FROM run last WHERE last.job_id = more.job_id ORDER BY last.fire_time DESC LIMIT 1)
          AND run.state = more.state AND run.error = more.why AND run.started_at IS NULL
          AND cardinality(run.further_fire_times) + cardinality(more.instants::timestamptz[]) < %s
        RETURNING run.job_id
        """,
        (
            [join.job_id for join in joins],
            [_array(join.instants) for join in joins],
            [join.state for join in joins],
            [join.why for join in joins],
            ROW_INSTANTS,
        ),
    )
    return {job_id for (job_id,) in await cursor.fetchall()}


def _array(instants: Sequence[datetime]) -> str:
    """As PostgreSQL writes an array: several of different lengths cannot be one parameter."""
    return f"{{{','.join(instant.isoformat() for instant in instants)}}}"


async def unrun(connection: Connection, job_id: UUID, first: datetime, last: datetime) -> list[Unrun]:
    """The job's rows of instants that did not run, of which some may lie between the two."""
    cursor = await connection.execute(
        """
        SELECT id, fire_time || further_fire_times FROM run
        WHERE job_id = %(job)s AND state IN ('skipped', 'missed') AND started_at IS NULL AND fire_time <= %(last)s
          AND coalesce(further_fire_times[cardinality(further_fire_times)], fire_time) >= %(first)s
        ORDER BY fire_time
        """,
        {"job": job_id, "first": first, "last": last},
    )
    return [Unrun(*row) for row in await cursor.fetchall()]


async def keep_instants(connection: Connection, run_id: UUID, instants: Sequence[datetime]) -> None:
    """Leaves a row of instants that did not run with these; with none it goes."""
    if instants:
        await connection.execute(
            "UPDATE run SET fire_time = %s, further_fire_times = %s WHERE id = %s",
            (instants[0], list(instants[1:]), run_id),
        )
    else:
        await connection.execute("DELETE FROM run WHERE id = %s", (run_id,))


async def move_jobs(connection: Connection, moved: Mapping[UUID, datetime]) -> None:
    """Sets when each job fires next."""
    await connection.execute(
        """
        UPDATE job SET next_fire_at = moved.at FROM unnest(%s::uuid[], %s::timestamptz[]) AS moved (id, at)
        WHERE job.id = moved.id
        """,
        (list(moved), list(moved.values())),
    )


async def forget_wishes(connection: Connection, jobs: Sequence[UUID]) -> None:
    """What a person wished of these is fulfilled: the run now."""
    await connection.execute("UPDATE job SET manual_at = NULL WHERE id = ANY(%s)", (list(jobs),))


async def forget_backfill(connection: Connection, job_id: UUID) -> None:
    """What a person wished is fulfilled: the instants made up for."""
    await connection.execute("UPDATE job SET backfill_from = NULL, backfill_to = NULL WHERE id = %s", (job_id,))


async def move_probes(connection: Connection, pauses: Mapping[UUID, timedelta]) -> None:
    """These jobs are asked now; if nobody tells how that went, each is asked again after its pause."""
    await connection.execute(
        """
        UPDATE breaker SET next_probe_at = clock_timestamp() + asked.pause
        FROM unnest(%s::uuid[], %s::interval[]) AS asked (job_id, pause) WHERE breaker.job_id = asked.job_id
        """,
        (list(pauses), list(pauses.values())),
    )


async def claim_waiting(connection: Connection, limit: int) -> list[UUID]:
    """Jobs with instants that wait, that may run and have no open run; locked."""
    cursor = await connection.execute(
        f"""
        SELECT j.id FROM {JOB}
        WHERE j.id IN (SELECT job_id FROM run WHERE state = 'waiting') AND NOT {OPEN} AND ({RESTS}) IS NULL
          AND NOT EXISTS (SELECT 1 FROM msp m WHERE m.id = j.msp_id AND m.removed_at IS NOT NULL)
        LIMIT %s FOR UPDATE OF j SKIP LOCKED
        """,
        (limit,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def queue_waiting(connection: Connection, jobs: Sequence[UUID]) -> int:
    """Of each of these locked jobs the earliest instant that waits becomes an open run, unless there is one by now."""
    cursor = await connection.execute(
        f"""
        UPDATE run SET state = 'queued' WHERE id IN (
            SELECT DISTINCT ON (w.job_id) w.id FROM run w JOIN job j ON j.id = w.job_id
            WHERE w.state = 'waiting' AND w.job_id = ANY(%s) AND NOT {OPEN} ORDER BY w.job_id, w.fire_time)
        """,
        (list(jobs),),
    )
    return cursor.rowcount
