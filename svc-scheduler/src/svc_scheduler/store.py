"""SQL of the scheduler: job, run, and the sweeps over work and recheck. It sees every msp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.effects.effect import Kind
from mspbyte_common.ledger.store import WINDOW, Announcement

RUN_ATTEMPTS = 6
"""How often a run may lose its process before it fails."""
LOST_SECONDS = 5.0
"""Announced this long ago, and not in the broker's hands: it was lost on the way."""

RunAnnouncement = tuple[UUID, UUID, str, str, str]
"""(run, msp, vendor, resource, traceparent)"""


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
    """A job whose time has come, locked. `busy`: a run of it is still open; `first`: it never had one.

    `rests`: why it is not run on its schedule, None while it is; `failures` in a row made it so, and `probe_at` is when
    it is asked next.
    """

    id: UUID
    msp_id: UUID
    account_id: UUID
    vendor: str
    resource: str
    schedule: str
    next_fire_at: datetime
    manual: bool
    busy: bool
    first: bool
    rests: str | None = None
    failures: int = 0
    probe_at: datetime | None = None


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
    """Jobs follow their account: disabled while it is excluded, unreachable, or its resource is no longer declared."""
    cursor = await connection.execute(
        """
        UPDATE job j SET enabled = NOT j.enabled
        FROM account a
        WHERE a.id = j.account_id AND j.enabled IS DISTINCT FROM (
            a.state <> 'excluded' AND a.unreachable_reason IS NULL
            AND EXISTS (SELECT 1 FROM resource r WHERE r.vendor = j.vendor AND r.name = j.resource))
        """
    )
    return cursor.rowcount


async def claim_due_jobs(connection: Connection, limit: int) -> list[Due]:
    """Jobs to run, to probe or to skip, locked: a person's first, then by priority. None of an account that is parked."""
    cursor = await connection.execute(
        """
        SELECT j.id, j.msp_id, j.account_id, j.vendor, j.resource, j.schedule, j.next_fire_at,
               j.manual_at IS NOT NULL,
               EXISTS (SELECT 1 FROM run r WHERE r.job_id = j.id AND r.state IN ('queued', 'running')),
               NOT EXISTS (SELECT 1 FROM run r WHERE r.job_id = j.id),
               b.error_class || ' since ' || to_char(b.failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC',
               coalesce(b.failures, 0), b.next_probe_at
        FROM job j JOIN account a ON a.id = j.account_id
        LEFT JOIN breaker b ON b.job_id = j.id AND b.open_since IS NOT NULL
        WHERE j.enabled
          AND (NOT j.paused AND j.next_fire_at <= clock_timestamp()
               OR NOT j.paused AND b.next_probe_at <= clock_timestamp()
                  AND NOT EXISTS (SELECT 1 FROM run r WHERE r.job_id = j.id AND r.state IN ('queued', 'running'))
               OR j.manual_at IS NOT NULL)
          AND a.parked_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM msp m WHERE m.id = j.msp_id AND m.removed_at IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM account root WHERE root.connection_id = a.connection_id AND root.is_root
                          AND root.parked_class = 'credential_invalid')
          AND NOT (j.manual_at IS NOT NULL AND EXISTS
                   (SELECT 1 FROM run r WHERE r.job_id = j.id AND r.state IN ('queued', 'running')))
        ORDER BY (j.manual_at IS NULL), j.priority, j.next_fire_at
        LIMIT %s FOR UPDATE OF j SKIP LOCKED
        """,
        (limit,),
    )
    return [Due(*row) for row in await cursor.fetchall()]


async def insert_run(
    connection: Connection, run_id: UUID, due: Due, fire_time: datetime, trigger: str, state: str, why: str | None, trace: str
) -> None:  # fmt: skip
    """A run of a fire time; the one that exists already stays as it is."""
    await connection.execute(
        """
        INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, error, traceparent,
                         announced_at, finished_at)
        VALUES (%(id)s, %(msp)s, %(job)s, %(account)s, %(vendor)s, %(resource)s, %(fire)s, %(trigger)s, %(state)s, %(why)s,
                %(trace)s, CASE WHEN %(state)s = 'queued' THEN clock_timestamp() END,
                CASE WHEN %(state)s <> 'queued' THEN clock_timestamp() END)
        ON CONFLICT (job_id, fire_time) DO NOTHING
        """,
        {
            "id": run_id,
            "msp": due.msp_id,
            "job": due.id,
            "account": due.account_id,
            "vendor": due.vendor,
            "resource": due.resource,
            "fire": fire_time,
            "trigger": trigger,
            "state": state,
            "why": why,
            "trace": trace,
        },
    )


async def move_job(connection: Connection, job_id: UUID, next_fire_at: datetime) -> None:
    """Sets when the job fires next; a person's wish is fulfilled."""
    await connection.execute("UPDATE job SET next_fire_at = %s, manual_at = NULL WHERE id = %s", (next_fire_at, job_id))


async def move_probe(connection: Connection, job_id: UUID, pause: timedelta) -> None:
    """The job is asked now; if nobody tells how that went, it is asked again after the pause."""
    await connection.execute(
        "UPDATE breaker SET next_probe_at = clock_timestamp() + %s WHERE job_id = %s", (pause, job_id)
    )


async def recover_runs(connection: Connection) -> int:
    """Runs whose lease ran out go back into the queue, the attempt counted; past their attempts they fail."""
    cursor = await connection.execute(
        """
        UPDATE run SET attempts = attempts + 1, fence = fence + 1, lease_owner = NULL, lease_until = NULL,
               announced_at = NULL, not_before = NULL,
               state = CASE WHEN attempts + 1 < %(most)s THEN 'queued' ELSE 'failed' END,
               finished_at = CASE WHEN attempts + 1 < %(most)s THEN NULL ELSE clock_timestamp() END,
               error_class = 'process_lost', error = 'the process that fetched it stopped without a word',
               advice = 'Look at the adapter''s log around this time.'
        WHERE id IN (SELECT id FROM run WHERE state = 'running' AND lease_until < clock_timestamp()
                     FOR UPDATE SKIP LOCKED)
        """,
        {"most": RUN_ATTEMPTS},
    )
    return cursor.rowcount


