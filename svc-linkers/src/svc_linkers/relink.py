"""The edges of a batch, rule by rule: what should be, compared with what is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.links import PERSON
from svc_linkers import store
from svc_linkers.clusters.store import rejections
from svc_linkers.edges import Difference, Edge, Place, Stored, difference, referenced, same, trait_types
from svc_linkers.rule import ReferenceRule, SamenessRule, Scope
from svc_linkers.store import FormerKey, OwnKey, WrittenRule, scope_of

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
    keys: Sequence[OwnKey]
    existing: Existing
    _found: dict[tuple[str, str, str, bool], list[tuple[UUID, str, Place]]] = field(default_factory=dict)

    def mine(self, scope: Scope, key_type: str, *, refers: bool) -> list[tuple[UUID, Place]]:
        """The batch's keys of a type, with where they meet others."""
        return [
            (key.entity_id, (within, key.key_value))
            for key in self.keys
            if key.key_type == key_type
            and key.refers == refers
            and (within := scope_of(key, self.msp_id, scope)) is not None
        ]

    async def theirs(
        self, rule: ReferenceRule, places: Iterable[Place], kinds: Sequence[str], *, refers: bool
    ) -> list[tuple[UUID, Place]]:
        """Who of these kinds has the rule's other key at the batch's places; rules with the same keys look once."""
        asked = (rule.scope, rule.refers, rule.known_by, refers)
        if asked not in self._found:
            key_type = rule.refers if refers else rule.known_by
            self._found[asked] = await store.keys_of(
                self.connection, self.msp_id, rule.scope, set(places), key_type, refers=refers
            )
        return [(entity, place) for entity, kind, place in self._found[asked] if kind in kinds]

    async def write(
        self, rule: WrittenRule, changes: Difference, evidence: Mapping[Edge, Mapping[str, Any]]
    ) -> set[UUID]:
        """Writes a difference; returns both ends of each edge begun or ended."""
        await store.write(self.connection, self.msp_id, self.at, rule, changes, evidence)
        return changes.ends


async def relink_reference(batch: Batch, rule: ReferenceRule, kind: str) -> set[UUID]:
    """Brings a reference rule's edges at the batch up to date, whichever end of them the batch has."""
    desired: set[Edge] = set()
    if kind == rule.source:
        mine = batch.mine(rule.scope, rule.refers, refers=True)
        theirs = await batch.theirs(rule, (place for _, place in mine), rule.targets, refers=False)
        desired |= referenced(rule, mine, theirs)
    if kind in rule.targets:
        mine = batch.mine(rule.scope, rule.known_by, refers=False)
        theirs = await batch.theirs(rule, (place for _, place in mine), (rule.source,), refers=True)
        desired |= referenced(rule, theirs, mine)
    changes = difference(rule.version, desired, batch.existing.get((rule.relation, rule.id), ()))
    written = WrittenRule(rule.id, rule.version, rule.relation, 1)
    return await batch.write(written, changes, _evidence(changes.begun, rule.refers, rule.known_by))


async def relink_sameness(batch: Batch, relation: str, rules: Sequence[SamenessRule], kind: str) -> set[UUID]:
    """Brings the edges of a relation's rules up to date for every value that a record of the batch has or had.

    Whether a value is ambiguous depends on all who have it, so each value is looked at as a whole.
    """
    places = {rule.id: _places(batch, rule, kind) for rule in rules}
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


def _places(batch: Batch, rule: SamenessRule, kind: str) -> set[Place]:
    """The values of the rule's keys that records of the batch have, had, or are linked by."""
    found = {_place(stored) for stored in batch.existing.get((rule.relation, rule.id), ())}
    for key in batch.former:
        scope = scope_of(key, batch.msp_id, rule.scope)
        if key.key_type in (rule.left_key, rule.right_key) and scope is not None:
            found.add((scope, key.key_value))
    for side, key_type in {(rule.left, rule.left_key), (rule.right, rule.right_key)}:
        if side == kind:
            found |= {place for _, place in batch.mine(rule.scope, key_type, refers=False)}
    return found


def _place(stored: Stored) -> Place:
    """Where the keys of an edge met."""
    return stored.edge.scope_id, stored.edge.key_value


def _evidence(edges: Iterable[Edge], left_key: str, right_key: str) -> dict[Edge, dict[str, str]]:
    return {edge: {"left_key": left_key, "right_key": right_key, "value": edge.key_value} for edge in edges}
