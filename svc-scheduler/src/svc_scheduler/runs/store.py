"""SQL of open runs: what is in hand, what may be announced, what lost its process or its announcement. It sees every msp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.ledger.store import PRESSED
from svc_scheduler.runs.choose import Candidate, Lane

RUN_ATTEMPTS = 6
"""How often a run may lose its process before it fails."""
LOST_SECONDS = 5.0
"""Announced this long ago, and not in the broker's hands: it was lost on the way."""

RunAnnouncement = tuple[UUID, UUID, str, str, str]
"""(run, msp, vendor, resource, traceparent)"""


async def take_turn(connection: Connection) -> None:
    """One replica chooses at a time, until its transaction ends: two would each fill the same room."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('dispatch', 0))")


async def in_hand(connection: Connection) -> dict[Lane, int]:
    """By whose they are: runs that are running, or announced and due."""
    cursor = await connection.execute(
        """
        SELECT vendor, msp_id, account_id, count(*) FROM run
        WHERE state = 'running' OR state = 'queued' AND announced_at IS NOT NULL
        GROUP BY vendor, msp_id, account_id
        """
    )
    return {Lane(*lane): number for *lane, number in await cursor.fetchall()}


async def candidates(connection: Connection, most: int) -> list[Candidate]:
    """Queued runs that may start and were not announced, at most so many of an account.

    None of an account whose pages are stored faster than they are worked up: what waits there bounds what is fetched.
    """
    cursor = await connection.execute(
        """
        SELECT rank, priority, fire_time, id, vendor, msp_id, account_id FROM (
            SELECT CASE WHEN r.trigger = 'manual' THEN 0 WHEN r.pages > 0 THEN 1 ELSE 2 END AS rank, j.priority,
                   r.fire_time, r.id, r.vendor, r.msp_id, r.account_id,
                   row_number() OVER (PARTITION BY r.account_id
                       ORDER BY r.trigger = 'manual' DESC, r.pages > 0 DESC, j.priority, r.fire_time) AS place
            FROM run r JOIN job j ON j.id = r.job_id
            WHERE r.state = 'queued' AND r.announced_at IS NULL
              AND (r.not_before IS NULL OR r.not_before <= clock_timestamp())) AS queued
        WHERE place <= %(most)s
          AND (SELECT count(*) FROM (SELECT 1 FROM work w WHERE w.stage = 'process' AND w.msp_id = queued.msp_id
                                     AND w.account_id = queued.account_id AND w.announced_at IS NULL ORDER BY w.id
                                     LIMIT %(pressed)s) AS waiting) < %(pressed)s
        """,
        {"most": most, "pressed": PRESSED},
    )
    return [
        Candidate(rank, priority, fire_time, run, Lane(*lane))
        for rank, priority, fire_time, run, *lane in await cursor.fetchall()
    ]


async def weights(connection: Connection) -> dict[UUID, int]:
    """Each msp's share beside the others'."""
    cursor = await connection.execute("SELECT id, weight FROM msp")
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def announce(connection: Connection, runs: Sequence[UUID]) -> list[RunAnnouncement]:
    """Marks queued runs as announced, and says what their announcements say, in this order."""
    cursor = await connection.execute(
        """
        UPDATE run SET announced_at = clock_timestamp()
        WHERE id IN (SELECT id FROM run WHERE id = ANY(%s) AND state = 'queued' AND announced_at IS NULL
                     FOR UPDATE SKIP LOCKED)
        RETURNING id, msp_id, vendor, resource, traceparent
        """,
        (list(runs),),
    )
    place = {run: number for number, run in enumerate(runs)}
    found = [(row[0], row[1], row[2], row[3], row[4]) for row in await cursor.fetchall()]
    return sorted(found, key=lambda one: place[one[0]])


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


async def lost_runs(connection: Connection, lost: Mapping[str, bool]) -> list[RunAnnouncement]:
    """Queued runs whose announcement was lost (`lost` by vendor), announced anew."""
    cursor = await connection.execute(
        """
        UPDATE run SET announced_at = clock_timestamp()
        WHERE id IN (SELECT id FROM run WHERE state = 'queued' AND vendor = ANY(%s)
                     AND (not_before IS NULL OR not_before <= clock_timestamp())
                     AND announced_at < clock_timestamp() - make_interval(secs => %s)
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
