"""SQL of the sweeps over work and recheck. It sees every msp."""

# ruff: noqa: S608 - what is put together are constants

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.effects.effect import Kind
from mspbyte_common.ledger.store import AFTER, ANNOUNCED, IN_ORDER, MSP_WINDOW, WINDOW, Announcement, has_room

LOST_SECONDS = 5.0
"""Announced this long ago, and not in the broker's hands: it was lost on the way."""


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
    """Work that was not announced although the windows have room: the accounts of an msp in turn, of each the oldest."""
    lanes = await _lanes(connection)
    if not lanes:
        return []
    cursor = await connection.execute(
        f"""
        WITH lane AS (SELECT * FROM unnest(%(stages)s::text[], %(msps)s::uuid[], %(accounts)s::uuid[])
                      AS lane (stage, msp_id, account_id)),
        room AS (
            SELECT stage, msp_id, {MSP_WINDOW} - (SELECT count(*) FROM (
                SELECT 1 FROM work w WHERE w.stage = asked.stage AND w.msp_id = asked.msp_id AND w.announced_at IS NOT NULL
                {IN_ORDER} LIMIT {MSP_WINDOW}) AS n) AS places
            FROM (SELECT DISTINCT stage, msp_id FROM lane) AS asked),
        free AS (
            SELECT lane.*, {WINDOW} - {_announced("= lane.account_id")} AS places FROM lane
            WHERE lane.account_id IS NOT NULL AND {_has_room("= lane.account_id")}
            UNION ALL
            SELECT lane.*, {WINDOW} - {_announced("IS NULL")} AS places FROM lane
            WHERE lane.account_id IS NULL AND {_has_room("IS NULL")}),
        next AS (
            SELECT free.stage, free.msp_id, n.id, row_number() OVER (PARTITION BY free.stage, free.msp_id
                                                                     ORDER BY n.place, n.id) AS turn
            FROM free CROSS JOIN LATERAL (
                SELECT id, row_number() OVER (ORDER BY id) AS place FROM (
                    (SELECT w.id FROM work w WHERE w.stage = free.stage AND w.msp_id = free.msp_id
                        AND w.account_id = free.account_id AND w.announced_at IS NULL ORDER BY w.id LIMIT free.places)
                    UNION ALL
                    (SELECT w.id FROM work w WHERE w.stage = free.stage AND w.msp_id = free.msp_id
                        AND free.account_id IS NULL AND w.account_id IS NULL AND w.announced_at IS NULL
                     ORDER BY w.id LIMIT free.places)) AS oldest) AS n)
        UPDATE work SET announced_at = clock_timestamp()
        WHERE id IN (SELECT w.id FROM work w WHERE w.announced_at IS NULL AND w.id IN (
            SELECT next.id FROM next JOIN room USING (stage, msp_id) WHERE next.turn <= room.places)
            FOR UPDATE SKIP LOCKED)
        RETURNING id, msp_id, stage, kind, traceparent
        """,
        {
            "stages": [stage for stage, _, _ in lanes],
            "msps": [msp for _, msp, _ in lanes],
            "accounts": [account for _, _, account in lanes],
        },
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await cursor.fetchall()]


async def _lanes(connection: Connection) -> list[tuple[str, UUID, UUID | None]]:
    """(stage, msp, account) with work that was not announced: the index is walked from one to the next, however long each."""
    cursor = await connection.execute(
        """
        WITH RECURSIVE lane AS (
            (SELECT stage, msp_id, account_id FROM work WHERE announced_at IS NULL
             ORDER BY stage, msp_id, account_id LIMIT 1)
            UNION ALL
            SELECT n.stage, n.msp_id, n.account_id FROM lane CROSS JOIN LATERAL (
                (SELECT w.stage, w.msp_id, w.account_id FROM work w
                 WHERE w.announced_at IS NULL AND w.stage = lane.stage AND w.msp_id = lane.msp_id
                   AND w.account_id > lane.account_id ORDER BY w.account_id LIMIT 1)
                UNION ALL
                (SELECT w.stage, w.msp_id, w.account_id FROM work w
                 WHERE w.announced_at IS NULL AND w.stage = lane.stage AND w.msp_id = lane.msp_id
                   AND w.account_id IS NULL AND lane.account_id IS NOT NULL LIMIT 1)
                UNION ALL
                (SELECT w.stage, w.msp_id, w.account_id FROM work w
                 WHERE w.announced_at IS NULL AND (w.stage, w.msp_id) > (lane.stage, lane.msp_id)
                 ORDER BY w.stage, w.msp_id, w.account_id LIMIT 1)
                LIMIT 1) AS n)
        SELECT stage, msp_id, account_id FROM lane
        """
    )
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


def _announced(account: str) -> str:
    lane = f"w.stage = lane.stage AND w.msp_id = lane.msp_id AND w.account_id {account}"
    return ANNOUNCED.format(lane=lane, most=WINDOW)


def _has_room(account: str) -> str:
    after = (
        "(SELECT CASE lane.stage "
        + " ".join(f"WHEN '{stage}' THEN ARRAY{later}" for stage, later in AFTER.items())
        + " ELSE '{}'::text[] END)"
    )
    return has_room(account, stage="lane.stage", msp="lane.msp_id", after=after)


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
