"""SQL of what people set for checks, and of the checks' own declarations."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from psycopg.rows import class_row

from mspbyte_common.db.engine import Connection
from mspbyte_common.reconciliation.book import RuleBook
from svc_workers.check import Check
from svc_workers.reconciliation.reads import with_rules
from svc_workers.scopes.scoped import Exemption, Scoped, Setting, as_json


async def scoped(connection: Connection) -> Scoped:
    """All that is set for the msp of the transaction."""
    async with connection.cursor(row_factory=class_row(Setting)) as cursor:
        await cursor.execute("SELECT check_name, param, value, scope, target_id FROM check_setting ORDER BY id")
        settings = tuple(await cursor.fetchall())
    async with connection.cursor(row_factory=class_row(Exemption)) as exemptions:
        await exemptions.execute(
            """
            SELECT check_name, scope, target_id, reason, author, expires_at FROM check_exception
            WHERE expires_at > transaction_timestamp() ORDER BY id
            """
        )
        holding = tuple(await exemptions.fetchall())
    members = await connection.execute("SELECT client_id, group_id FROM client_group_member")
    return Scoped(settings, holding, dict(await members.fetchall()))


async def declare_checks(connection: Connection, checks: Collection[Check[Any, Any]]) -> None:
    """Makes the declared checks exactly these."""
    await connection.execute("DELETE FROM check_declared WHERE name <> ALL(%s)", ([check.name for check in checks],))
    for check in checks:
        await connection.execute(
            """
            INSERT INTO check_declared AS d (name, kind, severity, title, why, remedy, params, needs)
            VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s)
            ON CONFLICT (name) DO UPDATE
            SET kind = EXCLUDED.kind, severity = EXCLUDED.severity, title = EXCLUDED.title, why = EXCLUDED.why,
                remedy = EXCLUDED.remedy, params = EXCLUDED.params, needs = EXCLUDED.needs
            WHERE d IS DISTINCT FROM EXCLUDED
            """,
            (
                check.name,
                check.kind.NAME,
                check.severity,
                check.title,
                check.why,
                check.remedy,
                orjson.dumps(as_json(check.params)).decode(),
                list(with_rules(check, RuleBook()).needs),
            ),
        )
