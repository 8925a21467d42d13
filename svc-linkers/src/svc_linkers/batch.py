"""A batch of records to link, with what is known of them; and what is asked about their surroundings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from svc_linkers.edges import Holder, Place, Stored
from svc_linkers.rule import Scope

Existing = Mapping[tuple[str, str], Sequence[Stored]]
"""Edges that hold at the records of a batch, by (relation, rule)."""


class OwnKey(NamedTuple):
    """A key of a record of the batch."""

    entity_id: UUID
    refers: bool
    key_type: str
    key_value: str
    account_id: UUID
    client_id: UUID | None


class FormerKey(NamedTuple):
    """A key that a record of the batch lost since it was last linked."""

    key_type: str
    key_value: str
    account_id: UUID
    client_id: UUID | None


class Question(NamedTuple):
    """Who has a key of this type at a place? With a kind: which records of that kind, of a crowd no more than show it."""

    scope: Scope
    key_type: str
    refers: bool
    kind: str | None = None


Asked = Mapping[Question, set[Place]]
Answers = Mapping[Question, Mapping[Place, Sequence[Holder]]]


@dataclass(frozen=True)
class Batch:
    """Records of one kind: the keys they have, those they lost, the edges they are at."""

    msp_id: UUID
    kind: str
    keys: Sequence[OwnKey]
    former: Sequence[FormerKey]
    existing: Existing
    _by_type: dict[tuple[str, bool], list[OwnKey]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for key in self.keys:
            self._by_type[key.key_type, key.refers].append(key)

    def mine(self, scope: Scope, key_type: str, *, refers: bool) -> list[tuple[UUID, Place]]:
        """The records that have keys of a type, each with where it meets others."""
        return [
            (key.entity_id, (within, key.key_value))
            for key in self._by_type.get((key_type, refers), ())
            if (within := self._scope_of(key, scope)) is not None
        ]

    def edges(self, relation: str, rule: str) -> Sequence[Stored]:
        """The edges of a rule at the batch."""
        return self.existing.get((relation, rule), ())

    def linked(self, relation: str) -> set[UUID]:
        """Both ends of every edge of a relation at the batch."""
        return {
            end
            for (of, _), found in self.existing.items()
            if of == relation
            for stored in found
            for end in (stored.edge.source_id, stored.edge.target_id)
        }

    def left(self, scope: Scope, key_types: Iterable[str]) -> set[Place]:
        """Where records had keys of these types and no longer have them."""
        return {
            (within, key.key_value)
            for key in self.former
            if key.key_type in key_types and (within := self._scope_of(key, scope)) is not None
        }

    def _scope_of(self, key: FormerKey | OwnKey, scope: Scope) -> UUID | None:
        if scope == "msp":
            return self.msp_id
        return key.client_id if scope == "client" else key.account_id
