"""SQL over job, run, listing, budget and what waits in `work`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mspbyte_common.ledger.store import PRESSED
from mspbyte_common.vendors.budget.rate import RECOVERY_SECONDS
from mspctl.store import Connection, Row


def jobs(connection: Connection) -> list[Row]:
    """Every job with its account, its last run, and since when, why and how often it fails."""
    return connection.execute(
        """
        SELECT j.id, j.vendor, j.resource, a.name AS account, j.account_id, j.enabled, j.paused, j.paused_at,
               j.paused_reason, j.schedule, j.time_zone, j.overlap, j.catch_up, j.priority, j.next_fire_at, j.manual_at,
               j.full_seconds, c.name AS connection, r.state AS last_state,
               r.finished_at AS last_finished_at, r.id AS last_run_id, b.failures, b.failing_since, b.open_since,
               b.next_probe_at, b.error_class, b.error, b.advice
        FROM job j JOIN account a ON a.id = j.account_id JOIN connection c ON c.id = a.connection_id
        LEFT JOIN breaker b ON b.job_id = j.id
        LEFT JOIN LATERAL (SELECT id, state, finished_at FROM run WHERE job_id = j.id
                           ORDER BY fire_time DESC LIMIT 1) r ON true
        ORDER BY j.vendor, a.name, j.resource
        """
    ).fetchall()


def root_jobs(connection: Connection, connection_id: UUID) -> list[Row]:
    """The jobs of a connection's root account."""
    return connection.execute(
        """
        SELECT j.id, j.resource, j.enabled, a.id AS account_id FROM account a JOIN job j ON j.account_id = a.id
        WHERE a.connection_id = %s AND a.is_root AND j.enabled
        """,
        (connection_id,),
    ).fetchall()


def fire(connection: Connection, job_ids: Sequence[UUID]) -> datetime:
    """Has the scheduler run these jobs next; returns the instant of the wish."""
    row = connection.execute("SELECT clock_timestamp() AS at").fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    connection.execute("UPDATE job SET manual_at = %s WHERE id = ANY(%s)", (row["at"], list(job_ids)))
    at: datetime = row["at"]
    return at


def stopped_accounts(connection: Connection, job_ids: Sequence[UUID]) -> list[Row]:
    """The accounts because of which some of these jobs do not run: their own, or their connection's root."""
    return connection.execute(
        """
        SELECT DISTINCT coalesce(s.name, s.external_id) AS name, s.parked_class, s.parked_reason
        FROM job j JOIN account a ON a.id = j.account_id
        JOIN account s ON s.id = a.id OR s.connection_id = a.connection_id AND s.is_root
             AND s.parked_class = 'credential_invalid'
        WHERE j.id = ANY(%s) AND s.parked_at IS NOT NULL ORDER BY 1
        """,
        (list(job_ids),),
    ).fetchall()


@dataclass(frozen=True)
class Change:
    """What is to become of a job's schedule; None leaves it as it is. `full` in seconds."""

    schedule: str | None = None
    time_zone: str | None = None
    next_fire_at: datetime | None = None
    full: int | None = None
    overlap: str | None = None
    catch_up: str | None = None
    priority: int | None = None


def set_schedule(connection: Connection, job_ids: Sequence[UUID], change: Change) -> None:
    """Changes how jobs run. One that has a new schedule fires at its next instant, if it would not fire before that."""
    connection.execute(
        """
        UPDATE job SET schedule = coalesce(%(schedule)s, schedule), time_zone = coalesce(%(zone)s, time_zone),
               full_seconds = coalesce(%(full)s, full_seconds), overlap = coalesce(%(overlap)s, overlap),
               catch_up = coalesce(%(catch_up)s, catch_up), priority = coalesce(%(priority)s, priority),
               next_fire_at = CASE WHEN %(schedule)s LIKE 'every %%' THEN least(next_fire_at, %(next)s)
                                   ELSE coalesce(%(next)s, next_fire_at) END
        WHERE id = ANY(%(ids)s)
        """,
        {
            "schedule": change.schedule,
            "zone": change.time_zone,
            "next": change.next_fire_at,
            "full": change.full,
            "overlap": change.overlap,
            "catch_up": change.catch_up,
            "priority": change.priority,
            "ids": list(job_ids),
        },
    )


