"""From edges to clusters: strong evidence before weak, contradictions shown, nothing that depends on an order."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_linkers.clusters.partition import Edge, Pair, Record, components, partition
from svc_linkers.rule import ClusterRule

DEVICE = ClusterRule(relation="same_device", kinds=("device",), fragments_by="serial")
COMPANY = ClusterRule(relation="same_company", kinds=("company",), one_per_source=False)


def _id(number: int) -> UUID:
    return UUID(int=number)


def _records(*rows: tuple[int, str, str]) -> dict[UUID, Record]:
    """(number, resource, serials) of each record."""
    return {
        _id(number): Record(_id(number), (None, resource), frozenset(serials.split()))
        for number, resource, serials in rows
    }


def _edge(one: int, other: int, confidence: float, rule: str = "rule", *, pinned: bool = False) -> Edge:
    return Edge(_id(one), _id(other), rule, confidence, pinned=pinned)


def _groups(clusters: dict[UUID, UUID]) -> set[frozenset[int]]:
    found: dict[UUID, set[int]] = {}
    for record, cluster in clusters.items():
        found.setdefault(cluster, set()).add(record.int)
    assert all(min(members) == cluster.int for cluster, members in found.items())
    return {frozenset(members) for members in found.values()}


def test_what_edges_connect_is_one_thing_named_after_its_smallest_record() -> None:
    records = _records((1, "a", ""), (2, "b", ""), (3, "c", ""), (4, "d", ""))
    clusters = partition(DEVICE, records, [_edge(3, 2, 0.9), _edge(2, 1, 0.8)], set())
    assert _groups(clusters) == {frozenset({1, 2, 3}), frozenset({4})}


def test_a_chain_that_would_join_two_records_of_one_source_breaks_at_its_weakest_edge() -> None:
    records = _records((1, "users", ""), (2, "psa", ""), (3, "sophos", ""), (4, "users", ""))
    edges = [_edge(1, 2, 0.98), _edge(2, 3, 0.8), _edge(3, 4, 0.98)]
    assert _groups(partition(DEVICE, records, edges, set())) == {frozenset({1, 2}), frozenset({3, 4})}


def test_equally_weak_edges_of_a_contradiction_all_give_way() -> None:
    records = _records((1, "users", ""), (2, "psa", ""), (3, "users", ""))
    assert len(_groups(partition(DEVICE, records, [_edge(1, 2, 0.8), _edge(2, 3, 0.8)], set()))) == 3


def test_two_serials_are_two_machines_and_one_serial_is_one() -> None:
    records = _records((1, "a", "S1"), (2, "b", "S2"), (3, "c", ""), (4, "a", "S1"))
    edges = [_edge(1, 4, 0.98), _edge(1, 3, 0.9), _edge(3, 2, 0.8)]
    assert _groups(partition(DEVICE, records, edges, set())) == {frozenset({1, 3, 4}), frozenset({2})}


def test_four_records_of_one_source_are_no_machine_set_up_anew() -> None:
    records = _records(*((number, "a", "S1") for number in range(1, 5)))
    assert len(_groups(partition(DEVICE, records, [_edge(1, n, 0.98) for n in (2, 3, 4)], set()))) == 4


def test_several_tenants_may_be_one_companys() -> None:
    records = _records((1, "Companies", ""), (2, "organization", ""), (3, "organization", ""))
    assert len(_groups(partition(COMPANY, records, [_edge(1, 2, 1), _edge(1, 3, 1)], set()))) == 1


def test_a_rejected_pair_shares_no_cluster_not_even_through_others() -> None:
    records = _records((1, "a", ""), (2, "b", ""), (3, "c", ""))
    clusters = partition(DEVICE, records, [_edge(1, 2, 0.98), _edge(2, 3, 0.8)], {frozenset({_id(1), _id(3)})})
    assert _groups(clusters) == {frozenset({1, 2}), frozenset({3})}


def test_a_confirmed_pair_holds_against_its_serials_and_takes_each_ones_others_along() -> None:
    records = _records((1, "a", "S1"), (2, "b", "S2"), (3, "c", "S1"), (4, "d", "S2"))
    edges = [_edge(1, 3, 0.98), _edge(2, 4, 0.98), _edge(1, 2, 1, "person")]
    assert _groups(partition(DEVICE, records, edges, set())) == {frozenset({1, 2, 3, 4})}


@pytest.mark.parametrize(("pinned", "expected"), [(False, 3), (True, 1)])
def test_a_rejection_outweighs_confirmations_but_no_pin(pinned: bool, expected: int) -> None:
    records = _records((1, "a", ""), (2, "b", ""), (3, "c", ""))
    edges = [_edge(1, 2, 1, "person", pinned=pinned), _edge(2, 3, 1, "person", pinned=pinned)]
    assert len(_groups(partition(DEVICE, records, edges, {frozenset({_id(1), _id(3)})}))) == expected


def test_what_a_person_put_together_step_by_step_is_known_by_all_its_serials() -> None:
    records = _records((1, "a", "S1"), (2, "a", "S1"), (3, "a", ""), (4, "b", ""))
    edges = [_edge(1, 2, 0.8), _edge(1, 3, 0.8, "person"), _edge(3, 4, 0.9, "person")]
    for ordered in (records, dict(reversed(records.items()))):
        assert _groups(partition(DEVICE, ordered, edges, set())) == {frozenset({1, 2, 3, 4})}


NUMBERS = st.integers(1, 8)
EDGES = st.lists(
    st.tuples(NUMBERS, NUMBERS, st.sampled_from((0.8, 0.9, 0.98)), st.booleans()).filter(
        lambda edge: edge[0] != edge[1]
    ),
    max_size=14,
)
RECORDS = st.fixed_dictionaries(
    {
        number: st.tuples(st.sampled_from(("a", "b", "c")), st.sampled_from(("", "S1", "S2", "S1 S2")))
        for number in range(1, 9)
    }
)


@given(RECORDS, EDGES, st.sets(st.frozensets(NUMBERS, min_size=2, max_size=2), max_size=3), st.randoms())
def test_the_order_of_edges_means_nothing_and_no_cluster_contradicts_itself(rows, drawn, refused, random) -> None:
    records = _records(*((number, *row) for number, row in rows.items()))
    edges = [_edge(one, other, confidence, "person" if person else "rule") for one, other, confidence, person in drawn]
    rejected: set[Pair] = {frozenset(_id(number) for number in pair) for pair in refused}
    clusters = partition(DEVICE, records, edges, rejected)
    shuffled = list(edges)
    random.shuffle(shuffled)
    assert partition(DEVICE, dict(reversed(records.items())), shuffled, rejected) == clusters
    for pair in rejected:
        assert len({clusters[record] for record in pair}) == 2
    if not any(edge.rule == "person" for edge in edges):
        for one in records.values():
            for other in records.values():
                if one.id != other.id and clusters[one.id] == clusters[other.id] and one.source == other.source:
                    assert one.fragments & other.fragments
    whole = components(records, [(edge.one, edge.other) for edge in edges])
    assert all(whole[record] == whole[cluster] for record, cluster in clusters.items())
