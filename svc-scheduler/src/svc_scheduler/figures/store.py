"""SQL of the figures: counts and ages over every msp. A row is the values of its gauge's labels, then the figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mspbyte_common.db.engine import Connection
from mspbyte_common.effects.effect import STAGES as EFFECTS
from mspbyte_common.jetstream.topology import STAGES, VENDORS
from mspbyte_common.ledger.store import PRESSED
from mspbyte_common.vendors.budget.rate import RECOVERY_SECONDS
from mspbyte_common.vendors.limits import LEVELS

LATE_INTERVALS = 2
"""A listing whose changes are known no later than this many of its intervals ago is late."""
RANKS = 5
"""How many of the accounts with the oldest listing are told apart, by their place and not by their name."""

ACTION_STATES = ("proposed", "queued", "doing", "failed")
"""Those that somebody or something must still do something about."""
ACCOUNT_STATES = ("mapped", "unmapped", "excluded", "parked", "unreachable")

Row = tuple[Any, ...]


@dataclass(frozen=True)
class DatabaseFigures:
    """What PostgreSQL counts of this database; bytes, blocks and numbers since its statistics were last reset."""

    connections: int
    connections_most: int
    commits: int
    rollbacks: int
    deadlocks: int
    blocks_read: int
    blocks_hit: int
    temporary_bytes: int
    size_bytes: int


async def _rows(connection: Connection, statement: str, **values: object) -> list[Row]:
    cursor = await connection.execute(statement, values)
    return await cursor.fetchall()


async def work(connection: Connection) -> list[Row]:
    """By stage: pieces of work, seconds since the oldest was made, those that failed at least once."""
    return await _rows(
        connection,
        """
        SELECT s.stage, count(w.id), coalesce(extract(epoch FROM clock_timestamp() - min(w.created_at)), 0)::float8,
               count(*) FILTER (WHERE w.attempts > 0)
        FROM unnest(%(stages)s::text[]) AS s (stage) LEFT JOIN work w ON w.stage = s.stage GROUP BY s.stage
        """,
        stages=list(STAGES),
    )


async def lag(connection: Connection) -> list[Row]:
    """By rank: seconds since the oldest work of an msp was made, of the msps where that is longest.

    The oldest of an account and stage is the first in the index; none behind it is looked at.
    """
    return await _rows(
        connection,
        """
        WITH RECURSIVE lane AS (
            (SELECT stage, account_id, id FROM work WHERE account_id IS NOT NULL ORDER BY stage, account_id, id LIMIT 1)
            UNION ALL
            SELECT n.stage, n.account_id, n.id FROM lane CROSS JOIN LATERAL (
                (SELECT w.stage, w.account_id, w.id FROM work w
                 WHERE w.stage = lane.stage AND w.account_id > lane.account_id ORDER BY w.account_id, w.id LIMIT 1)
                UNION ALL
                (SELECT w.stage, w.account_id, w.id FROM work w
                 WHERE w.stage > lane.stage AND w.account_id IS NOT NULL ORDER BY w.stage, w.account_id, w.id LIMIT 1)
                LIMIT 1) AS n),
        oldest AS (
            SELECT id FROM lane
            UNION ALL SELECT min(id) FROM work WHERE stage = ANY(%(stages)s) AND account_id IS NULL GROUP BY msp_id)
        SELECT rank::text, seconds FROM (
            SELECT extract(epoch FROM clock_timestamp() - min(w.created_at))::float8 AS seconds,
                   row_number() OVER (ORDER BY min(w.created_at)) AS rank
            FROM oldest JOIN work w ON w.id = oldest.id GROUP BY w.msp_id) AS ranked
        WHERE rank <= %(ranks)s ORDER BY rank
        """,
        ranks=RANKS,
        stages=list(STAGES),
    )


async def held_back(connection: Connection) -> list[Row]:
    """By stage: accounts of which so much waits there that the stages before, or the adapters, hold theirs."""
    return await _rows(
        connection,
        """
        SELECT s.stage, count(p.account_id) FROM unnest(%(stages)s::text[]) AS s (stage)
        LEFT JOIN (SELECT stage, account_id FROM work WHERE announced_at IS NULL AND account_id IS NOT NULL
                   GROUP BY stage, msp_id, account_id HAVING count(*) >= %(pressed)s) AS p ON p.stage = s.stage
        GROUP BY s.stage
        """,
        stages=list(STAGES),
        pressed=PRESSED,
    )


async def dead_letters(connection: Connection) -> list[Row]:
    """By stage: open dead letters, seconds since the oldest was given up."""
    return await _rows(
        connection,
        """
        SELECT s.stage, count(d.id), coalesce(extract(epoch FROM clock_timestamp() - min(d.created_at)), 0)::float8
        FROM unnest(%(stages)s::text[]) AS s (stage)
        LEFT JOIN dead_letter d ON d.stage = s.stage AND d.state = 'open' GROUP BY s.stage
        """,
        stages=list(STAGES),
    )


async def open_runs(connection: Connection) -> list[Row]:
    """By vendor: runs queued, runs running, seconds since the oldest queued one might have started."""
    return await _rows(
        connection,
        """
        SELECT v.vendor, count(*) FILTER (WHERE r.state = 'queued'), count(*) FILTER (WHERE r.state = 'running'),
               coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(r.not_before, r.created_at))
                        FILTER (WHERE r.state = 'queued' AND coalesce(r.not_before <= clock_timestamp(), true))), 0)::float8
        FROM unnest(%(vendors)s::text[]) AS v (vendor)
        LEFT JOIN run r ON r.vendor = v.vendor AND r.state IN ('queued', 'running') GROUP BY v.vendor
        """,
        vendors=list(VENDORS),
    )


async def accounts(connection: Connection) -> list[Row]:
    """By vendor and what becomes of them: accounts."""
    return await _rows(
        connection,
        """
        SELECT v.vendor, s.state, count(a.vendor)
        FROM unnest(%(vendors)s::text[]) AS v (vendor) CROSS JOIN unnest(%(states)s::text[]) AS s (state)
        LEFT JOIN account a ON a.vendor = v.vendor AND s.state =
             CASE WHEN a.state = 'excluded' THEN 'excluded' WHEN a.unreachable_reason IS NOT NULL THEN 'unreachable'
                  WHEN a.parked_at IS NOT NULL THEN 'parked' ELSE a.state END
        GROUP BY v.vendor, s.state
        """,
        vendors=list(VENDORS),
        states=list(ACCOUNT_STATES),
    )


async def open_breakers(connection: Connection) -> list[Row]:
    """By vendor: jobs that are not run on their schedule because they failed again and again."""
    return await _rows(
        connection,
        """
        SELECT v.vendor, count(b.vendor) FROM unnest(%(vendors)s::text[]) AS v (vendor)
        LEFT JOIN breaker b ON b.vendor = v.vendor AND b.open_since IS NOT NULL GROUP BY v.vendor
        """,
        vendors=list(VENDORS),
    )


async def budget_use(connection: Connection) -> list[Row]:
    """By vendor and level: the largest share of a limit used in its window, the smallest share of a rate in force.

    The window before this one is taken as even, as `mspctl budget list` does.
    """
    return await _rows(
        connection,
        """
        SELECT vendor, level,
               max(CASE WHEN age < seconds THEN spent + spent_before * (1 - age / seconds)
                        WHEN age < 2 * seconds THEN spent * (2 - age / seconds) ELSE 0 END / amount),
               min(least(1, factor + extract(epoch FROM clock_timestamp() - lowered_at)::float8 / %(recovery)s))
        FROM budget CROSS JOIN LATERAL (SELECT extract(epoch FROM clock_timestamp() - window_at)::float8 AS age) AS w
        WHERE seconds IS NOT NULL GROUP BY vendor, level
        """,
        recovery=RECOVERY_SECONDS,
    )


async def paused_scopes(connection: Connection) -> list[Row]:
    """By vendor and level: scopes to which nothing is sent now, because the vendor refused one of their requests."""
    return await _rows(
        connection,
        """
        SELECT v.vendor, l.level, count(b.vendor)
        FROM unnest(%(vendors)s::text[]) AS v (vendor) CROSS JOIN unnest(%(levels)s::text[]) AS l (level)
        LEFT JOIN budget b ON b.vendor = v.vendor AND b.level = l.level AND b.not_before > clock_timestamp()
        GROUP BY v.vendor, l.level
        """,
        vendors=list(VENDORS),
        levels=list(LEVELS),
    )


async def freshness(connection: Connection) -> list[Row]:
    """By vendor, resource and rank: seconds since all changes were known, of the accounts where that is longest."""
    return await _rows(
        connection,
        """
        SELECT vendor, resource, rank::text, seconds FROM (
            SELECT l.vendor, l.resource, extract(epoch FROM clock_timestamp() - l.current_at)::float8 AS seconds,
                   row_number() OVER (PARTITION BY l.vendor, l.resource ORDER BY l.current_at) AS rank
            FROM listing l JOIN job j ON j.id = l.job_id AND j.enabled
            WHERE l.current_at IS NOT NULL AND l.unavailable_reason IS NULL) AS ranked
        WHERE rank <= %(ranks)s
        """,
        ranks=RANKS,
    )


async def listings(connection: Connection) -> list[Row]:
    """By vendor and resource: listings that are read on a schedule, and those of them that are late.

    What waits for a person is not read on a schedule: a paused job, a parked account, a refused credential. A listing
    that was never read is as old as its account.
    """
    return await _rows(
        connection,
        """
        SELECT r.vendor, r.name, count(j.id), count(j.id) FILTER (WHERE
               coalesce(l.current_at, a.created_at) < clock_timestamp() - %(intervals)s * make_interval(secs =>
               coalesce(substring(j.schedule FROM '^every ([0-9]+)s$')::float8, r.interval_seconds)))
        FROM resource r
        LEFT JOIN (job j JOIN account a ON a.id = j.account_id AND a.parked_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM account root WHERE root.connection_id = a.connection_id AND root.is_root
                                   AND root.parked_class = 'credential_invalid')
                   LEFT JOIN listing l ON l.job_id = j.id)
             ON j.vendor = r.vendor AND j.resource = r.name AND j.enabled AND NOT j.paused AND l.unavailable_reason IS NULL
        GROUP BY r.vendor, r.name
        """,
        intervals=LATE_INTERVALS,
    )


async def quarantined(connection: Connection) -> list[Row]:
    """By vendor and resource: records that do not fit their kind."""
    return await _rows(
        connection,
        """
        SELECT r.vendor, r.name, count(q.vendor) FROM resource r
        LEFT JOIN quarantine q ON q.vendor = r.vendor AND q.resource = r.name GROUP BY r.vendor, r.name
        """,
    )


async def issues(connection: Connection) -> list[Row]:
    """By rule: fields it could not repair."""
    return await _rows(connection, "SELECT rule, count(*) FROM issue GROUP BY rule")


async def findings(connection: Connection) -> list[Row]:
    """By check, severity and state: findings."""
    return await _rows(
        connection,
        "SELECT check_name, severity, state, count(*) FROM finding GROUP BY check_name, severity, state",
    )


async def actions(connection: Connection) -> list[Row]:
    """By kind and state: actions that wait, and the seconds the oldest has waited that is not put off to a moment to come."""
    return await _rows(
        connection,
        """
        SELECT k.kind, s.state, count(a.kind), coalesce(extract(epoch FROM clock_timestamp() -
               min(greatest(a.changed_at, a.due_at)) FILTER (WHERE coalesce(a.due_at <= clock_timestamp(), true))), 0)::float8
        FROM unnest(%(kinds)s::text[]) AS k (kind) CROSS JOIN unnest(%(states)s::text[]) AS s (state)
        LEFT JOIN action a ON a.kind = k.kind AND a.state = s.state GROUP BY k.kind, s.state
        """,
        kinds=list(EFFECTS),
        states=list(ACTION_STATES),
    )


async def tables(connection: Connection) -> list[Row]:
    """By table: bytes with indexes, rows that vacuum has yet to remove."""
    return await _rows(
        connection,
        "SELECT relname, pg_total_relation_size(relid), n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'public'",
    )


async def database(connection: Connection) -> DatabaseFigures:
    """What PostgreSQL counts of this database."""
    rows = await _rows(
        connection,
        """
        SELECT numbackends, current_setting('max_connections')::int, xact_commit, xact_rollback, deadlocks, blks_read,
               blks_hit, temp_bytes, pg_database_size(datid)
        FROM pg_stat_database WHERE datname = current_database()
        """,
    )
    return DatabaseFigures(*rows[0])
