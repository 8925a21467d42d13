"""Dry runs of workflows: what would follow from the findings of now, as if everything were switched on. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import UsageError
from mspbyte_common.ids import workflow_id
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.workflows.declaration import Mode, workflow
from svc_workers.actions import store
from svc_workers.actions.store import Applied, New, Plan
from svc_workers.actions.wanted import wanted_messages, wanted_tickets

EVERYTHING: Mapping[str, Mode] = {
    "all": "automatic",
    "ticket": "automatic",
    "webhook": "automatic",
    "mail": "automatic",
}


async def trial(connection: Connection, item: Item) -> Sequence[Next]:
    """Makes each dry run that is still asked for."""
    for asked in await store.trials(connection, item.entity_ids):
        try:
            applied = Applied(
                workflow_id(item.msp_id, asked.name), asked.scope, asked.target_id, workflow(asked.declaration)
            )
        except UsageError as error:  # written for another release's words
            await store.trial_failed(connection, asked.id, str(error))
            continue
        await store.trial_ready(connection, asked.id, await _tried(connection, item, applied))
    return []


async def _tried(connection: Connection, item: Item, applied: Applied) -> dict[str, Any]:
    now = await store.lock(connection, item.msp_id)
    declared = await store.plan(connection)
    plan = Plan((applied,), EVERYTHING, declared.groups)
    facts = await store.facts(connection, await store.standing_findings(connection))
    wanted = [
        *await wanted_tickets(connection, plan, facts, now),
        *await wanted_messages(connection, plan, facts, now),
    ]
    known = await store.existing(connection, [one.id for one in wanted if isinstance(one, New)])
    made = [one for one in wanted if isinstance(one, New) and one.id not in known]
    return {
        "findings": len(facts),
        "actions": [
            {
                "kind": one.kind,
                "action": one.name,
                "summary": one.summary,
                "due_at": one.due_at.isoformat() if one.due_at else None,
                "error": one.error,
                "request": one.request,
            }
            for one in made
        ],
    }