def pause(connection: Connection, job_ids: Sequence[UUID], reason: str | None) -> int:
    """Stops jobs from firing; returns how many went on until now."""
    return connection.execute(
        """
        UPDATE job SET paused = true, paused_at = clock_timestamp(), paused_reason = %s
        WHERE id = ANY(%s) AND NOT paused
        """,
        (reason, list(job_ids)),
    ).rowcount


def resume(connection: Connection, job_ids: Sequence[UUID]) -> int:
    """Lets paused jobs go on; returns how many. One with an interval that was passed by meanwhile is due at once."""
    return connection.execute(
        """
        UPDATE job j SET paused = false, paused_at = NULL, paused_reason = NULL,
               next_fire_at = CASE WHEN j.schedule LIKE 'every %%' AND EXISTS (
                   SELECT 1 FROM run r WHERE r.job_id = j.id AND r.state = 'skipped' AND r.finished_at >= j.paused_at)
                   THEN least(j.next_fire_at, clock_timestamp()) ELSE j.next_fire_at END
        WHERE id = ANY(%s) AND paused
        """,
        (list(job_ids),),
    ).rowcount


def unrun(connection: Connection, job_id: UUID, first: datetime, last: datetime) -> int:
    """How many instants of a job between the two were skipped or missed."""
    row = connection.execute(
        """
        SELECT count(*) AS instants FROM run r, unnest(r.fire_time || r.further_fire_times) AS at
        WHERE r.job_id = %s AND r.state IN ('skipped', 'missed') AND r.started_at IS NULL AND at BETWEEN %s AND %s
        """,
        (job_id, first, last),
    ).fetchone()
    return int(row["instants"]) if row else 0


def backfill(connection: Connection, job_id: UUID, first: datetime, last: datetime) -> None:
    """Has the scheduler make up for what a job did not run for between the two."""
    connection.execute("UPDATE job SET backfill_from = %s, backfill_to = %s WHERE id = %s", (first, last, job_id))


def standing(connection: Connection, job_id: UUID) -> Row:
    """All that decides whether a job runs now: itself, its account, its breaker, its open run, and who else is in hand."""
    row = connection.execute(
        """
        SELECT clock_timestamp() AS now, j.enabled, j.paused, j.paused_at, j.paused_reason, j.schedule, j.time_zone,
               j.overlap, j.catch_up, j.next_fire_at, j.manual_at, j.backfill_from, j.backfill_to, j.vendor,
               coalesce(a.name, a.external_id) AS account, a.state AS account_state, a.unreachable_reason,
               a.parked_class, a.parked_reason, root.parked_reason AS root_reason,
               b.error_class AS breaker_class, b.failing_since, b.next_probe_at, b.failures,
               o.id AS run_id, o.state AS run_state, o.not_before, o.announced_at, o.lease_owner, o.lease_until, o.pages,
               o.records, o.attempts, o.error_class AS run_error_class, o.error AS run_error,
               (SELECT count(*) FROM run w WHERE w.job_id = j.id AND w.state = 'waiting') AS waiting,
               (SELECT count(*) FROM run h WHERE h.account_id = j.account_id AND h.state IN ('queued', 'running')
                AND (h.state = 'running' OR h.announced_at IS NOT NULL)) AS account_in_hand,
               (SELECT count(*) FROM run h WHERE h.vendor = j.vendor AND h.state IN ('queued', 'running')
                AND (h.state = 'running' OR h.announced_at IS NOT NULL)) AS msp_in_hand,
               (SELECT count(*) FROM work w WHERE w.stage = 'process' AND w.account_id = j.account_id
                AND w.announced_at IS NULL) AS pages_waiting,
               (SELECT max(p.not_before) FROM budget p WHERE p.connection_id = a.connection_id
                AND (p.account_id IS NULL OR p.account_id = a.id) AND (p.resource IS NULL OR p.resource = j.resource)
                AND p.not_before > clock_timestamp()) AS budget_until,
               l.state AS last_state, l.fire_time AS last_fire_time, l.error AS last_error, l.advice AS last_advice
        FROM job j JOIN account a ON a.id = j.account_id
        LEFT JOIN account root ON root.connection_id = a.connection_id AND root.is_root
             AND root.parked_class = 'credential_invalid'
        LEFT JOIN breaker b ON b.job_id = j.id AND b.open_since IS NOT NULL
        LEFT JOIN run o ON o.job_id = j.id AND o.state IN ('queued', 'running')
        LEFT JOIN LATERAL (SELECT state, fire_time, error, advice FROM run WHERE job_id = j.id
                           AND state NOT IN ('waiting', 'queued', 'running') ORDER BY fire_time DESC LIMIT 1) l ON true
        WHERE j.id = %s
        """,
        (job_id,),
    ).fetchone()
    assert row is not None  # noqa: S101 - the job was just chosen
    return row


