"""Clients with all that a reconciliation looks at, as of now or of a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.models import Service
from mspbyte_common.reconciliation.book import Rules, needs
from svc_workers.inputs import store as inputs
from svc_workers.inputs.gather import as_subject
from svc_workers.links import Links, Listing
from svc_workers.reconciliation import past, store
from svc_workers.reconciliation.billing import SERVICES
from svc_workers.reconciliation.reads import BILLED_KINDS, BILLED_LISTS, kinds, relations_of
from svc_workers.subject import Subject

Things = Mapping[UUID | None, Sequence[Subject[Any]]]


async def surroundings(
    connection: Connection, clients: Sequence[UUID], at: datetime | None = None
) -> dict[UUID, Links]:
    """The surroundings of each client, from the same rows the checks judge; with `at`, as they were then.

    The rules are those of today: what should have been billed is judged by what is known now. For the msp itself none
    holds: what it uses nobody bills.
    """
    book = await store.rule_book(connection)
    counting = book.counting
    lists = sorted({*BILLED_LISTS, *needs(counting)})
    wanted = sorted({*BILLED_KINDS, *kinds(counting)})
    rows = await store.clients(connection, clients)
    things: Things = await (
        _present(connection, clients, wanted, lists)
        if at is None
        else past.things(connection, clients, wanted, lists, at)
    )
    ids = [subject.id for client in clients for subject in things.get(client, ())]
    relations = relations_of(counting)
    clusters = await store.clusters(connection, ids, relations, at) if relations else {}
    found = await (
        inputs.listings(connection, clients, lists)
        if at is None
        else store.past_listings(connection, clients, lists, at)
    )
    listings: dict[UUID, list[Listing]] = defaultdict(list)
    vendors: dict[UUID, set[str]] = defaultdict(set)
    for client, vendor, listing in found:
        vendors[client].add(vendor)
        if listing is not None:
            listings[client].append(listing)
    services = [one for owned in things.values() for one in owned if isinstance(one.model, Service)]
    now = at or await inputs.now(connection)
    return {
        row.id: Links(
            now=now,
            counted=tuple(things.get(row.id, ())),
            beside=tuple(one for one in services if one.account == row.account_id),
            listings=tuple(listings[row.id]),
            vendors=frozenset(vendors[row.id]),
            client_id=row.id,
            rules=Rules(()) if row.is_msp else book.of_client(row.id),
            clusters=clusters,
        )
        for row in rows
    }


async def _present(
    connection: Connection, clients: Sequence[UUID], wanted: Sequence[str], lists: Sequence[str]
) -> Things:
    rows = await inputs.of_clients(connection, clients, wanted, lists)
    psas = {row.account_id for row in await store.clients(connection, clients)}
    rows += await inputs.of_accounts(connection, sorted(psas), [Service.NAME], [SERVICES])
    found: dict[UUID | None, list[Subject[Any]]] = defaultdict(list)
    for row in rows:
        if row.data is not None:
            found[row.client_id].append(as_subject(row, row.data))
    return found
