"""SQL of a person's word on findings, and of why one stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mspctl.store import Connection, Row


def lock(connection: Connection, finding_id: UUID) -> Row | None:
    """A finding as it stands, held until the transaction ends."""
    return connection.execute(
        "SELECT id, state, resolved_by, subject_id FROM finding WHERE id = %s FOR UPDATE", (finding_id,)
    ).fetchone()


def write_state(connection: Connection, finding_id: UUID, state: str, until: datetime | None, author: str) -> None:
    """Makes the state what a person decided."""
    connection.execute(
        """
        UPDATE finding SET state = %(state)s, suppressed_until = %(until)s, quiet_since = NULL, changed_at = now(),
               resolved_at = CASE WHEN %(state)s = 'resolved' THEN now() END,
               resolved_by = CASE WHEN %(state)s = 'resolved' THEN %(author)s END
        WHERE id = %(id)s
        """,
        {"id": finding_id, "state": state, "until": until, "author": author},
    )


def write_event(connection: Connection, finding_id: UUID, author: str, reason: str | None) -> None:
    """Notes the state as it is now, and what the person said."""
    connection.execute(
        """
        INSERT INTO finding_event (msp_id, finding_id, state, severity, evidence, author, reason)
        SELECT msp_id, id, state, severity, evidence, %s, %s FROM finding WHERE id = %s
        """,
        (author, reason, finding_id),
    )


def look_again(connection: Connection, subject_id: UUID, traceparent: str) -> None:
    """Has the checks look at the subject, so that what ends by itself is awaited."""
    connection.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, account_id, 'evaluate', 'recheck', ARRAY[id], %(trace)s FROM entity WHERE id = %(id)s
        UNION ALL SELECT msp_id, id, 'evaluate', 'recheck', ARRAY[id], %(trace)s FROM account WHERE id = %(id)s
        """,
        {"id": subject_id, "trace": traceparent},
    )


def tell_workflows(connection: Connection, finding_id: UUID, traceparent: str) -> None:
    """Has workflows look at the finding, where there are any."""
    connection.execute(
        """
        INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, 'act', 'finding', ARRAY[id], %s FROM finding WHERE id = %s AND EXISTS (SELECT FROM workflow)
        """,
        (traceparent, finding_id),
    )


def why(connection: Connection, finding_id: UUID) -> Row | None:
    """What the check waits for or cannot know, how often the finding came back lately, and the check's own words."""
    return connection.execute(
        """
        SELECT f.state, f.resolved_by, f.suppressed_until, f.quiet_since, r.why, r.waits_for, r.due_at,
               d.why AS matters, d.remedy, d.params, coalesce(d.needs, '{}') AS needs,
               (SELECT count(*) FROM finding_event e WHERE e.finding_id = f.id AND e.state = 'regressed') AS returns
        FROM finding f LEFT JOIN recheck r ON r.subject_id = f.subject_id AND r.check_name = f.check_name
        LEFT JOIN check_declared d ON d.name = f.check_name WHERE f.id = %s
        """,
        (finding_id,),
    ).fetchone()


def inputs(connection: Connection, finding_id: UUID) -> list[Row]:
    """The listings the check reads, of the subject's client: until when each is known."""
    return connection.execute(
        """
        SELECT a.vendor || '/' || l.resource AS listing, a.name AS account, l.current_at, l.unavailable_reason AS unavailable
        FROM finding f JOIN check_declared d ON d.name = f.check_name
        JOIN client c ON c.id = f.client_id
        JOIN account a ON a.client_id = c.id OR a.id = c.account_id
        JOIN listing l ON l.account_id = a.id AND a.vendor || '/' || l.resource = ANY(d.needs)
        WHERE f.id = %s ORDER BY listing, account
        """,
        (finding_id,),
    ).fetchall()


def related(connection: Connection, finding_id: UUID) -> list[Row]:
    """What is set for the check where the finding's subject is, the widest scope first: the last of a parameter counts."""
    return connection.execute(
        """
        SELECT s.param, s.value, s.scope, s.author, s.set_at FROM finding f
        JOIN check_setting s ON s.check_name = f.check_name
        LEFT JOIN client_group_member m ON m.client_id = f.client_id
        WHERE f.id = %s AND CASE s.scope WHEN 'global' THEN true WHEN 'client_group' THEN s.target_id = m.group_id
                                 WHEN 'client' THEN s.target_id = f.client_id ELSE s.target_id = f.subject_id END
        ORDER BY array_position(ARRAY['global', 'client_group', 'client', 'entity'], s.scope), s.param
        """,
        (finding_id,),
    ).fetchall()