RUN = """
    SELECT r.id, r.vendor, r.resource, a.name AS account, r.account_id, r.job_id, r.state, r.trigger, r.fire_time,
           r.mode, r.attempts, r.not_before, r.pages, r.records, r.changed, r.deleted, r.held, r.error_class, r.error,
           r.further_fire_times, r.advice, r.lease_owner, r.lease_until, r.traceparent, r.created_at, r.started_at,
           r.finished_at
    FROM run r JOIN account a ON a.id = r.account_id
"""


def runs(connection: Connection, state: str | None, vendor: str | None, limit: int) -> list[Row]:
    """The newest runs, those of one state or vendor where it is given."""
    return connection.execute(
        f"""{RUN} WHERE (%(state)s::text IS NULL OR r.state = %(state)s)
                    AND (%(vendor)s::text IS NULL OR r.vendor = %(vendor)s)
            ORDER BY r.created_at DESC LIMIT %(limit)s""",
        {"state": state, "vendor": vendor, "limit": limit},
    ).fetchall()


def runs_between(connection: Connection, first: UUID, last: UUID) -> list[Row]:
    """Runs whose id lies between two, at most six."""
    return connection.execute(f"{RUN} WHERE r.id BETWEEN %s AND %s LIMIT 6", (first, last)).fetchall()


def runs_since(connection: Connection, job_ids: Sequence[UUID], since: datetime) -> list[Row]:
    """Runs of those jobs that were made for an instant from `since` on, and have ended."""
    return connection.execute(
        f"""{RUN} WHERE r.job_id = ANY(%s) AND r.created_at >= %s
                    AND r.state NOT IN ('queued', 'running') ORDER BY r.created_at""",
        (list(job_ids), since),
    ).fetchall()


def pages(connection: Connection, run_id: UUID) -> list[Row]:
    """A run's pages with how many records each carried and how many of those were new or changed."""
    return connection.execute(
        """
        SELECT number, cardinality(entity_ids) AS records, changed, stored_at
        FROM page WHERE run_id = %s ORDER BY number
        """,
        (run_id,),
    ).fetchall()


def waiting(connection: Connection) -> list[Row]:
    """Per stage: pieces of work, the entities in them and the age of the oldest in seconds."""
    return connection.execute(
        """
        SELECT stage, count(*) AS waiting, sum(cardinality(entity_ids)) AS entities,
               extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS oldest_seconds
        FROM work GROUP BY stage
        """
    ).fetchall()


def held_back(connection: Connection) -> list[Row]:
    """Accounts of which so much waits in a stage that the ones before it hold theirs, with how much that is."""
    return connection.execute(
        """
        SELECT w.stage, coalesce(a.name, a.external_id) AS account, count(*) AS waiting,
               extract(epoch FROM clock_timestamp() - min(w.created_at))::float8 AS oldest_seconds
        FROM work w JOIN account a ON a.id = w.account_id WHERE w.announced_at IS NULL
        GROUP BY w.stage, a.id HAVING count(*) >= %s ORDER BY waiting DESC, account
        """,
        (PRESSED,),
    ).fetchall()


