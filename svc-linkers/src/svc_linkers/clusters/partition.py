"""From edges to clusters: a pure function of records, edges and rejections, whatever the order they came in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product
from typing import TypeVar
from uuid import UUID

from mspbyte_common.links import PERSON
from svc_linkers.rule import FRAGMENTS, ClusterRule

Pair = frozenset[UUID]
Node = TypeVar("Node", UUID, str)


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


def components(nodes: Iterable[Node], edges: Iterable[tuple[Node, Node]]) -> dict[Node, Node]:
    """The smallest node that each is connected with, over any number of edges."""
    root = {node: node for node in nodes}

    def find(node: Node) -> Node:
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
    leads to a contradiction proves nothing, and stronger evidence stays. Against a person's confirmation only a person's
    rejection counts, against a pin nothing.
    """
    cluster_of = {identifier: identifier for identifier in records}
    members = {identifier: [identifier] for identifier in records}
    levels: dict[tuple[bool, bool, float], list[Edge]] = defaultdict(list)
    for edge in edges:
        levels[edge.strength].append(edge)
    pooled = records
    for strength in sorted(levels, reverse=True):
        pinned, by_person, _ = strength
        if not by_person and pooled is records:
            pooled = _pooled(records, members.values())
        for clusters in _groups([(cluster_of[edge.one], cluster_of[edge.other]) for edge in levels[strength]]):
            parts = [[pooled[one] for one in members[cluster]] for cluster in clusters]
            clash = _rejected(parts, rejected) or (not by_person and _clash(rule, parts))
            if pinned or not clash:
                name = min(clusters)
                members[name] = [one for cluster in clusters for one in members.pop(cluster)]
                cluster_of.update(dict.fromkeys(members[name], name))
    return cluster_of


def _pooled(records: Mapping[UUID, Record], clusters: Iterable[Sequence[UUID]]) -> dict[UUID, Record]:
    """Records whose fragments say what a person said: the serials of records put together are serials of one thing."""
    joined = [members for members in clusters if len(members) > 1]
    if not joined:
        return dict(records)
    shared = [sorted(frozenset().union(*(records[one].fragments for one in members))) for members in joined]
    known = {value for record in records.values() for value in record.fragments}
    meant = components(known, [pair for values in shared for pair in pairwise(values)])
    found = {
        one: replace(record, fragments=frozenset(meant[value] for value in record.fragments))
        for one, record in records.items()
    }
    for members, values in zip(joined, shared, strict=True):
        whole = frozenset(meant[value] for value in values)
        found.update({one: replace(found[one], fragments=whole) for one in members})
    return found


def _groups(pairs: Sequence[tuple[UUID, UUID]]) -> Iterator[list[UUID]]:
    """Clusters that pairs connect, where there is more than one."""
    groups: dict[UUID, list[UUID]] = defaultdict(list)
    for cluster, root in components({cluster for pair in pairs for cluster in pair}, pairs).items():
        groups[root].append(cluster)
    return (clusters for clusters in groups.values() if len(clusters) > 1)


def _across(parts: Sequence[Sequence[Record]]) -> Iterator[tuple[Record, Record]]:
    """Pairs of records that are not in one part."""
    for first, second in combinations(parts, 2):
        yield from product(first, second)


def _rejected(parts: Sequence[Sequence[Record]], rejected: Collection[Pair]) -> bool:
    """Whether a person said that records of different parts are two things."""
    return bool(rejected) and any(frozenset((one.id, other.id)) in rejected for one, other in _across(parts))


def _clash(rule: ClusterRule, parts: Sequence[Sequence[Record]]) -> bool:
    """Whether joining the parts would say that two things are one."""
    if not rule.one_per_source:
        return False
    if max(Counter(record.source for part in parts for record in part).values()) > FRAGMENTS:
        return True
    return any(two_things(one, other) for one, other in _across(parts))


def two_things(one: Record, other: Record) -> bool:
    """Whether their common source, or what both are known by, says that two records are not one thing."""
    if one.fragments & other.fragments:
        return False
    return one.source == other.source or bool(one.fragments and other.fragments)
