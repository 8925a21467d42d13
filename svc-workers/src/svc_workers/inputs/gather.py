"""Subjects and the links of each, read in a handful of statements for a whole batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.reconciliation.book import RuleBook, Rules
from svc_workers.check import Check
from svc_workers.inputs import store
from svc_workers.inputs.store import AccountRow, EntityRow
from svc_workers.links import Links, Listing
from svc_workers.reconciliation import store as billing
from svc_workers.reconciliation.reads import relations_of, with_rules
from svc_workers.subject import MODELS, AccountFacts, Subject

Near = dict[str, tuple[Subject[Any], ...]]
"""What is near a subject, by relation."""


@dataclass(frozen=True)
class Inputs:
    """A batch of subjects with their surroundings. `gone`: why those that no check looks at are not there."""

    now: datetime
    subjects: tuple[Subject[Any], ...]
    gone: dict[UUID, str]
    neighbours: dict[UUID, Near] = field(default_factory=dict)
    candidates: dict[UUID, Near] = field(default_factory=dict)
    counted: dict[UUID, tuple[Subject[Any], ...]] = field(default_factory=dict)
    beside: dict[UUID, tuple[Subject[Any], ...]] = field(default_factory=dict)
    wholes: dict[UUID, Subject[Any]] = field(default_factory=dict)
    listings: dict[UUID, tuple[Listing, ...]] = field(default_factory=dict)
    vendors: dict[UUID, frozenset[str]] = field(default_factory=dict)
    rules: dict[UUID | None, Rules] = field(default_factory=dict)
    clusters: dict[UUID, UUID] = field(default_factory=dict)
    derived: dict[tuple[UUID | None, UUID], dict[Any, Any]] = field(default_factory=dict)
    """By client and account: subjects that have both in common have the same surroundings but for their neighbours."""

    def links(self, subject: Subject[Any]) -> Links:
        """The links of one of the subjects."""
        client = subject.client_id
        return Links(
            now=self.now,
            neighbours=self.neighbours.get(subject.id, {}),
            candidates=self.candidates.get(subject.id, {}),
            counted=self.counted.get(client, ()) if client else (),
            beside=self.beside.get(subject.account, ()),
            whole=self.wholes.get(subject.id),
            listings=self.listings.get(client, ()) if client else (),
            vendors=self.vendors.get(client, frozenset()) if client else frozenset(),
            client_id=client,
            rules=self.rules[client],
            clusters=self.clusters,
            derived=self.derived.setdefault((client, subject.account), {}),
        )


async def gather(connection: Connection, ids: Sequence[UUID], checks: Sequence[Check[Any, Any]]) -> Inputs:
    """The subjects of these ids that some of the checks ask about, and all that those checks may want to know."""
    asked = {check.kind.NAME for check in checks}
    rows = await store.entities(connection, ids)
    accounts = await store.accounts(connection, ids)
    subjects = tuple(_subjects(rows, accounts, asked))
    kinds = {subject.kind for subject in subjects}
    book = await billing.rule_book(connection)
    wanted = [with_rules(check, book) for check in checks if check.kind.NAME in kinds]
    clients = sorted({subject.client_id for subject in subjects if subject.client_id is not None})
    counting = {check.kind.NAME for check in wanted if check.client_kinds}
    counting_clients = sorted({s.client_id for s in subjects if s.client_id is not None and s.kind in counting})
    listings, vendors = await _listings(connection, clients, wanted)
    leading = await _leading(connection, subjects, wanted)
    near = await _near(connection, [*rows, *leading], subjects, wanted)
    led = {row.id: row for row in leading}
    counted = await _counted(connection, counting_clients, wanted)
    return Inputs(
        now=await store.now(connection),
        subjects=subjects,
        gone=_gone(ids, rows, accounts),
        neighbours=near[True],
        candidates=near[False],
        counted=counted,
        rules={client: book.of_client(client) for client in (None, *clients)},
        clusters=await _clusters(connection, counted, book) if any(check.by_rules for check in wanted) else {},
        beside=await _beside(connection, subjects, wanted),
        wholes={
            subject.id: as_subject(led[subject.merged_into], data)
            for subject in subjects
            if subject.merged_into in led and (data := led[subject.merged_into].data) is not None
        },
        listings=listings,
        vendors=vendors,
    )


def _subjects(rows: Iterable[EntityRow], accounts: Iterable[AccountRow], asked: set[str]) -> Iterator[Subject[Any]]:
    for row in rows:
        if row.kind in asked and row.data is not None and not row.deleted and not row.excluded:
            yield as_subject(row, row.data)
    for account in accounts:
        if not account.excluded:
            facts = AccountFacts.model_validate_json(account.data)
            yield Subject(
                account.id,
                AccountFacts.NAME,
                account.vendor,
                "",
                account.external_id,
                account.id,
                account.client_id,
                facts,
            )


def _gone(ids: Iterable[UUID], rows: Iterable[EntityRow], accounts: Iterable[AccountRow]) -> dict[UUID, str]:
    gone = dict.fromkeys(ids, "it is no longer known")
    for row in rows:
        del gone[row.id]
        if row.deleted:
            gone[row.id] = "it was deleted at its source"
        elif row.excluded:
            gone[row.id] = "its account is excluded"
    for account in accounts:
        del gone[account.id]
        if account.excluded:
            gone[account.id] = "the account is excluded"
    return gone


def as_subject(row: EntityRow, data: str) -> Subject[Any]:
    """An entity with its normalized_data, JSON text, read as its kind."""
    model = MODELS[row.kind].model_validate_json(data)
    place = row.vendor, row.resource, row.external_id, row.account_id, row.client_id
    return Subject(row.id, row.kind, *place, model, row.merged_into)


async def _leading(
    connection: Connection, subjects: Sequence[Subject[Any]], checks: Sequence[Check[Any, Any]]
) -> list[EntityRow]:
    """The records that lead those subjects of which each record is judged."""
    kinds = {check.kind.NAME for check in checks if check.each_record}
    ids = {one.merged_into for one in subjects if one.merged_into is not None and one.kind in kinds}
    return [row for row in await store.entities(connection, sorted(ids)) if not row.deleted] if ids else []


async def _near(
    connection: Connection,
    rows: Sequence[EntityRow],
    subjects: Sequence[Subject[Any]],
    checks: Sequence[Check[Any, Any]],
) -> dict[bool, dict[UUID, Near]]:
    """Neighbours of each subject: True, over edges that are certain; False, over candidates alone.

    Edges of all its fragments are those of a thing, and of each of them where `rows` has the leading one; a neighbour that
    is a fragment stands for its thing.
    """
    relations = sorted({relation for check in checks for relation in check.relations})
    things = {subject.id: subject.merged_into or subject.id for subject in subjects}
    judged = set(things.values())
    whole = {row.id: row.id for row in rows if row.id in judged}
    whole |= {fragment: row.id for row in rows if row.id in whole for fragment in row.fragments}
    edges = await store.edges(connection, list(whole), relations)
    known = await _things(connection, {other for _, _, other, _ in edges})
    near: dict[tuple[UUID, str, UUID], bool] = {}
    for record, relation, other, certain in edges:
        thing = known.get(other)
        if thing is not None and thing.id != whole[record]:
            edge = whole[record], relation, thing.id
            near[edge] = near.get(edge, False) or certain
    found: dict[bool, dict[UUID, Near]] = {True: {}, False: {}}
    for (subject, relation, other), certain in near.items():
        there = found[certain].setdefault(subject, {})
        there[relation] = (*there.get(relation, ()), known[other])
    return {
        certain: {subject: there[thing] for subject, thing in things.items() if thing in there}
        for certain, there in found.items()
    }


async def _things(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Subject[Any]]:
    """By record, the thing it is or is part of; the leading records of those too."""
    known = await _known(connection, ids)
    leading = {one.merged_into for one in known.values() if one.merged_into is not None} - known.keys()
    known |= await _known(connection, leading) if leading else {}
    return {key: known.get(one.merged_into, one) if one.merged_into else one for key, one in known.items()}


async def _known(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Subject[Any]]:
    rows = await store.entities(connection, sorted(ids))
    return {row.id: as_subject(row, row.data) for row in rows if row.data is not None and not row.deleted}


async def _counted(
    connection: Connection, clients: Sequence[UUID], checks: Sequence[Check[Any, Any]]
) -> dict[UUID, tuple[Subject[Any], ...]]:
    counting = [check for check in checks if check.client_kinds]
    if not counting or not clients:
        return {}
    kinds = sorted({kind for check in counting for kind in check.client_kinds})
    needs = sorted({need for check in counting for need in check.needs})
    found: dict[UUID, list[Subject[Any]]] = defaultdict(list)
    for row in await store.of_clients(connection, clients, kinds, needs):
        if row.data is not None and row.client_id is not None:
            found[row.client_id].append(as_subject(row, row.data))
    return {client: tuple(subjects) for client, subjects in found.items()}


async def _clusters(
    connection: Connection, counted: Mapping[UUID, Sequence[Subject[Any]]], book: RuleBook
) -> dict[UUID, UUID]:
    relations = relations_of(book.counting)
    ids = [subject.id for subjects in counted.values() for subject in subjects]
    return await billing.clusters(connection, ids, relations) if relations else {}


async def _beside(
    connection: Connection, subjects: Sequence[Subject[Any]], checks: Sequence[Check[Any, Any]]
) -> dict[UUID, tuple[Subject[Any], ...]]:
    comparing = [check for check in checks if check.account_kinds]
    kinds_asked = {check.kind.NAME for check in comparing}
    accounts = sorted({subject.account for subject in subjects if subject.kind in kinds_asked})
    if not accounts:
        return {}
    kinds = sorted({kind for check in comparing for kind in check.account_kinds})
    needs = sorted({need for check in comparing for need in check.needs})
    found: dict[UUID, list[Subject[Any]]] = defaultdict(list)
    for row in await store.of_accounts(connection, accounts, kinds, needs):
        if row.data is not None:
            found[row.account_id].append(as_subject(row, row.data))
    return {account: tuple(beside) for account, beside in found.items()}


async def _listings(
    connection: Connection, clients: Sequence[UUID], checks: Sequence[Check[Any, Any]]
) -> tuple[dict[UUID, tuple[Listing, ...]], dict[UUID, frozenset[str]]]:
    needs = sorted({need for check in checks for need in check.needs})
    if not needs or not clients:
        return {}, {}
    listings: dict[UUID, list[Listing]] = defaultdict(list)
    vendors: dict[UUID, set[str]] = defaultdict(set)
    for client, vendor, listing in await store.listings(connection, clients, needs):
        vendors[client].add(vendor)
        if listing is not None:
            listings[client].append(listing)
    return (
        {client: tuple(rows) for client, rows in listings.items()},
        {client: frozenset(names) for client, names in vendors.items()},
    )
