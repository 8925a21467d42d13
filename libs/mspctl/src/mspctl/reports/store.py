"""SQL over report, report_declared and report_schedule."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mspctl.store import Connection, Row

FORMS = ("html", "json", "csv")


def declared(connection: Connection) -> list[Row]:
    """The reports of the release that runs."""
    return connection.execute("SELECT name, title, lead FROM report_declared ORDER BY name").fetchall()


def request(
    connection: Connection,
    msp_id: UUID,
    report_id: UUID,
    client_id: UUID | None,
    name: str,
    at: datetime | None,
    traceparent: str,
) -> None:
    """Asks svc-workers for a report on a client, or on all of them."""
    connection.execute(
        "INSERT INTO report (id, msp_id, client_id, name, state, at) VALUES (%s, %s, %s, %s, 'requested', %s)",
        (report_id, msp_id, client_id, name, at),
    )
    connection.execute(
        """
        INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent)
        VALUES (%s, 'report', 'client', ARRAY[%s]::uuid[], %s)
        """,
        (msp_id, report_id, traceparent),
    )


LISTED = """
    SELECT r.id, r.name, r.client_id, coalesce(c.name, 'company ' || c.company_id) AS client, r.state, r.as_of,
           r.requested_at, r.kept_until, r.schedule_id, r.error
    FROM report r LEFT JOIN client c ON c.id = r.client_id
"""


def reports(connection: Connection, *, name: str | None, client_id: UUID | None, limit: int) -> list[Row]:
    """What was asked for, the latest first."""
    return connection.execute(
        f"""
        {LISTED} WHERE (%(name)s::text IS NULL OR r.name = %(name)s)
                   AND (%(client)s::uuid IS NULL OR r.client_id = %(client)s)
        ORDER BY r.requested_at DESC, r.id LIMIT %(limit)s
        """,
        {"name": name, "client": client_id, "limit": limit},
    ).fetchall()


def between(connection: Connection, first: UUID, last: UUID) -> list[Row]:
    """Reports whose id lies between two, at most six."""
    return connection.execute(f"{LISTED} WHERE r.id BETWEEN %s AND %s LIMIT 6", (first, last)).fetchall()


def report(connection: Connection, report_id: UUID) -> Row | None:
    """A report with its three forms, as far as it is ready."""
    return connection.execute(
        "SELECT id, client_id, name, state, as_of, html, json, csv, error FROM report WHERE id = %s", (report_id,)
    ).fetchone()


def schedules(connection: Connection) -> list[Row]:
    """The reports that are made again and again, and when next."""
    return connection.execute(
        """
        SELECT s.id, s.name, s.scope, coalesce(c.name, 'company ' || c.company_id, g.name) AS target, s.schedule,
               s.next_fire_at, s.keep_days, s.author, s.created_at
        FROM report_schedule s LEFT JOIN client c ON c.id = s.target_id LEFT JOIN client_group g ON g.id = s.target_id
        ORDER BY s.name, s.scope, target, s.id
        """
    ).fetchall()


def schedules_between(connection: Connection, first: UUID, last: UUID) -> list[Row]:
    """Schedules whose id lies between two, at most six."""
    return connection.execute(
        "SELECT id, name, scope, schedule FROM report_schedule WHERE id BETWEEN %s AND %s LIMIT 6", (first, last)
    ).fetchall()


def add_schedule(connection: Connection, row: Row) -> None:
    """Has a report made again and again."""
    connection.execute(
        """
        INSERT INTO report_schedule (id, msp_id, name, scope, target_id, schedule, next_fire_at, keep_days, author)
        VALUES (%(id)s, %(msp_id)s, %(name)s, %(scope)s, %(target_id)s, %(schedule)s, %(next_fire_at)s, %(keep_days)s,
                %(author)s)
        """,
        row,
    )


def remove_schedule(connection: Connection, schedule_id: UUID) -> None:
    """No longer; what it made stays."""
    connection.execute("DELETE FROM report_schedule WHERE id = %s", (schedule_id,))
