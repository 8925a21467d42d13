"""The past is the present with its changes undone."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.history import BESIDE, Change, changes, undo
from mspbyte_common.models import KINDS

SCALARS = st.none() | st.text(max_size=3) | st.integers(0, 3)
ITEMS = st.lists(st.sampled_from("abcdef") | st.fixed_dictionaries({"code": st.sampled_from("xyz")}), max_size=6)
DOCUMENTS = st.dictionaries(st.sampled_from(["name", "macs", "members", "os", "part"]), SCALARS | ITEMS, max_size=5)


def _known(document: dict) -> dict:
    return {name: value for name, value in document.items() if value is not None}


@given(DOCUMENTS, DOCUMENTS)
def test_undoing_the_changes_gives_the_document_before(before: dict, after: dict) -> None:
    assert _known(undo(after, changes(before, after))) == _known(before)


@given(st.lists(DOCUMENTS, min_size=2, max_size=6))
def test_a_chain_of_changes_is_undone_to_any_place(documents: list[dict]) -> None:
    steps = [changes(one, other) for one, other in itertools.pairwise(documents)]
    for place, document in enumerate(documents):
        later = [change for step in reversed(steps[place:]) for change in reversed(step)]
        assert _known(undo(documents[-1], later)) == _known(document)


def test_one_member_of_a_long_list_costs_one_member() -> None:
    before = {"members": [f"user {number:05}" for number in range(10_000)]}
    after = {"members": [name for name in before["members"] if name != "user 00500"]}
    assert changes(before, after) == [Change("members[]", {"500": "user 00500"}, {})]


def test_a_list_in_another_order_is_kept_whole() -> None:
    assert changes({"emails": ["a", "b"]}, {"emails": ["b", "a"]}) == [Change("emails", ["a", "b"], ["b", "a"])]


def test_equal_documents_have_no_changes_and_fields_left_out_never_do() -> None:
    assert changes({"a": 1, "seen": 1}, {"a": 1, "seen": 2}, without={"seen"}) == []


def test_no_kind_has_a_field_of_the_name_of_what_stands_beside_it() -> None:
    assert not [kind.NAME for kind in KINDS.values() if BESIDE & set(kind.model_fields)]