def freshness(connection: Connection) -> list[Row]:
    """Per vendor and resource: accounts with a job, how many were ever read whole, and the ages in seconds."""
    return connection.execute(
        """
        SELECT j.vendor, j.resource, count(*) AS accounts, count(l.complete_at) AS complete,
               count(*) FILTER (WHERE l.unavailable_reason IS NOT NULL) AS unavailable,
               extract(epoch FROM clock_timestamp() - min(l.current_at))::float8 AS oldest_seconds,
               extract(epoch FROM clock_timestamp() - max(l.current_at))::float8 AS newest_seconds,
               sum(l.records)::bigint AS records
        FROM job j LEFT JOIN listing l ON l.job_id = j.id
        WHERE j.enabled GROUP BY j.vendor, j.resource ORDER BY j.vendor, j.resource
        """
    ).fetchall()


def runs_by_state(connection: Connection) -> list[Row]:
    """Runs per vendor and state."""
    return connection.execute(
        "SELECT vendor, state, count(*) AS runs FROM run GROUP BY vendor, state ORDER BY vendor, state"
    ).fetchall()


def open_breakers(connection: Connection) -> list[Row]:
    """Per vendor, resource and class of error: jobs not run on their schedule, since when, and the next that is asked."""
    return connection.execute(
        """
        SELECT vendor, resource, error_class, count(*) AS jobs, min(failing_since) AS failing_since,
               min(next_probe_at) AS next_probe_at
        FROM breaker WHERE open_since IS NOT NULL
        GROUP BY vendor, resource, error_class ORDER BY jobs DESC, vendor, resource, error_class
        """
    ).fetchall()


def open_dead_letters(connection: Connection) -> int:
    """Dead letters nobody has dealt with."""
    row = connection.execute("SELECT count(*) AS n FROM dead_letter WHERE state = 'open'").fetchone()
    return int(row["n"]) if row else 0


def budgets(connection: Connection, vendor: str | None) -> list[Row]:
    """Every limit and every paused place: what is allowed, used in the window, given up to the vendor, and until when.

    `used` is about the last window's length, the window before this one taken as even; of places, how many are held.
    """
    return connection.execute(
        """
        SELECT b.vendor, c.name AS connection, a.name AS account, b.resource, b.limit_text AS "limit",
               b.amount AS allowed, b.seconds,
               CASE WHEN b.limit_text IS NULL THEN NULL
                    WHEN b.seconds IS NULL THEN (SELECT count(*) FROM budget_place p
                         WHERE p.scope = b.scope AND p.held_until > clock_timestamp())
                    ELSE round((CASE WHEN age < b.seconds THEN b.spent + b.spent_before * (1 - age / b.seconds)
                                     WHEN age < 2 * b.seconds THEN b.spent * (2 - age / b.seconds) ELSE 0 END)::numeric)
               END::float8 AS used,
               CASE WHEN b.limit_text IS NOT NULL AND b.seconds IS NOT NULL
                    THEN least(1, b.factor + extract(epoch FROM clock_timestamp() - b.lowered_at) / %(recovery)s)::float8
               END AS share,
               b.refused, CASE WHEN b.not_before > clock_timestamp() THEN b.not_before END AS paused_until, b.reason
        FROM budget b
        CROSS JOIN LATERAL (SELECT extract(epoch FROM clock_timestamp() - b.window_at)::float8 AS age) w
        JOIN connection c ON c.id = b.connection_id LEFT JOIN account a ON a.id = b.account_id
        WHERE (%(vendor)s::text IS NULL OR b.vendor = %(vendor)s) AND (b.limit_text IS NOT NULL OR b.refused > 0)
        ORDER BY b.vendor, c.name, b.level <> 'connection', a.name, b.resource, b.limit_text
        """,
        {"vendor": vendor, "recovery": RECOVERY_SECONDS},
    ).fetchall()
