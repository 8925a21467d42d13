"""SQL of runs: what an adapter can fetch, the lease it holds on a run, and the run's place; each write names its fence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import LeaseLost

Resource = tuple[str, str, str, int, int, int | None, str]
"""(name, kind, level, interval, priority, incremental interval, what the vendor asks for it); intervals in seconds."""

LEASE_SECONDS = 15.0
"""How long a run belongs to a process that says nothing."""


OURS = "id = %(id)s AND fence = %(fence)s AND state = 'running' AND lease_until > clock_timestamp()"
"""The run belongs to who names its fence, for as long as the lease lasts; after that to nobody, until it is claimed anew."""


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


async def renew(connection: Connection, run: Run) -> None:
    """Keeps the lease; LeaseLost when it is another's."""
    await fenced(connection, run, "lease_until = clock_timestamp() + make_interval(secs => %(lease)s)", {})


async def begin(connection: Connection, run: Run, mode: str, mark: Mapping[str, Any] | None) -> None:
    """Notes how the run reads its list, and the cursor that starts where it begins."""
    await fenced(
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
    await fenced(
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


async def write_page(connection: Connection, run: Run, number: int, ids: Sequence[UUID], changed: int) -> None:
    """Notes which records the page carried."""
    await connection.execute(
        "INSERT INTO page (msp_id, run_id, number, entity_ids, changed) VALUES (%s, %s, %s, %s, %s)",
        (run.msp_id, run.id, number, list(ids), changed),
    )


async def start_over(connection: Connection, run: Run) -> None:
    """Forgets the run's place and pages and its job's cursor: the run reads the whole list from its start."""
    await fenced(
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
    await fenced(
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
    await fenced(
        connection,
        run,
        """state = 'queued', announced_at = NULL, lease_until = NULL, lease_owner = NULL,
           attempts = attempts + %(counts)s, not_before = clock_timestamp() + make_interval(secs => %(seconds)s),
           error_class = %(class)s, error = %(error)s, advice = %(advice)s""",
        {"counts": int(counts), "seconds": seconds, "class": error_class, "error": message, "advice": advice},
    )


async def progress(connection: Connection, run: Run) -> tuple[int, int]:
    """(how often the run was tried since its last page or begun anew, its pages); LeaseLost when it is another's."""
    cursor = await connection.execute(
        f"SELECT attempts + restarts, pages FROM run WHERE {OURS}",  # noqa: S608 - a constant of this file
        {"id": run.id, "fence": run.fence},
    )
    row = await cursor.fetchone()
    if row is None:
        message = f"the lease of run {run.id} has ended"
        raise LeaseLost(message)
    return int(row[0]), int(row[1])


async def count_deleted(connection: Connection, run: Run, deleted: int, held: int) -> None:
    """Notes on the run how many records it ended, and how many it holds back."""
    await fenced(connection, run, "deleted = %(deleted)s, held = %(held)s", {"deleted": deleted, "held": held})


async def fenced(connection: Connection, run: Run, assignments: str, values: Mapping[str, Any]) -> None:
    """Changes the run if it is still ours; LeaseLost when its lease has ended, whoever has it now."""
    cursor = await connection.execute(
        f"UPDATE run SET {assignments} WHERE {OURS}",  # noqa: S608 - constants of this file
        {**values, "id": run.id, "fence": run.fence, "lease": LEASE_SECONDS},
    )
    if cursor.rowcount != 1:
        message = f"the lease of run {run.id} has ended"
        raise LeaseLost(message)
