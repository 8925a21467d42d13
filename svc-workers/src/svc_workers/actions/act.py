"""The stage `act`: from findings that are news to the actions that are wanted. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Sequence

from mspbyte_common.db.engine import Connection
from mspbyte_common.effects.effect import work_for
from mspbyte_common.fault_points import reach
from mspbyte_common.ledger.item import Item, Next
from svc_workers.actions import store
from svc_workers.actions.store import New
from svc_workers.actions.wanted import Wanted, wanted_messages, wanted_tickets


async def act(connection: Connection, item: Item) -> Sequence[Next]:
    """Looks at findings as they are now. What follows from them already is not made again."""
    now = await store.lock(connection, item.msp_id)
    reach("actions.msp.locked")
    plan = await store.plan(connection)
    if not plan.workflows or plan.modes.get("all", "off") == "off":
        return []
    facts = await store.facts(connection, item.entity_ids)
    wanted = [
        *await wanted_tickets(connection, plan, facts, now),
        *await wanted_messages(connection, plan, facts, now),
    ]
    reach("actions.wanted.known")
    following: list[Next] = []
    for one in wanted:
        following += await _write(connection, item, one)
        reach("actions.change.written")
    return following


async def _write(connection: Connection, item: Item, wanted: Wanted) -> list[Next]:
    if isinstance(wanted, New):
        written = await store.write_new(connection, item.msp_id, wanted, item.traceparent)
        if written and wanted.state == "queued" and wanted.due_at is None:
            return [work_for(wanted.kind, wanted.account_id, wanted.id)]
    elif isinstance(wanted, store.Rewritten):
        await store.rewrite(connection, item.msp_id, wanted)
    elif isinstance(wanted, store.TakenIn):
        await store.take_in(connection, wanted)
    elif isinstance(wanted, store.Ended):
        await store.end(connection, item.msp_id, wanted)
    else:
        await store.add_to_digest(connection, wanted)
    return []
