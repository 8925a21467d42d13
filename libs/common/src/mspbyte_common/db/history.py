"""SQL of entity_change: written by the step that makes the change, in its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from mspbyte_common.db.engine import Connection
from mspbyte_common.history import Change


async def record_changes(
    connection: Connection, msp_id: UUID, run_id: UUID | None, traceparent: str, rows: Sequence[tuple[UUID, Change]]
) -> None:
    """Appends the changes of entities, in the order given."""
    await connection.execute(
        """
        INSERT INTO entity_change (msp_id, entity_id, path, before, after, run_id, traceparent)
        SELECT %s, c.entity_id, c.path, c.before::jsonb, c.after::jsonb, %s, %s
        FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[])
             WITH ORDINALITY AS c (entity_id, path, before, after, place)
        ORDER BY c.place
        """,
        (
            msp_id,
            run_id,
            traceparent,
            [entity for entity, _ in rows],
            [change.path for _, change in rows],
            [_text(change.before) for _, change in rows],
            [_text(change.after) for _, change in rows],
        ),
    )


def _text(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
