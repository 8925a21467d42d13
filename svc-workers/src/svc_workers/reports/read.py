"""Reads what is known of clients at a moment.

The number of statements does not grow with the number of clients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import PipelineError
from mspbyte_common.history import KEPT, Change, as_of
from mspbyte_common.models import KINDS
from svc_workers.inputs import store as inputs
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.reconciliation.surroundings import surroundings
from svc_workers.reports import store
from svc_workers.reports.estate import Estate, Facts, Trend
from svc_workers.reports.freshness import Freshness
from svc_workers.reports.record import Record

MONTHS: Final = 12
"""How far back a trend goes."""
T = TypeVar("T")
K = TypeVar("K")


async def read(connection: Connection, client_id: UUID | None, asked: datetime | None) -> Estate:
    """The client, or all clients; as things are, or as they were when `asked`. PipelineError for what cannot be told."""
    now = await inputs.now(connection)
    past = _past(asked, now)
    clients = await store.clients(connection, client_id, past)
    if client_id is not None and not clients:
        message = f"there is no client {client_id}"
        raise PipelineError(message)
    ids = [client.id for client in clients]
    since = await store.known_since(connection, ids)
    if past is not None and (since is None or past < since):
        first = f"the first account was found at {since:%Y-%m-%d %H:%M} UTC" if since else "there is no account"
        message = f"nothing is known of that time: {first}"
        raise PipelineError(message)
    records = await _records(connection, ids, past)
    owner = {record.id: record.client_id for record in records}
    owned = _by(records, lambda record: record.client_id)
    same = _by(await store.same_devices(connection, list(owner), past), lambda pair: owner[pair[0]])
    sources = _by(await store.sources(connection, ids, past), lambda source: source.client_id)
    findings = await store.findings(connection, ids, past, evidence=client_id is not None)
    standing = _by(findings, lambda finding: finding.client_id)
    billed = await surroundings(connection, ids, past)
    faults = None if past else await store.faults(connection, ids, unowned=client_id is None)
    found = None if faults is None else _by(faults, lambda fault: fault.client_id)
    at = past or now
    return Estate(
        at=at,
        past=past is not None,
        msp=await store.msp_name(connection),
        clients=tuple(
            Facts(
                at=at,
                past=past is not None,
                client=client,
                freshness=Freshness(sources[client.id]),
                records={key: tuple(rows) for key, rows in _by(owned[client.id], lambda one: one.listing).items()},
                same=tuple(same[client.id]),
                findings=tuple(standing[client.id]),
                reconciliation=reconcile(billed[client.id]),
                faults=None if found is None else tuple(found[client.id]),
            )
            for client in clients
        ),
        accounts=tuple(await store.vendor_accounts(connection)) if client_id is None and past is None else (),
        unowned=None if found is None else tuple(found[None]),
        trend=await _trend(connection, ids, since, at) if client_id is None else Trend(None, (), ()),
    )


def months(at: datetime) -> tuple[datetime, ...]:
    """The first moments of the last months, the oldest first, and `at` itself."""
    year, month = at.year, at.month
    found = [at]
    while len(found) < MONTHS:
        first = at.replace(year=year, month=month, day=1, hour=0, minute=0, second=0, microsecond=0)
        if first < at:
            found.append(first)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return tuple(reversed(found))


def _past(asked: datetime | None, now: datetime) -> datetime | None:
    if asked is None:
        return None
    if asked > now:
        message = f"{asked:%Y-%m-%d %H:%M} UTC is yet to come: ask about a time that is past"
        raise PipelineError(message)
    if asked < now - KEPT:
        message = f"changes are kept for {KEPT.days} days: ask about a later time than {asked:%Y-%m-%d}"
        raise PipelineError(message)
    return asked


async def _records(connection: Connection, ids: Sequence[UUID], past: datetime | None) -> list[Record]:
    """The clients' records as they are, or were."""
    rows = await store.records(connection, ids, past)
    changed: dict[UUID, list[Change]] = defaultdict(list)
    if past is not None:
        for entity, change in await store.changes_since(connection, [row.id for row in rows], past):
            changed[entity].append(change)
    return list(_then(rows, changed, frozenset(ids), past=past is not None))


def _then(
    rows: Iterable[store.Row], changed: Mapping[UUID, Sequence[Change]], clients: Container[UUID], *, past: bool
) -> Iterator[Record]:
    for row in rows:
        unkept = KINDS[row.kind].VOLATILE if past else ()
        known = str(row.client_id) if row.client_id else None
        then = as_of(row.data, known, deleted=row.deleted, later=changed.get(row.id, ()))
        client = UUID(then.client_id) if then.client_id else None
        if client is not None and client in clients and not then.deleted and then.document:
            data = {name: value for name, value in then.document.items() if name not in unkept}
            yield Record(row.id, client, row.account_id, row.vendor, row.resource, row.kind, data)


async def _trend(connection: Connection, ids: Sequence[UUID], since: datetime | None, at: datetime) -> Trend:
    moments = months(at)
    return Trend(since, moments, tuple(await store.standing(connection, ids, moments)))


def _by(rows: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Rows by a key of theirs; none for a key that no row has."""
    found: dict[K, list[T]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
