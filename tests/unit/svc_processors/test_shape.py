"""A page's shape is learned, and a departure from it is seen, counted and shown without anybody's data."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svc_processors.shape import Drift, drifts, learn, look, word

RECORDS = [
    {"id": "1", "os": {"platform": "windows", "build": 1}, "tags": [{"name": "a"}], "note": None},
    {"id": "2", "os": {"platform": "linux"}, "tags": []},
]
KNOWN = learn({}, look(RECORDS))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
PAGES = st.lists(st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4), max_size=5)


def test_the_shape_says_types_and_what_is_always_there() -> None:
    assert {path.removeprefix("$."): " ".join(types) for path, types in KNOWN.items()} == {
        "$": "object",
        "id": "always string",
        "note": "null",
        "os": "always object",
        "os.build": "number",
        "os.platform": "always string",
        "tags": "always array",
        "tags[]": "object",
        "tags[].name": "always string",
    }


def test_each_departure_is_told_by_its_path() -> None:
    page = [
        {"id": 3, "os": {"platform": None, "build": 2}, "tags": [{"name": "a", "colour": "red"}], "owner": "Ada"},
        {"os": {"platform": "x"}, "tags": [], "owner": None, "note": "text"},
    ]
    assert drifts(KNOWN, look(page)) == [
        Drift("$.id", "changed_type", "number", 1),
        Drift("$.id", "missing_field", "missing", 1),
        Drift("$.owner", "new_field", "null", 2),
        Drift("$.tags[].colour", "new_field", "string", 1),
    ]


@given(PAGES, PAGES)
def test_what_was_learned_is_no_drift_in_any_order(one: list, other: list) -> None:
    learned = learn(learn({}, look(one)), look(other))
    assert learned == learn(learn({}, look(other)), look(one)) == learn({}, look(one + other))
    assert drifts(learned, look(one)) == drifts(learned, look(other)) == []


def test_a_word_is_shown_only_if_it_can_be_nobodys_name() -> None:
    assert [word(value) for value in ("newState_2", "Ada Byron", "ada@example.com", "x" * 41, "Zoë")] == [
        "newState_2", None, None, None, None,
    ]  # fmt: skip