async def unannounced_runs(connection: Connection, lost: Mapping[str, bool]) -> list[RunAnnouncement]:
    """Queued runs that are due and were not announced, or whose announcement was lost (`lost` by vendor)."""
    cursor = await connection.execute(
        """
        UPDATE run SET announced_at = clock_timestamp()
        WHERE id IN (SELECT id FROM run WHERE state = 'queued'
                     AND (not_before IS NULL OR not_before <= clock_timestamp())
                     AND (announced_at IS NULL OR vendor = ANY(%s)
                          AND announced_at < clock_timestamp() - make_interval(secs => %s))
                     ORDER BY fire_time LIMIT 1000 FOR UPDATE SKIP LOCKED)
        RETURNING id, msp_id, vendor, resource, traceparent
        """,
        ([vendor for vendor, is_lost in lost.items() if is_lost], LOST_SECONDS),
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await cursor.fetchall()]


async def announced_runs(connection: Connection) -> dict[str, int]:
    """By vendor: runs whose announcement the broker should hold."""
    cursor = await connection.execute(
        """
        SELECT vendor, count(*) FROM run
        WHERE state = 'running' OR state = 'queued' AND announced_at IS NOT NULL
              AND (not_before IS NULL OR not_before <= clock_timestamp())
        GROUP BY vendor
        """
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def announced_work(connection: Connection) -> dict[str, int]:
    """By stage: work whose announcement the broker should hold."""
    cursor = await connection.execute("SELECT stage, count(*) FROM work WHERE announced_at IS NOT NULL GROUP BY stage")
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def lost_work(connection: Connection, stages: Sequence[str]) -> list[Announcement]:
    """Work of these stages that was announced a while ago and is still there."""
    cursor = await connection.execute(
        """
        UPDATE work SET announced_at = clock_timestamp()
        WHERE id IN (SELECT id FROM work WHERE stage = ANY(%s)
                     AND announced_at < clock_timestamp() - make_interval(secs => %s)
                     AND (not_before IS NULL OR not_before <= clock_timestamp())
                     ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED)
        RETURNING id, msp_id, stage, kind, traceparent
        """,
        (list(stages), LOST_SECONDS),
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await cursor.fetchall()]


async def waiting_work(connection: Connection) -> list[Announcement]:
    """Work that was not announced although its account's window has room, oldest first."""
    cursor = await connection.execute(
        """
        UPDATE work SET announced_at = clock_timestamp()
        WHERE id IN (
            SELECT next.id
            FROM (SELECT DISTINCT stage, account_id FROM work WHERE announced_at IS NULL) AS lane,
                 LATERAL (SELECT count(*) AS number FROM
                            (SELECT 1 FROM work w
                             WHERE w.stage = lane.stage AND w.account_id IS NOT DISTINCT FROM lane.account_id
                               AND w.announced_at IS NOT NULL LIMIT %(window)s) AS announced) AS open,
                 LATERAL (SELECT w.id FROM work w
                          WHERE w.stage = lane.stage AND w.account_id IS NOT DISTINCT FROM lane.account_id
                            AND w.announced_at IS NULL
                          ORDER BY w.id LIMIT greatest(%(window)s - open.number, 0)
                          FOR UPDATE SKIP LOCKED) AS next)
        RETURNING id, msp_id, stage, kind, traceparent
        """,
        {"window": WINDOW},
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await cursor.fetchall()]


async def due_rechecks(connection: Connection, limit: int) -> dict[tuple[UUID, UUID | None], list[UUID]]:
    """Subjects a check wants to see again now, by (msp, account); each is handed out once."""
    cursor = await connection.execute(
        """
        UPDATE recheck SET due_at = NULL
        WHERE (subject_id, check_name) IN (SELECT subject_id, check_name FROM recheck WHERE due_at <= clock_timestamp()
                                           ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING msp_id, account_id, subject_id
        """,
        (limit,),
    )
    found: dict[tuple[UUID, UUID | None], list[UUID]] = {}
    for msp_id, account_id, subject_id in await cursor.fetchall():
        found.setdefault((msp_id, account_id), []).append(subject_id)
    return found


async def due_actions(connection: Connection, limit: int) -> list[tuple[UUID, Kind, UUID | None, UUID]]:
    """(msp, kind, account, action) of actions to be looked at now; each is handed out once."""
    cursor = await connection.execute(
        """
        UPDATE action SET due_at = NULL
        WHERE id IN (SELECT id FROM action WHERE due_at <= clock_timestamp() AND state IN ('queued', 'doing')
                     ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING msp_id, kind, account_id, id
        """,
        (limit,),
    )
    return [(row[0], row[1], row[2], row[3]) for row in await cursor.fetchall()]


async def drop_old_pages(connection: Connection) -> None:
    """Pages prove a listing while its run is open; a day after its end they are let go."""
    await connection.execute(
        """
        DELETE FROM page WHERE run_id IN (SELECT id FROM run WHERE finished_at < now() - interval '1 day'
                                          ORDER BY finished_at LIMIT 1000)
        """
    )


async def drop_old_changes(connection: Connection, kept: timedelta) -> None:
    """Lets changes of fields go that are older than what is kept."""
    await connection.execute("DELETE FROM entity_change WHERE at < now() - %s", (kept,))
