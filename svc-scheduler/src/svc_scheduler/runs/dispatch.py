"""Queued runs are announced, as many as may be in hand and in a fair order."""

from __future__ import annotations

from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.fault_points import reach
from svc_scheduler.runs import store
from svc_scheduler.runs.choose import Caps, choose
from svc_scheduler.runs.store import RunAnnouncement


async def dispatch(pool: Pool, caps: Caps) -> list[RunAnnouncement]:
    """The runs to announce now, marked as announced."""
    async with transaction(pool, None) as connection:
        await store.take_turn(connection)
        waiting = await store.candidates(connection, caps.account)
        if not waiting:
            return []
        chosen = choose(waiting, await store.in_hand(connection), caps, await store.weights(connection))
        reach("scheduler.runs.chosen")
        marked = await store.announce(connection, chosen)
        reach("scheduler.runs.marked")
    reach("scheduler.runs.committed")
    return marked
