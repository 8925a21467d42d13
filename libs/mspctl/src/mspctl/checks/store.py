"""SQL of check_declared, check_setting, check_exception, check_trial, client_group and client_group_member."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from mspctl.store import Connection, Row

BY_RULES = ("under_billed", "unbilled")
"""A check of contract lines and one of companies that go by billing rules; the others of a kind are asked with them."""
TARGET = """
    CASE s.scope WHEN 'client_group' THEN (SELECT g.name FROM client_group g WHERE g.id = s.target_id)
                 WHEN 'client' THEN (SELECT c.name FROM client c WHERE c.id = s.target_id)
                 WHEN 'entity' THEN s.target_id::text END
"""
"""What a person calls the target of a scope."""


def checks(connection: Connection) -> list[Row]:
    """Every check of the release that runs, with how many of its findings stand and what is set for it."""
    return connection.execute(
        """
        SELECT d.name AS "check", d.kind, d.severity, d.title, coalesce(f.standing, 0) AS standing,
               coalesce(s.settings, 0) AS settings, coalesce(x.exceptions, 0) AS exceptions
        FROM check_declared d
        LEFT JOIN (SELECT check_name, count(*) AS standing FROM finding WHERE state <> 'resolved' GROUP BY 1) f
               ON f.check_name = d.name
        LEFT JOIN (SELECT check_name, count(*) AS settings FROM check_setting GROUP BY 1) s ON s.check_name = d.name
        LEFT JOIN (SELECT check_name, count(*) AS exceptions FROM check_exception WHERE expires_at > now() GROUP BY 1) x
               ON x.check_name = d.name
        ORDER BY d.name
        """
    ).fetchall()


def check(connection: Connection, name: str) -> Row | None:
    """A check as it is declared."""
    return connection.execute(
        'SELECT name AS "check", kind, severity, title, why, remedy, params, needs FROM check_declared WHERE name = %s',
        (name,),
    ).fetchone()


def settings(connection: Connection, name: str) -> list[Row]:
    """What is set for a check, the widest scope first."""
    return connection.execute(
        f"""
        SELECT s.param, s.value, s.scope, {TARGET} AS target, s.target_id, s.author, s.set_at FROM check_setting s
        WHERE s.check_name = %s
        ORDER BY array_position(ARRAY['global', 'client_group', 'client', 'entity'], s.scope), s.param, s.id
        """,  # noqa: S608 - a constant of this file
        (name,),
    ).fetchall()


def exceptions(connection: Connection, name: str | None = None) -> list[Row]:
    """The exceptions that hold, of one check or of all, the first to end first."""
    return connection.execute(
        f"""
        SELECT s.id, s.check_name AS "check", s.scope, {TARGET} AS target, s.target_id, s.reason, s.author, s.created_at,
               s.expires_at
        FROM check_exception s WHERE s.expires_at > now() AND (%(name)s::text IS NULL OR s.check_name = %(name)s)
        ORDER BY s.expires_at, s.id
        """,  # noqa: S608 - a constant of this file
        {"name": name},
    ).fetchall()


def put_setting(
    connection: Connection,
    msp_id: UUID,
    name: str,
    param: str,
    value: Any,
    scope: str,
    target: UUID | None,
    author: str,
) -> None:
    """Sets a parameter for a scope, in place of what was set before."""
    connection.execute(
        """
        INSERT INTO check_setting (msp_id, check_name, param, value, scope, target_id, author)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (msp_id, check_name, param, scope, target_id) DO UPDATE
        SET value = EXCLUDED.value, author = EXCLUDED.author, set_at = now()
        """,
        (msp_id, name, param, Jsonb(value), scope, target, author),
    )


def drop_setting(connection: Connection, name: str, param: str, scope: str, target: UUID | None) -> bool:
    """Takes a parameter of a scope back; False when none was set."""
    cursor = connection.execute(
        """
        DELETE FROM check_setting
        WHERE check_name = %s AND param = %s AND scope = %s AND target_id IS NOT DISTINCT FROM %s
        """,
        (name, param, scope, target),
    )
    return cursor.rowcount > 0


def except_(
    connection: Connection,
    msp_id: UUID,
    name: str,
    scope: str,
    target: UUID | None,
    until: datetime,
    author: str,
    reason: str,
) -> None:
    """Excepts a scope from a check until a moment."""
    connection.execute(
        """
        INSERT INTO check_exception (msp_id, check_name, scope, target_id, reason, author, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        (msp_id, name, scope, target, reason, author, until),
    )


def end_exception(connection: Connection, number: int) -> Row | None:
    """Ends an exception that holds; None when there is none."""
    return connection.execute(
        """
        UPDATE check_exception SET expires_at = now() WHERE id = %s AND expires_at > now()
        RETURNING check_name AS "check", scope, target_id
        """,
        (number,),
    ).fetchone()


