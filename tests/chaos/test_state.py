"""What two fleets came to is compared in every table, and a comparison names what is missing, doubled and otherwise."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from tests.chaos.state import COMPARED, NOT_COMPARED, difference

from mspbyte_common.db.schema import metadata

ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xy")), max_size=6)


def _state(rows: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    return {"entity": rows}


def test_every_table_is_compared_or_has_a_reason_and_every_column_left_out_is_there() -> None:
    assert COMPARED.keys() | NOT_COMPARED.keys() == metadata.tables.keys()
    assert not COMPARED.keys() & NOT_COMPARED.keys()
    for table, columns in COMPARED.items():
        assert columns <= {column.name for column in metadata.tables[table].columns}, table


@given(ROWS)
def test_a_state_does_not_differ_from_itself_in_another_order(rows: list[tuple[str, str]]) -> None:
    assert difference(_state(rows), _state(sorted(rows, key=lambda row: row[0], reverse=True))).none


@given(ROWS, ROWS)
def test_what_is_lost_and_doubled_is_counted_and_one_is_the_other_seen_from_the_other_side(
    right: list[tuple[str, str]], found: list[tuple[str, str]]
) -> None:
    there, back = difference(_state(right), _state(found)), difference(_state(found), _state(right))
    missing = Counter(key for key, _ in right) - Counter(key for key, _ in found)
    assert dict(there.lost) == ({"entity": missing.total()} if missing else {})
    assert there.lost == back.duplicated
    assert there.duplicated == back.lost


@given(
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xy")),
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xy")),
)
def test_states_without_a_difference_are_the_same(right: dict[str, str], found: dict[str, str]) -> None:
    told = difference(_state(list(right.items())), _state(list(found.items())))
    assert told.none == (right == found)
    assert told.differing_rows.get("entity", 0) == sum(
        found.get(key, digest) != digest for key, digest in right.items()
    )
