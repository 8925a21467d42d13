"""SQL of the ledger: `work` and `dead_letter`."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.ledger.item import Item, Next

WINDOW = 8
"""K of the announcing window: how many items of one account and stage are announced at a time."""

Announcement = tuple[int, UUID, str, str, str]
"""(work id, msp id, stage, kind, traceparent): what an announcement says."""


async def insert_work(
    connection: Connection, msp_id: UUID, run_id: UUID | None, traceparent: str, following: Sequence[Next]
) -> list[Announcement]:
    """Writes what follows; returns those that the window lets be announced at once, after the commit."""
    announced: list[Announcement] = []
    for piece in following:
        cursor = await connection.execute(
            """
            INSERT INTO work (msp_id, run_id, account_id, stage, kind, entity_ids, traceparent, announced_at)
            SELECT %(msp)s, %(run)s, %(account)s, %(stage)s, %(kind)s, %(ids)s, %(trace)s,
                   CASE WHEN (SELECT count(*) FROM (
                                SELECT 1 FROM work
                                WHERE stage = %(stage)s AND account_id IS NOT DISTINCT FROM %(account)s
                                  AND announced_at IS NOT NULL LIMIT %(window)s) open) < %(window)s
                        THEN clock_timestamp() END
            RETURNING id, announced_at IS NOT NULL
            """,
            {
                "msp": msp_id,
                "run": run_id,
                "account": piece.account_id,
                "stage": piece.stage,
                "kind": piece.kind,
                "ids": list(piece.entity_ids),
                "trace": traceparent,
                "window": WINDOW,
            },
        )
        row = await cursor.fetchone()
        if row is not None and row[1]:
            announced.append((row[0], msp_id, piece.stage, piece.kind, traceparent))
    return announced


async def lock(connection: Connection, work_id: int) -> Item | None:
    """The item, locked until the transaction ends; None when it is done, or in another's hands, or not due."""
    cursor = await connection.execute(
        """
        SELECT id, msp_id, run_id, account_id, stage, kind, entity_ids, attempts, traceparent
        FROM work WHERE id = %s AND (not_before IS NULL OR not_before <= clock_timestamp())
        FOR UPDATE SKIP LOCKED
        """,
        (work_id,),
    )
    row = await cursor.fetchone()
    return Item(*row) if row else None


async def count_start(connection: Connection, work_id: int) -> int:
    """Notes, before it is tried, that an item was delivered again; returns how often since an attempt last had an end."""
    cursor = await connection.execute(
        """
        UPDATE work SET starts = starts + 1
        WHERE id = (SELECT id FROM work WHERE id = %s FOR UPDATE SKIP LOCKED) RETURNING starts
        """,
        (work_id,),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def attempt_ended(connection: Connection, work_id: int) -> None:
    """Notes that an attempt came to an end, if a bad one: the process lives."""
    await connection.execute("UPDATE work SET starts = 0 WHERE id = %s AND starts > 0", (work_id,))


async def finish(connection: Connection, item: Item) -> list[Announcement]:
    """Deletes the item's row; its place in the window goes to the account's next waiting one."""
    await connection.execute("DELETE FROM work WHERE id = %s", (item.id,))
    return await announce_waiting(connection, item)


async def announce_waiting(connection: Connection, item: Item) -> list[Announcement]:
    """Marks the oldest waiting item of the same account and stage as announced."""
    cursor = await connection.execute(
        """
        UPDATE work SET announced_at = clock_timestamp()
        WHERE id = (SELECT id FROM work
                    WHERE stage = %(stage)s AND account_id IS NOT DISTINCT FROM %(account)s AND announced_at IS NULL
                      AND (not_before IS NULL OR not_before <= clock_timestamp())
                    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, msp_id, stage, kind, traceparent
        """,
        {"stage": item.stage, "account": item.account_id},
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await cursor.fetchall()]


async def postpone(connection: Connection, item: Item, error: str, seconds: float, *, counts: bool) -> None:
    """Notes a failed attempt and when the next may begin."""
    await connection.execute(
        """
        UPDATE work SET attempts = attempts + %s, starts = 0, last_error = %s, announced_at = clock_timestamp(),
               not_before = clock_timestamp() + make_interval(secs => %s)
        WHERE id = %s
        """,
        (int(counts), error[:2_000], seconds, item.id),
    )


async def bury(connection: Connection, item: Item, error_class: str, error: str) -> list[Announcement]:
    """Moves an item past its attempts to `dead_letter`."""
    await connection.execute(
        """
        INSERT INTO dead_letter (msp_id, work_id, run_id, account_id, stage, kind, entity_ids, attempts,
                                 error_class, error, traceparent)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (work_id) DO NOTHING
        """,
        (
            item.msp_id,
            item.id,
            item.run_id,
            item.account_id,
            item.stage,
            item.kind,
            item.entity_ids,
            item.attempts,
            error_class,
            error[:2_000],
            item.traceparent,
        ),
    )
    return await finish(connection, item)


async def split(connection: Connection, item: Item) -> list[Announcement]:
    """Replaces an item by its two halves, so that one bad record ends up alone."""
    middle = len(item.entity_ids) // 2
    halves = [
        Next(item.stage, item.kind, item.account_id, part)
        for part in (item.entity_ids[:middle], item.entity_ids[middle:])
    ]
    announced = await insert_work(connection, item.msp_id, item.run_id, item.traceparent, halves)
    return announced + await finish(connection, item)
