"""What becomes of a page, of a finished listing, of a failed run: each one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection, Pool, transaction
from mspbyte_common.fault_points import reach
from mspbyte_common.hashing import digest, split_digest
from mspbyte_common.ledger.item import Next, batches
from mspbyte_common.ledger.store import Announcement, insert_work, is_pressed
from mspbyte_common.metrics import RECORDS
from mspbyte_common.vendors import breaker, incremental
from mspbyte_common.vendors.accounts import store as accounts
from mspbyte_common.vendors.endpoint import Accounts, Cursor, Endpoint, Record
from mspbyte_common.vendors.legible import flatten, storable
from mspbyte_common.vendors.listings import store as listings
from mspbyte_common.vendors.listings.store import Listing
from mspbyte_common.vendors.pull import Page
from mspbyte_common.vendors.records import store as records
from mspbyte_common.vendors.records.store import Row
from mspbyte_common.vendors.runs import store as runs
from mspbyte_common.vendors.runs.store import Run
from mspbyte_common.vendors.session import Target

FUSE_SHARE = 0.2
FUSE_RECORDS = 10
"""A listing that lacks more than this share and more than this many of the records is not believed at once."""
STALE_INTERVALS = 2
"""A listing older than so many of its intervals counted as no listing: checks wait for the next one."""


NOT_LISTED = "no longer listed by the partner"


@dataclass(frozen=True)
class Keeper:
    """Stores what one run reads: the whole list, or what changed `since` a cursor."""

    pool: Pool
    run: Run
    endpoint: Endpoint
    target: Target
    since: Cursor | None = None

    async def begin(self, mode: str, mark: Cursor | None) -> None:
        """Notes before the first page how the list is read, and the cursor that starts here."""
        async with transaction(self.pool, self.run.msp_id) as connection:
            await runs.begin(connection, self.run, mode, incremental.kept(self.endpoint, mark))

    async def page(self, page: Page) -> list[Announcement]:
        """Records, the run's place and the work that follows, in one transaction."""
        told = flatten(page.records)
        async with transaction(self.pool, self.run.msp_id) as connection:
            current, gone = await self._current(connection, told)
            rows = rows_of(self.run, self.endpoint, current)
            known = await records.known_hashes(connection, rows.keys())
            changed = [row for row in rows.values() if known.get(row.id) != (row.semantic_hash, row.volatile_hash)]
            await runs.advance(
                connection,
                self.run,
                page.number + 1,
                page.following.to_json() if page.following else None,
                incremental.kept(self.endpoint, page.cursor),
                records=len(rows),
                changed=len(changed),
                deleted=len(gone),
            )
            reach("adapter.place.moved")
            await runs.write_page(connection, self.run, page.number, list(rows), len(changed))
            reach("adapter.page.noted")
            following: list[Next] = []
            if changed:
                await records.write_rows(connection, self.run, self.endpoint.kind, changed)
                reach("adapter.records.written")
            if gone:
                await records.tombstone(connection, gone)
            following += self._process([*(row.id for row in changed), *gone])
            if self.endpoint.accounts is not None:
                following += await self._accounts(connection, told)
                reach("adapter.accounts.written")
            announcements = await self._work(connection, following)
            reach("adapter.work.written")
        reach("adapter.page.stored")
        RECORDS.labels(self.run.vendor, self.run.resource, "changed").inc(len(changed))
        RECORDS.labels(self.run.vendor, self.run.resource, "unchanged").inc(len(rows) - len(changed))
        return announcements

    async def is_pressed(self) -> bool:
        """Whether so much of the account waits to be worked up that no further page is to be read."""
        async with transaction(self.pool, self.run.msp_id) as connection:
            return await is_pressed(connection, self.run.msp_id, self.run.account_id)

    async def complete(self) -> list[Announcement]:
        """The listing was read to its end, in full or since the cursor: says so, and ends the run.

        A full one certifies what is there and ends what it no longer has. One since a cursor proves no absence: what is
        gone, its pages have said.
        """
        async with transaction(self.pool, self.run.msp_id) as connection:
            before = await listings.listing(connection, self.run)
            following: list[Next] = []
            stale_after = STALE_INTERVALS * self.endpoint.interval.total_seconds()
            if before.unavailable_age is not None or before.current_age is None or before.current_age > stale_after:
                await listings.freshness_changes(connection, self.run.msp_id)
                following.append(Next("evaluate", "listing", self.run.account_id, [self.run.job_id]))
            if self.since is None:
                following += await self._certify(connection, before)
            else:
                await listings.move_cursor(connection, self.run)
            await runs.finish(connection, self.run, "succeeded")
            reach("adapter.run.finished")
            following += await breaker.answered(connection, self.run)
            return await self._work(connection, following)

    async def _certify(self, connection: Connection, before: Listing) -> list[Next]:
        lost, carried, stored = await listings.missing(connection, self.run)
        reach("adapter.listing.compared")
        gone, held = fuse(lost, stored, before.held_ids, shifts=self.endpoint.paging.total is not None)
        await runs.count_deleted(connection, self.run, len(gone), len(held))
        if gone:
            await records.tombstone(connection, gone)
            reach("adapter.records.tombstoned")
        await listings.certify(connection, self.run, carried, held)
        reach("adapter.listing.certified")
        accounts_changed = await self._reach(connection, self.endpoint.accounts) if self.endpoint.accounts else []
        reach("adapter.reach.written")
        return [*self._process(gone), *accounts_changed]

    async def _current(self, connection: Connection, told: list[Record]) -> tuple[list[Record], list[UUID]]:
        """(the page's records as a full listing would send them, ids of those it says are gone)."""
        if self.since is None:
            return told, []
        changes = [(entity_of(self.run, self.endpoint, record), record) for record in told]
        stored = await records.stored_records(connection, [entity for entity, _ in changes])
        return incremental.merged(self.endpoint, stored, changes)

    def _process(self, entity_ids: Any) -> list[Next]:
        return list(batches("process", self.endpoint.kind, self.run.account_id, entity_ids))

    async def _work(self, connection: Connection, following: Sequence[Next]) -> list[Announcement]:
        return await insert_work(connection, self.run.msp_id, self.run.id, self.run.traceparent, following)

    async def _accounts(self, connection: Connection, records: Sequence[Record]) -> list[Next]:
        """Accounts a list named: new ones and changed ones are to be judged."""
        listed = self.endpoint.accounts
        if listed is None:
            return []
        named: dict[UUID, tuple[str, str | None, dict[str, Any]]] = {}
        for record in records:
            external_id = listed.external_id(record)
            if external_id is None:
                continue
            account = ids.account_id(self.target.connection_id, external_id)
            _, name, settings = named.get(account, (external_id, None, {}))
            named[account] = (external_id, listed.name(record) or name, settings | listed.settings(record))
        known = await accounts.account_settings(connection, list(named))
        changed: list[UUID] = []
        for account, (external_id, name, settings) in sorted(named.items()):
            merged: Mapping[str, Any] = known.get(account, {}) | settings
            if await accounts.write_account(
                connection, self.run, account, self.target.connection_id, external_id, name, merged,
                listed.unreachable(merged),
            ):  # fmt: skip
                changed.append(account)
        return list(batches("evaluate", "account", self.run.account_id, changed))

    async def _reach(self, connection: Connection, listed: Accounts) -> list[Next]:
        """Which accounts there is a way to, by all the records that stand: one no record names is not to be reached.

        What it held stays: that the partner lost sight of a tenant says nothing of the tenant's records.
        """
        settings: dict[UUID, dict[str, Any]] = {}
        async for record in accounts.listed_records(connection, self.run):
            external_id = listed.external_id(record)
            if external_id is not None:
                settings.setdefault(ids.account_id(self.target.connection_id, external_id), {}).update(
                    listed.settings(record)
                )
        known = await accounts.listed_accounts(connection, self.target.connection_id)
        told = {one: listed.unreachable(settings[one]) if one in settings else NOT_LISTED for one in known}
        changed = await accounts.write_reach(connection, told)
        return list(batches("evaluate", "account", self.run.account_id, changed))


