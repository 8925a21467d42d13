"""SQL of finding, finding_event and recheck: each written in one statement per batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import orjson
from psycopg.rows import class_row

from mspbyte_common.db.engine import Connection
from mspbyte_common.findings import WINDOW
from mspbyte_common.ledger.item import Item
from svc_workers.findings.lifecycle import Change, Standing
from svc_workers.findings.rechecks import Recheck

AUTHOR: Final = "svc-workers"


async def findings_of(connection: Connection, subject_ids: Sequence[UUID]) -> list[Standing]:
    """Every finding on these subjects, locked until the transaction ends."""
    async with connection.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(
            """
            SELECT f.id, f.check_name, f.subject_id, f.subject_kind, f.client_id, f.severity, f.state, f.title, f.evidence,
                   f.suppressed_until, f.resolved_by, f.quiet_since,
                   (SELECT count(*) FROM finding_event e WHERE e.finding_id = f.id AND e.state = 'regressed'
                    AND e.reason IS NULL AND e.at > transaction_timestamp() - %s)::int AS returns
            FROM finding f WHERE f.subject_id = ANY(%s) ORDER BY f.id FOR UPDATE
            """,
            (WINDOW, list(subject_ids)),
        )
        return await cursor.fetchall()


async def write_findings(connection: Connection, item: Item, changes: Sequence[Change]) -> None:
    """Writes findings as they now stand, and an event for each whose state or severity is new."""
    if not changes:
        return
    findings = [change.finding for change in changes]
    await connection.execute(
        """
        INSERT INTO finding (id, msp_id, check_name, subject_id, subject_kind, client_id, severity, state, title,
                             evidence, suppressed_until, resolved_by, quiet_since, opened_at, changed_at, resolved_at)
        SELECT f.id, %(msp)s, f.check_name, f.subject_id, f.subject_kind, f.client_id, f.severity, f.state, f.title,
               f.evidence::jsonb, f.suppressed_until, f.resolved_by, f.quiet_since, transaction_timestamp(),
               transaction_timestamp(),
               CASE WHEN f.state = 'resolved' THEN transaction_timestamp() END
        FROM unnest(%(ids)s::uuid[], %(checks)s::text[], %(subjects)s::uuid[], %(kinds)s::text[], %(clients)s::uuid[],
                    %(severities)s::text[], %(states)s::text[], %(titles)s::text[], %(evidence)s::text[],
                    %(untils)s::timestamptz[], %(resolvers)s::text[], %(quiet)s::timestamptz[])
             AS f (id, check_name, subject_id, subject_kind, client_id, severity, state, title, evidence,
                   suppressed_until, resolved_by, quiet_since)
        ON CONFLICT (id) DO UPDATE
        SET client_id = EXCLUDED.client_id, severity = EXCLUDED.severity, state = EXCLUDED.state,
            title = EXCLUDED.title, evidence = EXCLUDED.evidence, suppressed_until = EXCLUDED.suppressed_until,
            resolved_by = EXCLUDED.resolved_by, quiet_since = EXCLUDED.quiet_since, changed_at = EXCLUDED.changed_at,
            resolved_at = EXCLUDED.resolved_at
        """,
        {
            "msp": item.msp_id,
            "ids": [finding.id for finding in findings],
            "checks": [finding.check_name for finding in findings],
            "subjects": [finding.subject_id for finding in findings],
            "kinds": [finding.subject_kind for finding in findings],
            "clients": [finding.client_id for finding in findings],
            "severities": [finding.severity for finding in findings],
            "states": [finding.state for finding in findings],
            "titles": [finding.title for finding in findings],
            "evidence": [_json(finding) for finding in findings],
            "untils": [finding.suppressed_until for finding in findings],
            "resolvers": [finding.resolved_by for finding in findings],
            "quiet": [finding.quiet_since for finding in findings],
        },
    )
    events = [change.finding for change in changes if change.event]
    await connection.execute(
        """
        INSERT INTO finding_event (msp_id, finding_id, state, severity, evidence, author, at, run_id, traceparent)
        SELECT %(msp)s, e.finding_id, e.state, e.severity, e.evidence::jsonb, %(author)s, transaction_timestamp(),
               %(run)s::uuid, %(traceparent)s
        FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(severities)s::text[], %(evidence)s::text[])
             AS e (finding_id, state, severity, evidence)
        """,
        {
            "msp": item.msp_id,
            "run": item.run_id,
            "traceparent": item.traceparent,
            "author": AUTHOR,
            "ids": [finding.id for finding in events],
            "states": [finding.state for finding in events],
            "severities": [finding.severity for finding in events],
            "evidence": [_json(finding) for finding in events],
        },
    )


async def replace_rechecks(
    connection: Connection, msp_id: UUID, subject_ids: Sequence[UUID], rows: Sequence[Recheck]
) -> None:
    """Makes the rechecks of these subjects exactly `rows`; those that stand already are not written."""
    async with connection.cursor(row_factory=class_row(Recheck)) as cursor:
        await cursor.execute(
            """
            SELECT subject_id, check_name, subject_kind, client_id, account_id, why, waits_for, due_at
            FROM recheck WHERE subject_id = ANY(%s) ORDER BY subject_id, check_name FOR UPDATE
            """,
            (list(subject_ids),),
        )
        standing = {(row.subject_id, row.check_name): row for row in await cursor.fetchall()}
    wanted = {(row.subject_id, row.check_name): row for row in rows}
    await _delete_rechecks(connection, [key for key in standing if key not in wanted])
    await _write_rechecks(connection, msp_id, [row for key, row in wanted.items() if standing.get(key) != row])


async def _delete_rechecks(connection: Connection, keys: Sequence[tuple[UUID, str]]) -> None:
    if not keys:
        return
    await connection.execute(
        """
        DELETE FROM recheck r USING unnest(%s::uuid[], %s::text[]) AS k (subject_id, check_name)
        WHERE r.subject_id = k.subject_id AND r.check_name = k.check_name
        """,
        ([subject for subject, _ in keys], [check for _, check in keys]),
    )


async def _write_rechecks(connection: Connection, msp_id: UUID, rows: Sequence[Recheck]) -> None:
    if not rows:
        return
    await connection.execute(
        """
        INSERT INTO recheck (subject_id, check_name, msp_id, subject_kind, client_id, account_id, why, waits_for,
                             due_at)
        SELECT r.subject_id, r.check_name, %(msp)s, r.subject_kind, r.client_id, r.account_id, r.why, r.waits_for,
               r.due_at
        FROM unnest(%(subjects)s::uuid[], %(checks)s::text[], %(kinds)s::text[], %(clients)s::uuid[],
                    %(accounts)s::uuid[], %(whys)s::text[], %(waits)s::text[], %(dues)s::timestamptz[])
             AS r (subject_id, check_name, subject_kind, client_id, account_id, why, waits_for, due_at)
        ON CONFLICT (subject_id, check_name) DO UPDATE
        SET subject_kind = EXCLUDED.subject_kind, client_id = EXCLUDED.client_id, account_id = EXCLUDED.account_id,
            why = EXCLUDED.why, waits_for = EXCLUDED.waits_for, due_at = EXCLUDED.due_at
        """,
        {
            "msp": msp_id,
            "subjects": [row.subject_id for row in rows],
            "checks": [row.check_name for row in rows],
            "kinds": [row.subject_kind for row in rows],
            "clients": [row.client_id for row in rows],
            "accounts": [row.account_id for row in rows],
            "whys": [row.why for row in rows],
            "waits": [row.waits_for for row in rows],
            "dues": [row.due_at for row in rows],
        },
    )


def _json(finding: Standing) -> str:
    return orjson.dumps(finding.evidence).decode()
