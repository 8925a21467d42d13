"""SQL of workflow and workflow_trial."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mspbyte_common.ids import workflow_id
from mspctl.checks.store import TARGET
from mspctl.store import Connection, Row


def workflows(connection: Connection) -> list[Row]:
    """Every workflow, with how many of its actions are in which state."""
    return connection.execute(
        f"""
        SELECT s.id, s.name, s.scope, {TARGET} AS target, s.declaration ->> 'title' AS title, s.author, s.applied_at,
               (SELECT count(*) FROM action a WHERE a.workflow_id = s.id) AS actions,
               (SELECT count(*) FROM action a WHERE a.workflow_id = s.id AND a.state = 'proposed') AS proposed,
               (SELECT count(*) FROM action a WHERE a.workflow_id = s.id AND a.state = 'failed') AS failed
        FROM workflow s ORDER BY s.name
        """  # noqa: S608 - a constant
    ).fetchall()


def workflow_named(connection: Connection, name: str) -> Row | None:
    """A workflow as it was declared."""
    return connection.execute(
        f"""
        SELECT s.id, s.name, s.scope, {TARGET} AS target, s.target_id, s.declaration, s.author, s.applied_at
        FROM workflow s WHERE s.name = %s
        """,  # noqa: S608 - a constant
        (name,),
    ).fetchone()


def put(
    connection: Connection,
    msp_id: UUID,
    name: str,
    scope: str,
    target: UUID | None,
    declaration: dict[str, Any],
    author: str,
) -> None:
    """Declares a workflow, in place of the one of the same name."""
    connection.execute(
        """
        INSERT INTO workflow (id, msp_id, name, scope, target_id, declaration, author) VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (id) DO UPDATE SET scope = EXCLUDED.scope, target_id = EXCLUDED.target_id,
            declaration = EXCLUDED.declaration, author = EXCLUDED.author, applied_at = now()
        """,
        (workflow_id(msp_id, name), msp_id, name, scope, target, Jsonb(declaration), author),
    )


def remove(connection: Connection, name: str) -> bool:
    """Takes a workflow back; what it did stays."""
    return connection.execute("DELETE FROM workflow WHERE name = %s", (name,)).rowcount > 0


def take_up_standing(connection: Connection, traceparent: str) -> int:
    """Has workflows look at every finding that stands; returns how many those are."""
    row = connection.execute(
        """
        WITH standing AS (
            SELECT msp_id, id, (row_number() OVER (ORDER BY id) - 1) / 1000 AS batch FROM finding WHERE state <> 'resolved'
        ), asked AS (
            INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent)
            SELECT msp_id, 'act', 'finding', array_agg(id ORDER BY id), %s FROM standing GROUP BY msp_id, batch)
        SELECT count(*) AS n FROM standing
        """,
        (traceparent,),
    ).fetchone()
    return int(row["n"]) if row else 0


def check_names(connection: Connection) -> set[str]:
    """The checks of the release that runs."""
    return {row["name"] for row in connection.execute("SELECT name FROM check_declared").fetchall()}


def picklists(connection: Connection) -> dict[str, dict[str, bool]]:
    """Picklists of tickets that were read: field → value → whether it is offered."""
    found: dict[str, dict[str, bool]] = {}
    for row in connection.execute(
        """
        SELECT normalized_data ->> 'field' AS field, normalized_data ->> 'value' AS value,
               coalesce((normalized_data ->> 'active')::boolean, true) AS active
        FROM entity WHERE kind = 'picklist_value' AND normalized_data ->> 'entity' = 'Tickets' AND deleted_at IS NULL
        """
    ).fetchall():
        found.setdefault(row["field"], {})[row["value"]] = row["active"]
    return found


def request_trial(
    connection: Connection,
    msp_id: UUID,
    trial_id: UUID,
    name: str,
    scope: str,
    target: UUID | None,
    declaration: dict[str, Any],
    traceparent: str,
) -> None:
    """Asks svc-workers for a dry run."""
    connection.execute(
        """
        INSERT INTO workflow_trial (id, msp_id, name, scope, target_id, declaration, state)
        VALUES (%s, %s, %s, %s, %s, %s, 'requested')
        """,
        (trial_id, msp_id, name, scope, target, Jsonb(declaration)),
    )
    connection.execute(
        """
        INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent)
        VALUES (%s, 'report', 'workflow', ARRAY[%s]::uuid[], %s)
        """,
        (msp_id, trial_id, traceparent),
    )


def take_trial(connection: Connection, trial_id: UUID) -> Row | None:
    """The answer of a dry run, which is then forgotten; None while there is none."""
    return connection.execute(
        "DELETE FROM workflow_trial WHERE id = %s AND state <> 'requested' RETURNING state, result, error", (trial_id,)
    ).fetchone()
