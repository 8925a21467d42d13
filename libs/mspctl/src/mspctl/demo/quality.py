"""How well links agree with the ground truth, counted in pairs of records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from itertools import combinations, islice
from math import comb
from typing import Any, TypeVar

EXAMPLES = 10
GROUPS = {"same_person": "people", "same_device": "devices", "same_company": "companies"}
"""Relation → the list of the ground truth that knows it."""

Place = tuple[str, str, str, str]
"""(vendor, account, resource, external id): where a record lives."""
Thing = TypeVar("Thing", bound=Hashable)


def clusters(edges: Iterable[tuple[Thing, Thing]]) -> list[list[Thing]]:
    """The groups that edges make when followed to the end."""
    parent: dict[Thing, Thing] = {}

    def root(thing: Thing) -> Thing:
        parent.setdefault(thing, thing)
        while parent[thing] != thing:
            parent[thing] = parent[parent[thing]]
            thing = parent[thing]
        return thing

    for one, other in edges:
        parent[root(one)] = root(other)
    groups: dict[Thing, list[Thing]] = defaultdict(list)
    for thing in list(parent):
        groups[root(thing)].append(thing)
    return list(groups.values())


def quality(said: list[list[Thing]], true: list[list[Thing]]) -> dict[str, Any]:
    """Precision and recall over pairs, None where there is no pair to judge, with the first pairs that are wrong."""
    group_of = {thing: number for number, group in enumerate(true) for thing in group}
    cluster_of = {thing: number for number, cluster in enumerate(said) for thing in cluster}
    right = sum(
        comb(count, 2)
        for cluster in said
        for count in Counter(group_of[thing] for thing in cluster if thing in group_of).values()
    )
    claimed = sum(comb(len(cluster), 2) for cluster in said)
    existing = sum(comb(len(group), 2) for group in true)
    return {
        "precision": right / claimed if claimed else None,
        "recall": right / existing if existing else None,
        "pairs": {"right": right, "claimed": claimed, "existing": existing},
        "errors": {
            "false": list(islice(_apart(said, group_of), EXAMPLES)),
            "missed": list(islice(_apart(true, cluster_of), EXAMPLES)),
        },
    }


def _apart(groups: list[list[Thing]], other: Mapping[Thing, int]) -> Iterator[tuple[Thing, Thing]]:
    """Pairs that one side puts together and the other does not."""
    for group in groups:
        for one, two in combinations(group, 2):
            if other.get(one, object()) != other.get(two, object()):
                yield one, two


def link_quality(
    truth: Mapping[str, Any], references: Iterable[Mapping[str, Any]], edges: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Per relation: precision, recall, examples of errors, and links between two clients (there must be none).

    Records of resources the truth does not speak of pass sameness on and are not counted themselves.
    """
    rows = list(references)
    tenants = {(row["vendor"], row["account"]) for row in rows if row["account"]}
    place = {row["id"]: (row["vendor"], row["account"], row["resource"], row["external_id"]) for row in rows}
    client = {row["id"]: row["client_id"] for row in rows}
    by_relation: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
    for edge in edges:
        by_relation[edge["relation"]].append((edge["source_id"], edge["target_id"]))
    result = {}
    for relation, name in GROUPS.items():
        pairs = by_relation[relation]
        true = [[_place(record, tenants) for record in group["records"]] for group in truth.get(name, [])]
        judged = {(record[0], record[2]) for group in true for record in group}
        found = clusters((place.get(one, _gone(one)), place.get(other, _gone(other))) for one, other in pairs)
        said = [[record for record in cluster if (record[0], record[2]) in judged] for cluster in found]
        crossing = sum(
            1 for one, other in pairs if client.get(one) and client.get(other) and client[one] != client[other]
        )
        result[relation] = {**quality(said, true), "between_clients": crossing}
    return result


def _place(record: Iterable[str], tenants: Collection[tuple[str, str]]) -> Place:
    """A record as the truth names it; what a root account lists has no account of its own here."""
    vendor, account, resource, external_id = record
    return vendor, account if (vendor, account) in tenants else "", resource, external_id


def _gone(number: object) -> Place:
    """An edge to a record that no longer exists: wrong, and told apart from every other."""
    return "gone", "", "", str(number)
