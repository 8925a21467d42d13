"""SQL of action, action_step and action_mode: a person's part."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mspctl.store import Connection, Row


def modes(connection: Connection) -> list[Row]:
    """Every switch, with what was never set as off."""
    return connection.execute(
        """
        SELECT k.kind, coalesce(m.mode, 'off') AS mode, m.author, m.set_at
        FROM unnest(ARRAY['all', 'ticket', 'webhook', 'mail']) WITH ORDINALITY AS k (kind, place)
        LEFT JOIN action_mode m ON m.kind = k.kind ORDER BY k.place
        """
    ).fetchall()


def set_mode(connection: Connection, msp_id: UUID, kind: str, mode: str, author: str) -> None:
    """Turns a switch."""
    connection.execute(
        """
        INSERT INTO action_mode (msp_id, kind, mode, author) VALUES (%s, %s, %s, %s)
        ON CONFLICT (msp_id, kind) DO UPDATE SET mode = EXCLUDED.mode, author = EXCLUDED.author, set_at = now()
        """,
        (msp_id, kind, mode, author),
    )


def actions(
    connection: Connection,
    *,
    state: str | None = None,
    kind: str | None = None,
    workflow: str | None = None,
    client_id: UUID | None = None,
    limit: int = 200,
) -> list[Row]:
    """Actions, the latest first."""
    return connection.execute(
        """
        SELECT a.id, coalesce(w.name, 'removed') AS workflow, a.name AS action, a.kind, a.state, c.name AS client, a.summary,
               a.due_at, a.external_id, a.error_class, a.changed_at
        FROM action a LEFT JOIN workflow w ON w.id = a.workflow_id LEFT JOIN client c ON c.id = a.client_id
        WHERE (%(state)s::text IS NULL OR a.state = %(state)s) AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)
          AND (%(workflow)s::text IS NULL OR w.name = %(workflow)s)
          AND (%(client)s::uuid IS NULL OR a.client_id = %(client)s)
        ORDER BY a.changed_at DESC, a.id LIMIT %(limit)s
        """,
        {"state": state, "kind": kind, "workflow": workflow, "client": client_id, "limit": limit},
    ).fetchall()


def actions_between(connection: Connection, first: UUID, last: UUID) -> list[Row]:
    """Actions whose id lies between two."""
    return connection.execute(
        """
        SELECT a.id, coalesce(w.name, 'removed') AS workflow, a.name AS action, a.kind, a.state, c.name AS client, a.summary,
               a.request, a.findings, a.about_id, a.attempts, a.uncertain, a.due_at, a.external_id, a.error_class, a.error,
               a.advice, a.created_at, a.changed_at, a.ended_at
        FROM action a LEFT JOIN workflow w ON w.id = a.workflow_id LEFT JOIN client c ON c.id = a.client_id
        WHERE a.id BETWEEN %s AND %s ORDER BY a.id LIMIT 10
        """,
        (first, last),
    ).fetchall()


def steps(connection: Connection, action_id: UUID) -> list[Row]:
    """The audit of an action."""
    return connection.execute(
        "SELECT at, step, author, detail FROM action_step WHERE action_id = %s ORDER BY id", (action_id,)
    ).fetchall()


def ids_in(connection: Connection, state: str, kind: str | None, workflow: str | None) -> list[UUID]:
    """Actions in a state, of a kind and a workflow where they are given."""
    rows = connection.execute(
        """
        SELECT a.id FROM action a LEFT JOIN workflow w ON w.id = a.workflow_id
        WHERE a.state = %(state)s AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)
          AND (%(workflow)s::text IS NULL OR w.name = %(workflow)s) ORDER BY a.id
        """,
        {"state": state, "kind": kind, "workflow": workflow},
    ).fetchall()
    return [row["id"] for row in rows]


def approve(connection: Connection, ids: Sequence[UUID], author: str) -> list[UUID]:
    """Lets proposed actions go; one that is not due yet goes then."""
    return _step(
        connection,
        """
        UPDATE action SET state = 'queued', due_at = coalesce(due_at, clock_timestamp()), changed_at = clock_timestamp()
        WHERE id = ANY(%s) AND state = 'proposed' RETURNING id, msp_id
        """,
        ids,
        "approved",
        author,
        None,
    )


def reject(connection: Connection, ids: Sequence[UUID], author: str, reason: str) -> list[UUID]:
    """Says that proposed or failed actions are never to be done."""
    return _step(
        connection,
        """
        UPDATE action SET state = 'rejected', due_at = NULL, changed_at = clock_timestamp()
        WHERE id = ANY(%s) AND state IN ('proposed', 'failed') RETURNING id, msp_id
        """,
        ids,
        "rejected",
        author,
        reason,
    )


def retry(connection: Connection, ids: Sequence[UUID], author: str) -> list[UUID]:
    """Has failed actions tried again, but for tickets whose findings have cleared. What may have been sent is looked for."""
    return _step(
        connection,
        """
        UPDATE action SET state = 'queued', due_at = clock_timestamp(), tried = 0, changed_at = clock_timestamp(),
               error_class = NULL, error = NULL, advice = NULL,
               account_id = CASE WHEN kind LIKE 'ticket%%' THEN coalesce(account_id, (
                   SELECT r.id FROM account r WHERE r.vendor = 'autotask' AND r.is_root ORDER BY r.id LIMIT 1)) END
        WHERE id = ANY(%s) AND state = 'failed' AND ended_at IS NULL RETURNING id, msp_id
        """,
        ids,
        "asked again",
        author,
        None,
    )


def _step(
    connection: Connection, statement: str, ids: Sequence[UUID], step: str, author: str, detail: str | None
) -> list[UUID]:
    rows = connection.execute(statement, (list(ids),)).fetchall()
    for row in rows:
        connection.execute(
            "INSERT INTO action_step (msp_id, action_id, step, author, detail) VALUES (%s, %s, %s, %s, %s)",
            (row["msp_id"], row["id"], step, author, detail),
        )
    return [row["id"] for row in rows]
