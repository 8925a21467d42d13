"""The edges of a batch, rule by rule: what should be, compared with what is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.links import PERSON
from svc_linkers import store
from svc_linkers.clusters.store import rejections
from svc_linkers.edges import Difference, Edge, Place, Stored, difference, referenced, same, trait_types
from svc_linkers.rule import ReferenceRule, SamenessRule
from svc_linkers.store import FormerKey, WrittenRule

Existing = Mapping[tuple[str, str], Sequence[Stored]]
"""Edges at the records of a batch, by (relation, rule)."""


@dataclass(frozen=True)
class Batch:
    """What is linked: the records, the keys they lost, the edges they have, the moment it happens."""

    connection: Connection
    msp_id: UUID
    at: datetime
    ids: Sequence[UUID]
    former: Sequence[FormerKey]
    existing: Existing

    async def write(
        self, rule: WrittenRule, changes: Difference, evidence: Mapping[Edge, Mapping[str, Any]]
    ) -> set[UUID]:
        """Writes a difference; returns both ends of each edge begun or ended."""
        await store.write(self.connection, self.msp_id, self.at, rule, changes, evidence)
        return changes.ends


async def relink_reference(batch: Batch, rule: ReferenceRule, kind: str) -> set[UUID]:
    """Brings a reference rule's edges at the batch up to date, whichever end of them the batch has."""
    lookup = batch.connection, batch.msp_id, rule.scope
    desired: set[Edge] = set()
    if kind == rule.source:
        mine = await store.keys_at(batch.connection, rule.scope, batch.ids, rule.refers, [rule.source], refers=True)
        places = {place for _, place in mine}
        desired |= referenced(
            rule, mine, await store.keys_of(*lookup, places, rule.known_by, rule.targets, refers=False)
        )
    if kind in rule.targets:
        mine = await store.keys_at(batch.connection, rule.scope, batch.ids, rule.known_by, rule.targets, refers=False)
        places = {place for _, place in mine}
        desired |= referenced(rule, await store.keys_of(*lookup, places, rule.refers, [rule.source], refers=True), mine)
    changes = difference(rule.version, desired, batch.existing.get((rule.relation, rule.id), ()))
    written = WrittenRule(rule.id, rule.version, rule.relation, 1)
    return await batch.write(written, changes, _evidence(changes.begun, rule.refers, rule.known_by))


async def relink_sameness(batch: Batch, relation: str, rules: Sequence[SamenessRule]) -> set[UUID]:
    """Brings the edges of a relation's rules up to date for every value that a record of the batch has or had.

    Whether a value is ambiguous depends on all who have it, so each value is looked at as a whole.
    """
    places = {rule.id: await _places(batch, rule) for rule in rules}
    held = {rule.id: await store.holders(batch.connection, batch.msp_id, rule, places[rule.id]) for rule in rules}
    everyone = {one.entity_id for found in held.values() for holders in found.values() for one in holders}
    traits = await store.traits(batch.connection, everyone, trait_types(rules))
    rejected = await rejections(batch.connection, relation, everyone)
    touched: set[UUID] = set()
    for rule in rules:
        existing = await store.edges_of(batch.connection, rule.id, places[rule.id])
        changes = difference(rule.version, same(rule, held[rule.id], traits, rejected), existing)
        written = WrittenRule(rule.id, rule.version, rule.relation, rule.confidence)
        touched |= await batch.write(written, changes, _evidence(changes.begun, rule.left_key, rule.right_key))
    return touched


async def relink_decisions(batch: Batch, relation: str) -> set[UUID]:
    """Brings the edges that a person confirmed or pinned at the batch up to date."""
    decided = await store.decided(batch.connection, relation, batch.ids)
    changes = difference(1, decided.keys(), batch.existing.get((relation, PERSON), ()))
    return await batch.write(WrittenRule(PERSON, 1, relation, 1), changes, decided)


async def _places(batch: Batch, rule: SamenessRule) -> set[Place]:
    """The values of the rule's keys that records of the batch have, had, or are linked by."""
    found = {_place(stored) for stored in batch.existing.get((rule.relation, rule.id), ())}
    for key in batch.former:
        scope = key.scope(batch.msp_id, rule.scope)
        if key.key_type in (rule.left_key, rule.right_key) and scope is not None:
            found.add((scope, key.key_value))
    for kind, key_type in {(rule.left, rule.left_key), (rule.right, rule.right_key)}:
        keys = await store.keys_at(batch.connection, rule.scope, batch.ids, key_type, [kind], refers=False)
        found |= {place for _, place in keys}
    return found


def _place(stored: Stored) -> Place:
    """Where the keys of an edge met."""
    return stored.edge.scope_id, stored.edge.key_value


def _evidence(edges: Iterable[Edge], left_key: str, right_key: str) -> dict[Edge, dict[str, str]]:
    return {edge: {"left_key": left_key, "right_key": right_key, "value": edge.key_value} for edge in edges}
