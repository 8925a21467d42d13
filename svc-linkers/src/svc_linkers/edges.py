"""Which edges there should be, and how that differs from those there are: pure functions of keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from mspbyte_common.links import CONFLICT, SHARED_BY
from svc_linkers.rule import FRAGMENTS, ReferenceRule, SamenessRule

Place = tuple[UUID, str]
"""(scope, value): where keys meet."""
Traits = Mapping[tuple[UUID, str], frozenset[str]]
"""What each entity is known by: (entity, key type) → values."""
Evidence = Mapping[str, str]
"""Why an edge is there: the keys that met, or who decided it."""
NOTHING: frozenset[str] = frozenset()


class Edge(NamedTuple):
    """An edge as its rule sees it. `held_back`: why it is a candidate; None: it holds."""

    source_id: UUID
    target_id: UUID
    scope_id: UUID
    key_value: str
    held_back: str | None = None


class Holder(NamedTuple):
    """A record that has a key."""

    entity_id: UUID
    key_type: str
    kind: str
    resource: str


@dataclass(frozen=True)
class Stored:
    """An edge that holds now. That a cluster holds it back is not its rule's affair."""

    id: int
    rule_version: int
    edge: Edge

    @classmethod
    def of(cls, row: Sequence[Any]) -> Stored:
        """From id, version, source, target, scope, value, held back."""
        return cls(row[0], row[1], Edge(row[2], row[3], row[4], row[5], None if row[6] == CONFLICT else row[6]))


class WrittenRule(NamedTuple):
    """What an edge says of the rule it comes from."""

    id: str
    version: int
    relation: str
    confidence: float


@dataclass(frozen=True)
class Change:
    """What is to be written of a rule: edges that end, edges that begin, each with its evidence."""

    rule: WrittenRule
    ended: Sequence[Stored]
    begun: Mapping[Edge, Evidence]

    @property
    def ends(self) -> set[UUID]:
        """Both ends of all of them."""
        edges = (*(stored.edge for stored in self.ended), *self.begun)
        return {end for edge in edges for end in (edge.source_id, edge.target_id)}


def difference(
    rule: WrittenRule, desired: Collection[Edge], existing: Iterable[Stored], evidence: Callable[[Edge], Evidence]
) -> Change:
    """Ends what exists but is not desired, or is another version's; begins what is desired but does not exist."""
    kept, ended = set(), []
    for stored in existing:
        if stored.edge in desired and stored.rule_version == rule.version:
            kept.add(stored.edge)
        else:
            ended.append(stored)
    return Change(rule, ended, {edge: evidence(edge) for edge in desired if edge not in kept})


def referenced(
    rule: ReferenceRule, mine: Iterable[tuple[UUID, Place]], met: Mapping[Place, Sequence[Holder]], *, refers: bool
) -> set[Edge]:
    """An edge for each record of the rule's other end that is met at a place; `refers`: mine are those that refer."""
    kinds = rule.targets if refers else (rule.source,)
    found = set()
    for one, place in mine:
        for other in met.get(place, ()):
            if other.kind in kinds and other.entity_id != one:
                ends = (one, other.entity_id) if refers != rule.reverse else (other.entity_id, one)
                found.add(Edge(*ends, *place))
    return found


def same(
    rule: SamenessRule, held: Mapping[Place, Sequence[Holder]], traits: Traits, rejected: Collection[frozenset[UUID]]
) -> set[Edge]:
    """An edge between each two records of one value; a candidate where something is against it, with what it is."""
    symmetric = (rule.left, rule.left_key) == (rule.right, rule.right_key)
    found = set()
    for (scope, value), holders in held.items():
        if len(holders) > SHARED_BY:
            continue
        shared = _shared(rule, holders, traits)
        lefts = [one for one in holders if (one.kind, one.key_type) == (rule.left, rule.left_key)]
        rights = [one for one in holders if (one.kind, one.key_type) == (rule.right, rule.right_key)]
        for one, other in product(lefts, rights):
            if one.entity_id == other.entity_id or (symmetric and one.entity_id > other.entity_id):
                continue
            if rule.most_per_resource == 1 and one.resource == other.resource:
                continue
            if frozenset((one.entity_id, other.entity_id)) in rejected:
                continue
            why = _held_back(rule, one, other, shared, traits)
            found.add(Edge(one.entity_id, other.entity_id, scope, value, why))
    return found


def _shared(rule: SamenessRule, holders: Iterable[Holder], traits: Traits) -> set[tuple[str, str, str]]:
    """Where the value tells records of one resource not apart, as (key type, kind, resource)."""
    groups: dict[tuple[str, str, str], set[UUID]] = defaultdict(set)
    for one in holders:
        groups[one.key_type, one.kind, one.resource].add(one.entity_id)
    return {
        group
        for group, records in groups.items()
        if len(records) > FRAGMENTS or len(set(_things(rule, records, traits))) > rule.most_per_resource
    }


def _things(rule: SamenessRule, records: Iterable[UUID], traits: Traits) -> Iterator[str]:
    """Records that share a value of `counted_by` are one thing."""
    for record in records:
        values = traits.get((record, rule.counted_by), NOTHING) if rule.counted_by else NOTHING
        yield min(values) if values else str(record)


def _held_back(
    rule: SamenessRule, one: Holder, other: Holder, shared: Collection[tuple[str, str, str]], traits: Traits
) -> str | None:
    if rule.candidate_only:
        return "suggested"
    if any((holder.key_type, holder.kind, holder.resource) in shared for holder in (one, other)):
        return "ambiguous"
    pairs = {
        key_type: (traits.get((one.entity_id, key_type), NOTHING), traits.get((other.entity_id, key_type), NOTHING))
        for key_type in (*rule.agree, *rule.disagree)
    }
    if any(mine and its and not mine & its for mine, its in (pairs[key_type] for key_type in rule.disagree)):
        return "contradicted"
    if rule.agree and not any(mine & its for mine, its in (pairs[key_type] for key_type in rule.agree)):
        return "unconfirmed"
    return None


def trait_types(rules: Iterable[SamenessRule]) -> set[str]:
    """The key types that the rules ask for beside those that meet."""
    return {
        key_type
        for rule in rules
        for key_type in (rule.counted_by, *rule.agree, *rule.disagree)
        if key_type is not None
    }