def ask_again(connection: Connection, name: str, scope: str, target: UUID | None, traceparent: str) -> int:
    """Has the check look at every subject of a scope again; returns how many those are."""
    row = connection.execute(
        """
        WITH subject AS (
            SELECT e.msp_id, e.account_id, e.client_id, e.id FROM entity e JOIN check_declared d ON d.kind = e.kind
            WHERE d.name = %(name)s AND e.deleted_at IS NULL AND e.normalized_data IS NOT NULL
            UNION ALL
            SELECT a.msp_id, a.id, a.client_id, a.id FROM account a JOIN check_declared d ON d.kind = 'account'
            WHERE d.name = %(name)s
        ), touched AS (
            SELECT s.msp_id, s.account_id, s.id,
                   (row_number() OVER (PARTITION BY s.account_id ORDER BY s.id) - 1) / 1000 AS batch
            FROM subject s LEFT JOIN client_group_member m ON m.client_id = s.client_id
            WHERE CASE %(scope)s WHEN 'global' THEN true WHEN 'client_group' THEN m.group_id = %(target)s
                                 WHEN 'client' THEN s.client_id = %(target)s ELSE s.id = %(target)s END
        ), asked AS (
            INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
            SELECT msp_id, account_id, 'evaluate', 'recheck', array_agg(id ORDER BY id), %(traceparent)s
            FROM touched GROUP BY msp_id, account_id, batch)
        SELECT count(*) AS n FROM touched
        """,
        {"name": name, "scope": scope, "target": target, "traceparent": traceparent},
    ).fetchone()
    return int(row["n"]) if row else 0


def ask_client_again(connection: Connection, client_id: UUID, traceparent: str) -> None:
    """Has every check for which something is set look at a client again; so that of a group's billing rules."""
    rows = connection.execute(
        """
        SELECT check_name FROM check_setting UNION SELECT check_name FROM check_exception WHERE expires_at > now()
        UNION SELECT unnest(%s::text[]) FROM billing_rule WHERE scope = 'client_group'
        """,
        (list(BY_RULES),),
    ).fetchall()
    for row in rows:
        ask_again(connection, row["check_name"], "client", client_id, traceparent)


def groups(connection: Connection) -> list[Row]:
    """Every group with its clients."""
    return connection.execute(
        """
        SELECT g.id, g.name, coalesce(array_agg(c.name ORDER BY c.name) FILTER (WHERE m.client_id IS NOT NULL), '{}')
               AS clients
        FROM client_group g LEFT JOIN client_group_member m ON m.group_id = g.id LEFT JOIN client c ON c.id = m.client_id
        GROUP BY g.id, g.name ORDER BY g.name
        """
    ).fetchall()


def add_group(connection: Connection, msp_id: UUID, name: str) -> bool:
    """Makes a group; False when there is one of that name."""
    cursor = connection.execute(
        "INSERT INTO client_group (id, msp_id, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (uuid4(), msp_id, name),
    )
    return cursor.rowcount > 0


def join_group(connection: Connection, msp_id: UUID, group_id: UUID, client_id: UUID) -> None:
    """Puts a client into a group, out of any other."""
    connection.execute(
        """
        INSERT INTO client_group_member (client_id, msp_id, group_id) VALUES (%s, %s, %s)
        ON CONFLICT (client_id) DO UPDATE SET group_id = EXCLUDED.group_id
        """,
        (client_id, msp_id, group_id),
    )


def leave_group(connection: Connection, client_id: UUID) -> bool:
    """Takes a client out of its group; False when it is in none."""
    return connection.execute("DELETE FROM client_group_member WHERE client_id = %s", (client_id,)).rowcount > 0


def request_trial(
    connection: Connection,
    msp_id: UUID,
    trial_id: UUID,
    name: str,
    params: dict[str, Any],
    client_id: UUID | None,
    traceparent: str,
) -> None:
    """Asks svc-workers for a dry run."""
    connection.execute(
        """
        INSERT INTO check_trial (id, msp_id, check_name, params, client_id, state)
        VALUES (%s, %s, %s, %s, %s, 'requested')
        """,
        (trial_id, msp_id, name, Jsonb(params), client_id),
    )
    connection.execute(
        """
        INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent)
        VALUES (%s, 'report', 'trial', ARRAY[%s]::uuid[], %s)
        """,
        (msp_id, trial_id, traceparent),
    )


def take_trial(connection: Connection, trial_id: UUID) -> Row | None:
    """The answer of a dry run, which is then forgotten; None while there is none."""
    return connection.execute(
        "DELETE FROM check_trial WHERE id = %s AND state <> 'requested' RETURNING state, result, error", (trial_id,)
    ).fetchone()
