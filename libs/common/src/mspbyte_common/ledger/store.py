"""SQL of the ledger: `work` and `dead_letter`."""

# ruff: noqa: S608 - what is put together are constants of this file

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection
from mspbyte_common.ledger.item import Item, Next

WINDOW: Final = 8
"""K of the announcing window: how many items of one account and stage are announced at a time."""
MSP_WINDOW: Final = 64
"""The same of one msp and stage: its accounts take turns in it."""
PRESSED: Final = 64
"""So many items of an account waiting in a later stage hold back those of the stages before, and the reading of pages."""
AFTER: Final = {
    "process": ["resolve", "link", "evaluate"],
    "resolve": ["link", "evaluate"],
    "link": ["evaluate"],
}
"""The stages after each: the last is held back by none, so that what is held back always gets its turn."""
TURNS: Final = 8
"""How many accounts are looked at for the next item; where none of them may go on, the sweep finds the others."""

Announcement = tuple[int, UUID, str, str, str]
"""(work id, msp id, stage, kind, traceparent): what an announcement says."""

IN_ORDER: Final = "ORDER BY w.account_id, w.id"
"""Said wherever only the first few rows are counted: else the planner may hope to meet them early in the whole table."""
ANNOUNCED: Final = (
    "(SELECT count(*) FROM (SELECT 1 FROM work w WHERE {lane} AND w.announced_at IS NOT NULL "
    f"{IN_ORDER} LIMIT {{most}}) AS n)"
)


def has_room(account: str, *, stage: str = "%(stage)s", msp: str = "%(msp)s", after: str = "%(after)s") -> str:
    """A condition in SQL: the account's window has room, and no later stage has too much of the account waiting.

    `account` is the comparison of `w.account_id`: `= x` and `IS NULL` are found in an index, IS NOT DISTINCT FROM is not.
    """
    lane = f"w.stage = {stage} AND w.msp_id = {msp} AND w.account_id {account}"
    later = f"w.stage = later.stage AND w.msp_id = {msp} AND w.account_id {account} AND w.announced_at IS NULL"
    return f"""
        {ANNOUNCED.format(lane=lane, most=WINDOW)} < {WINDOW}
        AND NOT EXISTS (SELECT 1 FROM unnest({after}::text[]) AS later (stage)
            WHERE (SELECT count(*) FROM (SELECT 1 FROM work w WHERE {later} {IN_ORDER} LIMIT {PRESSED}) AS n) >= {PRESSED})
    """


def _of(account_id: UUID | None) -> str:
    return "IS NULL" if account_id is None else "= %(account)s"


async def insert_work(
    connection: Connection, msp_id: UUID, run_id: UUID | None, traceparent: str, following: Sequence[Next]
) -> list[Announcement]:
    """Writes what follows; returns those that the windows let be announced at once, after the commit."""
    announced: list[Announcement] = []
    for piece in following:
        mine = "w.stage = %(stage)s AND w.msp_id = %(msp)s"
        cursor = await connection.execute(
            f"""
            INSERT INTO work (msp_id, run_id, account_id, stage, kind, entity_ids, traceparent, announced_at)
            SELECT %(msp)s, %(run)s, %(account)s, %(stage)s, %(kind)s, %(ids)s, %(trace)s,
                   CASE WHEN {has_room(_of(piece.account_id))}
                             AND {ANNOUNCED.format(lane=mine, most=MSP_WINDOW)} < {MSP_WINDOW}
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
                "after": AFTER.get(piece.stage, []),
            },
        )
        row = await cursor.fetchone()
        if row is not None and row[1]:
            announced.append((row[0], msp_id, piece.stage, piece.kind, traceparent))
    return announced


async def is_pressed(connection: Connection, msp_id: UUID, account_id: UUID) -> bool:
    """Whether so much of an account's waits to be worked up that no further page of it is to be read."""
    cursor = await connection.execute(
        """
        SELECT count(*) FROM (SELECT 1 FROM work WHERE stage = 'process' AND msp_id = %s AND account_id = %s
                              AND announced_at IS NULL ORDER BY id LIMIT %s) AS waiting
        """,
        (msp_id, account_id, PRESSED),
    )
    row = await cursor.fetchone()
    return bool(row and row[0] >= PRESSED)


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


async def starts(connection: Connection, work_id: int) -> int:
    """How often an item that was delivered again has been started since an attempt last had an end."""
    cursor = await connection.execute("SELECT starts FROM work WHERE id = %s", (work_id,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


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
    """Deletes the item's row; its place in the window goes to the msp's account whose turn is next."""
    await connection.execute("DELETE FROM work WHERE id = %s", (item.id,))
    if item.account_id is None:
        return await _announce_oldest(connection, item, None)
    for account in await _turns(connection, item):
        announced = await _announce_oldest(connection, item, account)
        if announced:
            return announced
    return []


async def _turns(connection: Connection, item: Item) -> list[UUID]:
    """Some of the msp's accounts that wait at the stage and have room, the one with the least announced first.

    The round over them begins at a place drawn from the item's number, so that none is always looked at before another.
    """
    waits = "w.stage = %(stage)s AND w.msp_id = %(msp)s AND w.announced_at IS NULL"
    lane = "w.stage = %(stage)s AND w.msp_id = %(msp)s AND w.account_id = turn.account_id"
    following = f"SELECT w.account_id FROM work w WHERE {waits} AND w.account_id"
    cursor = await connection.execute(
        f"""
        WITH RECURSIVE turn (round, place, account_id) AS (
            SELECT * FROM (
                (SELECT 1, 1, n.account_id FROM ({following} > %(start)s ORDER BY w.account_id LIMIT 1) AS n)
                UNION ALL
                (SELECT 2, 1, n.account_id FROM ({following} <= %(start)s ORDER BY w.account_id LIMIT 1) AS n)) AS first
            UNION ALL
            SELECT turn.round, turn.place + 1, n.account_id
            FROM turn CROSS JOIN LATERAL ({following} > turn.account_id ORDER BY w.account_id LIMIT 1) AS n
            WHERE turn.place < %(turns)s AND (turn.round = 1 OR n.account_id <= %(start)s))
        SELECT turn.account_id FROM turn WHERE {has_room("= turn.account_id")}
        ORDER BY {ANNOUNCED.format(lane=lane, most=WINDOW)}, round, place
        """,
        {
            "stage": item.stage,
            "msp": item.msp_id,
            "start": ids.derive("turn", str(item.id)),
            "turns": TURNS,
            "after": AFTER.get(item.stage, []),
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def _announce_oldest(connection: Connection, item: Item, account_id: UUID | None) -> list[Announcement]:
    """Marks the account's oldest waiting item of the item's stage as announced."""
    cursor = await connection.execute(
        f"""
        UPDATE work SET announced_at = clock_timestamp()
        WHERE id = (SELECT w.id FROM work w
                    WHERE w.stage = %(stage)s AND w.msp_id = %(msp)s AND w.account_id {_of(account_id)}
                      AND w.announced_at IS NULL AND (w.not_before IS NULL OR w.not_before <= clock_timestamp())
                    ORDER BY w.id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, msp_id, stage, kind, traceparent
        """,
        {"stage": item.stage, "msp": item.msp_id, "account": account_id},
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


async def age(connection: Connection, work_id: int) -> float:
    """Seconds since an item was written."""
    cursor = await connection.execute(
        "SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 FROM work WHERE id = %s", (work_id,)
    )
    row = await cursor.fetchone()
    return float(row[0]) if row else 0.0


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