def external_id_of(endpoint: Endpoint, record: Record) -> str:
    """The vendor's id of a record.

    A record without an id cannot be told from another by anything but its content: that becomes its id, so that it is
    kept, quarantined where it is mapped, and not doubled.
    """
    return endpoint.record_id(record) or f"no-id:{digest(record).hex()}"


def entity_of(run: Run, endpoint: Endpoint, record: Record) -> UUID:
    """The entity a record is."""
    return ids.entity_id(run.account_id, run.resource, external_id_of(endpoint, record))


def rows_of(run: Run, endpoint: Endpoint, records: Sequence[Record]) -> dict[UUID, Row]:
    """Records as rows, by entity id. Of two with one id on a page the later counts."""
    rows: dict[UUID, Row] = {}
    for record in records:
        external_id = external_id_of(endpoint, record)
        semantic, volatile = split_digest(record, endpoint.volatile)
        entity = ids.entity_id(run.account_id, run.resource, external_id)
        rows[entity] = Row(
            entity, storable(external_id.encode()).decode(), semantic, volatile, storable(orjson.dumps(record))
        )
    return rows


def fuse(
    lost: Sequence[UUID], stored: int, held_before: Sequence[UUID], *, shifts: bool = False
) -> tuple[list[UUID], list[UUID]]:
    """(deleted now, held back): a large drop is held until a second complete listing lacks the same records.

    So is any of a list that `shifts`: one record gone and one come while it is read hide a third.
    """
    if not shifts and (len(lost) <= FUSE_RECORDS or len(lost) <= FUSE_SHARE * stored):
        return list(lost), []
    agreed = set(held_before)
    gone = [entity for entity in lost if entity in agreed]
    return gone, [entity for entity in lost if entity not in agreed]
