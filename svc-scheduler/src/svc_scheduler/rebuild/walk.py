"""Walks a rebuild over an msp's records, stage by stage, in small pieces of work.

Data stays where it is and is compared with what is derived again: readers see no gap, what comes out the same is not
written, and a step that was lost is taken again from the place in `rebuild`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

import structlog

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection, Pool, transaction
from mspbyte_common.ledger.item import Next, batches
from mspbyte_common.ledger.store import Announcement, insert_work
from mspbyte_common.trace import new_traceparent
from svc_scheduler.rebuild import store
from svc_scheduler.rebuild.store import Place, Rebuild, Record

log = structlog.get_logger()

GRACE_SECONDS = 60
"""How long after a new version was declared the walk begins: until then the replicas of the old one should be gone."""
STEP = 500
"""The most records one step hands out."""
OPEN = 4
"""While a rebuild has so many pieces of work open it hands out no more: a change that comes meanwhile waits for few."""

ACCOUNTS = 50
"""The most accounts one step looks at that have nothing to hand out."""

STAGE_OF_VERSION = {"process": ("process",), "resolve": ("resolve",), "link": ("link",)}
"""What a new version has done again; what changes goes on from there as any change does."""


async def renew(pool: Pool) -> int:
    """Opens a rebuild in each msp for each version that has been declared for a while; returns how many."""
    async with transaction(pool, None) as connection:
        declared = await store.take_declared(connection, GRACE_SECONDS)
        msps = await store.msps(connection) if declared else []
        for one in declared:
            vendor, _, resource = one.name.partition("/")
            for msp in msps:
                rebuild = ids.derive("rebuild", msp, one.stage, one.name, one.since.isoformat())
                scope = (vendor, resource, None) if one.stage == "process" else (None, None, one.name)
                reason = f"version {one.version} of {one.stage} {one.name}"
                await store.open_rebuild(connection, rebuild, msp, reason, scope, STAGE_OF_VERSION[one.stage])
    return len(declared) * len(msps)


async def walk(pool: Pool) -> list[Announcement]:
    """A few steps of each msp's oldest open rebuild; returns what is to be announced."""
    async with transaction(pool, None) as connection:
        walking = await store.open_rebuilds(connection)
    announcements: list[Announcement] = []
    for msp, rebuild in walking:
        for _ in range(OPEN):
            async with transaction(pool, msp) as connection:
                handed_out = await _step(connection, rebuild)
            announcements += handed_out
            if not handed_out:
                break
    return announcements


async def _step(connection: Connection, rebuild_id: UUID) -> list[Announcement]:
    """Hands out the next records; at the end of a stage waits until its work is done."""
    rebuild = await store.lock_rebuild(connection, rebuild_id)
    if rebuild is None:
        return []
    waiting = await store.open_work(connection, rebuild.id, OPEN)
    if waiting >= OPEN:
        return []
    following = await _hand_out(connection, rebuild)
    if following is None and not waiting:
        await _next_stage(connection, rebuild)
    return await insert_work(connection, rebuild.msp_id, rebuild.id, new_traceparent(), following or [])


async def _hand_out(connection: Connection, rebuild: Rebuild) -> list[Next] | None:
    """The next work of the stage, and the rebuild moved past it; None at the stage's end."""
    place = rebuild.place
    for _ in range(ACCOUNTS):
        if place.account_id is not None:
            records = await store.next_records(connection, rebuild, place, STEP)
            if records:
                last = records[-1]
                passed = Place(place.stage, place.account_id, last.resource, last.id)
                await store.move(connection, rebuild.id, passed, len(records))
                return _batches(place.stage, place.account_id, records)
        account = await store.next_account(connection, rebuild, place)
        if account is None:
            return None
        place = Place(place.stage, account)
        if place.stage == "evaluate":  # checks judge accounts as they judge records
            await store.move(connection, rebuild.id, place, 0)
            return [Next("evaluate", "account", account, [account])]
    await store.move(connection, rebuild.id, place, 0)
    return []


async def _next_stage(connection: Connection, rebuild: Rebuild) -> None:
    later = rebuild.stages[rebuild.stages.index(rebuild.place.stage) + 1 :]
    if later:
        await store.move(connection, rebuild.id, Place(later[0]), 0)
    else:
        await store.finish(connection, rebuild.id)
        log.info("rebuild_done", rebuild=str(rebuild.id), reason=rebuild.reason)


def _batches(stage: str, account: UUID, records: Sequence[Record]) -> list[Next]:
    by_kind = groupby(sorted(records, key=lambda record: record.kind), key=lambda record: record.kind)
    return [piece for kind, group in by_kind for piece in batches(stage, kind, account, (one.id for one in group))]
