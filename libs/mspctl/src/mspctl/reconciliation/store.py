"""SQL of billing_rule and reconciliation, and of the views that say which source knows what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from mspctl.checks.store import TARGET
from mspctl.store import Connection, Row

Matrix = Literal["v_coverage", "v_people"]


def rules(connection: Connection) -> list[Row]:
    """Every rule people set, the widest scope first."""
    return connection.execute(
        f"""
        SELECT s.rule_id, s.scope, {TARGET} AS target, s.target_id, s.rule, s.author, s.set_at FROM billing_rule s
        ORDER BY array_position(ARRAY['global', 'client_group', 'client'], s.scope), target, s.rule_id
        """  # noqa: S608 - a constant of this file
    ).fetchall()


def put_rule(
    connection: Connection,
    msp_id: UUID,
    rule_id: str,
    rule: dict[str, Any],
    scope: str,
    target: UUID | None,
    author: str,
) -> None:
    """Sets a rule for a scope, in place of the one of that id."""
    connection.execute(
        """
        INSERT INTO billing_rule (msp_id, rule_id, rule, scope, target_id, author) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (msp_id, rule_id, scope, target_id) DO UPDATE
        SET rule = EXCLUDED.rule, author = EXCLUDED.author, set_at = now()
        """,
        (msp_id, rule_id, Jsonb(rule), scope, target, author),
    )


def drop_rule(connection: Connection, rule_id: str, scope: str, target: UUID | None) -> bool:
    """Takes a rule of a scope back; False when none was set."""
    cursor = connection.execute(
        "DELETE FROM billing_rule WHERE rule_id = %s AND scope = %s AND target_id IS NOT DISTINCT FROM %s",
        (rule_id, scope, target),
    )
    return cursor.rowcount > 0


def services(connection: Connection) -> list[Row]:
    """The PSA's active services: id and name."""
    return connection.execute(
        "SELECT service_id, name FROM v_service WHERE active IS DISTINCT FROM false ORDER BY name, service_id"
    ).fetchall()


def request(
    connection: Connection,
    msp_id: UUID,
    request_id: UUID,
    client_id: UUID | None,
    at: datetime | None,
    traceparent: str,
) -> None:
    """Asks svc-workers for a reconciliation."""
    connection.execute(
        "INSERT INTO reconciliation (id, msp_id, client_id, at, state) VALUES (%s, %s, %s, %s, 'requested')",
        (request_id, msp_id, client_id, at),
    )
    connection.execute(
        """
        INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent)
        VALUES (%s, 'report', 'reconciliation', ARRAY[%s]::uuid[], %s)
        """,
        (msp_id, request_id, traceparent),
    )


def take(connection: Connection, request_id: UUID) -> Row | None:
    """The answer, which is then forgotten; None while there is none."""
    return connection.execute(
        "DELETE FROM reconciliation WHERE id = %s AND state <> 'requested' RETURNING state, result, error",
        (request_id,),
    ).fetchone()


def matrix(connection: Connection, view: Matrix, client_id: UUID) -> list[Row]:
    """A client's things, each with the sources that know it."""
    query = sql.SQL("SELECT * FROM {} WHERE client_id = %s ORDER BY name, thing_id")
    return connection.execute(query.format(sql.Identifier(view)), (client_id,)).fetchall()


def matrix_of_all(connection: Connection, view: Matrix, sources: tuple[str, ...], things: str) -> list[Row]:
    """Per client, how many things it has, and how many of them each source knows; NULL where nobody can tell."""
    counts = sql.SQL(", ").join(
        sql.SQL("CASE WHEN count({0}) > 0 THEN count(*) FILTER (WHERE {0}) END AS {0}").format(sql.Identifier(source))
        for source in sources
    )
    query = sql.SQL("SELECT client, count(*) AS {}, {} FROM {} GROUP BY client_id, client ORDER BY client, client_id")
    return connection.execute(query.format(sql.Identifier(things), counts, sql.Identifier(view))).fetchall()
