"""From edges to clusters: a pure function of records, edges and rejections, whatever the order they came in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from svc_linkers.rule import FRAGMENTS, PERSON, ClusterRule

Pair = frozenset[UUID]


@dataclass(frozen=True)
class Record:
    """A record that may share a cluster. `fragments` are its values of the rule's `fragments_by`."""

    id: UUID
    source: tuple[UUID | None, str | None]
    """Account and resource: within them the vendor's ids tell things apart."""
    fragments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Edge:
    """A reason to put two records into one cluster. Pinned ones hold whatever speaks against them."""

    one: UUID
    other: UUID
    rule: str
    confidence: float
    pinned: bool = False

    @property
    def strength(self) -> tuple[bool, bool, float]:
        """Pins before a person's confirmations before rules, and those by their confidence."""
        return (self.pinned, self.rule == PERSON, self.confidence)


def components(nodes: Iterable[UUID], edges: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The smallest record that each is connected with, over any number of edges."""
    root = {node: node for node in nodes}

    def find(node: UUID) -> UUID:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for one, other in edges:
        first, second = sorted((find(one), find(other)))
        root[second] = first
    return {node: find(node) for node in root}


def partition(
    rule: ClusterRule, records: Mapping[UUID, Record], edges: Sequence[Edge], rejected: Collection[Pair]
) -> dict[UUID, UUID]:
    """Each record's cluster, named after its smallest record.

    Edges count from the strongest to the weakest, all of one strength at once, so that nothing depends on an order among
    equals. Where those of one strength would put two things together, none of them joins anything there: evidence that
    leads to a contradiction proves nothing, and stronger evidence stays.
    """
    cluster_of = {identifier: identifier for identifier in records}
    levels: dict[tuple[bool, bool, float], list[Edge]] = defaultdict(list)
    for edge in edges:
        levels[edge.strength].append(edge)
    for strength in sorted(levels, reverse=True):
        pinned = strength[0]
        pairs = [(cluster_of[edge.one], cluster_of[edge.other]) for edge in levels[strength]]
        joined = components(set(cluster_of.values()), pairs)
        members = _members(cluster_of)
        for clusters in _groups(joined):
            parts = [[records[one] for one in members[cluster]] for cluster in clusters]
            if pinned or not _clash(rule, parts, rejected):
                name = min(clusters)
                cluster_of.update(dict.fromkeys((record.id for part in parts for record in part), name))
    return cluster_of


def _members(cluster_of: Mapping[UUID, UUID]) -> dict[UUID, list[UUID]]:
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for identifier, cluster in cluster_of.items():
        members[cluster].append(identifier)
    return members


def _groups(joined: Mapping[UUID, UUID]) -> Iterator[list[UUID]]:
    """Clusters that belong together, where there is more than one."""
    groups: dict[UUID, list[UUID]] = defaultdict(list)
    for cluster, root in joined.items():
        groups[root].append(cluster)
    return (clusters for clusters in groups.values() if len(clusters) > 1)


def _clash(rule: ClusterRule, parts: Sequence[Sequence[Record]], rejected: Collection[Pair]) -> bool:
    """Whether joining the parts would say that two things are one."""
    if rule.one_per_source and max(Counter(r.source for part in parts for r in part).values()) > FRAGMENTS:
        return True
    return any(
        two_things(rule, one, other, rejected)
        for first, second in combinations(parts, 2)
        for one in first
        for other in second
    )


def two_things(rule: ClusterRule, one: Record, other: Record, rejected: Collection[Pair]) -> bool:
    """Whether a person, their common source, or what both are known by says that two records are not one thing."""
    if frozenset((one.id, other.id)) in rejected:
        return True
    if not rule.one_per_source:
        return False
    shared = one.fragments & other.fragments
    return not shared and (one.source == other.source or bool(one.fragments and other.fragments))
