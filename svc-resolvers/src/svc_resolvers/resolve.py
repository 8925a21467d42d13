"""The resolve stage: records are repaired, given their client and their keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from pydantic import ValidationError

from mspbyte_common.db.engine import Connection
from mspbyte_common.db.history import record_changes
from mspbyte_common.declarations import discover, index
from mspbyte_common.fault_points import reach
from mspbyte_common.hashing import canonical, split_digest
from mspbyte_common.history import CLIENT, Change, changes
from mspbyte_common.ledger.item import Item, Next, batches
from mspbyte_common.models import KINDS, Company, Contract, Device, Domain, Firewall, Kind, Tenant
from svc_resolvers import domains, rules, store
from svc_resolvers.apply import apply_rules
from svc_resolvers.clients import CONTRACT_KEY, SHARED_THROUGH_CONTRACT, Clients, assign
from svc_resolvers.keys import derive_keys
from svc_resolvers.merging.regroup import DECLARED, regroup
from svc_resolvers.rule import Key, Rule
from svc_resolvers.store import Resolved, StoredKey, Unresolved

log = structlog.get_logger()

RULES = tuple(sorted(index(discover(rules, Rule), key=lambda rule: rule.id).values(), key=lambda rule: rule.order))

Issue = tuple[UUID, str, UUID | None, str, str | None]


@dataclass
class _Batch:
    """What a batch comes to: rows to write, the keys and issues its records should have."""

    written: list[Resolved] = field(default_factory=list)
    keys: set[StoredKey] = field(default_factory=set)
    issues: set[Issue] = field(default_factory=set)
    history: list[tuple[UUID, Change]] = field(default_factory=list)


async def resolve(connection: Connection, item: Item) -> Sequence[Next]:
    """Resolves a batch. Records whose keys changed go on to be linked, the others straight to the checks."""
    model_type = KINDS[item.kind]
    accounts = await store.accounts_of(connection, item.entity_ids)
    merging = any((item.kind, vendor) in DECLARED for vendor in accounts.values())
    await store.lock_accounts(
        connection, accounts, exclusive=merging or issubclass(model_type, SHARED_THROUGH_CONTRACT)
    )
    if model_type is Domain:
        await store.lock_domains(connection, item.msp_id, exclusive=True)
    reach("resolvers.accounts.locked")
    rows = await store.lock_unresolved(connection, item.entity_ids)
    known, outdated = _read(rows)
    ids = set(item.entity_ids) - outdated
    batch = _Batch()
    repaired = [(row, model, *apply_rules(model.as_mapped(), RULES)) for row, model in known]
    clients = await assign(connection, item.msp_id, [(row, model) for row, _, model, _, _ in repaired])
    if clients.rows:
        await store.name_clients(connection, item.msp_id, sorted(clients.rows.values()))
    reach("resolvers.clients.known")
    for row, before, model, repairs, issues in repaired:
        client = clients.by_entity[row.id]
        _resolve_one(batch, row, before, model, repairs + clients.repairs(row.id), client)
        if not row.deleted:
            found = issues + clients.issues(row.id)
            batch.issues |= {(row.id, rule, client, name, value) for rule, name, value in found}
            batch.keys |= _stored(row, client, _domain_keys(row, model, clients))
    changed = await _write(connection, item, ids, batch)
    relinked = {one.entity_id for one in changed}
    gone = {row.id for row in rows if row.deleted}
    others: set[UUID] = set()
    if merging:
        others = await regroup(connection, item.msp_id, item.kind, accounts, ids, batch.keys | changed)
        reach("resolvers.things.regrouped")
    following = [
        *batches("link", item.kind, item.account_id, relinked | gone),
        *batches("evaluate", item.kind, item.account_id, (ids | others) - relinked - gone),
    ]
    if item.kind == Contract.NAME:
        following += await _parts_elsewhere(connection, repaired, clients.by_entity)
    return following + await _owned_elsewhere(connection, changed)


def _read(rows: Sequence[Unresolved]) -> tuple[list[tuple[Unresolved, Kind]], set[UUID]]:
    """(the records with their models, those an older version of their model was stored for).

    The latter stay as they are: the new version of their normalizer maps them anew, and they come back. Deleted records
    stay as they were resolved last.
    """
    known: list[tuple[Unresolved, Kind]] = []
    outdated: set[UUID] = set()
    for row in rows:
        if row.normalized is None or (row.deleted and row.resolved_hash is not None):
            continue
        try:
            known.append((row, KINDS[row.kind].model_validate_json(row.normalized)))
        except ValidationError as error:
            log.warning("record_outdated", kind=row.kind, fields=error.error_count())
            outdated.add(row.id)
    return known, outdated


def _resolve_one(
    batch: _Batch, row: Unresolved, before: Kind, model: Kind, repairs: Sequence[object], client: UUID | None
) -> None:
    document = model.model_dump(mode="json")
    semantic, _ = split_digest(document, model.VOLATILE)
    changed = model != before
    if changed or client != row.client_id or semantic != row.resolved_hash or list(repairs) != (row.repairs or []):
        batch.written.append(
            Resolved(
                row.id,
                canonical(document) if changed else None,
                client,
                canonical(repairs) if repairs else None,
                semantic,
            )
        )
        if row.resolved_hash is not None:
            batch.history += [(row.id, change) for change in _changes(row, before, model, client)]
    if row.deleted:  # by nothing known any more
        return
    batch.keys |= _stored(row, client, derive_keys(row.vendor, row.resource, model) | _client_keys(model, client))


def _stored(row: Unresolved, client: UUID | None, keys: Iterable[Key]) -> set[StoredKey]:
    return {StoredKey(row.id, key, row.kind, row.resource, row.account_id, client) for key in keys}


def _changes(row: Unresolved, before: Kind, model: Kind, client: UUID | None) -> list[Change]:
    """What is another than when the record was resolved before: the fields resolvers fill, and its client."""
    filled = set(model.canonical_fields())
    found = changes(before.model_dump(mode="json", include=filled), model.model_dump(mode="json", include=filled))
    if client != row.client_id:
        found.append(Change(CLIENT, _text(row.client_id), _text(client)))
    return found


def _text(client: UUID | None) -> str | None:
    return None if client is None else str(client)


def _client_keys(model: Kind, client: UUID | None) -> frozenset[Key]:
    """A company is its client; devices, firewalls and tenants refer to theirs."""
    if client is None:
        return frozenset()
    if isinstance(model, Company):
        return frozenset({Key(refers=False, key_type="client", key_value=str(client))})
    if isinstance(model, Device | Firewall | Tenant):
        return frozenset({Key(refers=True, key_type="client", key_value=str(client))})
    return frozenset()


def _domain_keys(row: Unresolved, model: Kind, clients: Clients) -> Iterator[Key]:
    """What a client has verified, and for a record that is with nobody else all that could tell whose it is."""
    if isinstance(model, Domain) and row.account_client_id is not None:
        for name in domains.domains_of(model):
            yield Key(refers=False, key_type=domains.KEY, key_value=name)
    for name in {part for domain in clients.domains.get(row.id, ()) for part in domains.within(domain)}:
        yield Key(refers=True, key_type=domains.KEY, key_value=name)


async def _write(connection: Connection, item: Item, ids: Collection[UUID], batch: _Batch) -> set[StoredKey]:
    """Writes what differs; returns the keys that came and went."""
    if batch.written:
        await store.write_resolved(connection, batch.written)
        reach("resolvers.records.written")
    if batch.history:
        await record_changes(connection, item.msp_id, item.run_id, item.traceparent, batch.history)
    held = await store.keys_of(connection, ids)
    ended, begun = held - batch.keys, batch.keys - held
    if ended:
        await store.delete_keys(connection, ended)
    if begun:
        await store.insert_keys(connection, item.msp_id, begun)
        reach("resolvers.keys.written")
    known = await store.issues_of(connection, ids)
    await store.change_issues(connection, item.msp_id, known - batch.issues, batch.issues - known)
    reach("resolvers.issues.written")
    return ended | begun


async def _parts_elsewhere(
    connection: Connection,
    repaired: Sequence[tuple[Unresolved, Kind, Kind, object, object]],
    clients: dict[UUID, UUID | None],
) -> list[Next]:
    """Lines and units that were resolved before their contract told whose they are."""
    by_account: dict[UUID, dict[str, UUID | None]] = {}
    for row, _, model, _, _ in repaired:
        if isinstance(model, Contract) and not row.deleted:
            by_account.setdefault(row.account_id, {})[model.contract_id] = clients[row.id]
    following: list[Next] = []
    for account, contracts in by_account.items():
        found = await store.referring_elsewhere(connection, CONTRACT_KEY, account, contracts)
        for kind, parts in sorted(found.items()):
            following += batches("resolve", kind, account, parts)
    return following


async def _owned_elsewhere(connection: Connection, changed: Collection[StoredKey]) -> list[Next]:
    """Records, of any account, whose client hangs on a domain that was verified, given up, or changed hands."""
    values = {one.key.key_value for one in changed if one.key.key_type == domains.KEY and not one.key.refers}
    if not values:
        return []
    following: list[Next] = []
    for account, kind, entities in await store.referring(connection, domains.KEY, values):
        following += batches("resolve", kind, account, entities)
    return following
