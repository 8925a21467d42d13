"""What one reader writes and another refuses is put so that every one can hold it."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.vendors.legible import DEEPEST, flatten, legible, storable
from mspbyte_common.vendors.transport import Answer

ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("\\u\ud83d\ude00d8"))


@given(st.lists(ANY_TEXT))
def test_half_a_pair_of_surrogates_becomes_one_replacement_and_the_rest_stays(texts: list[str]) -> None:
    meant = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts]
    assert orjson.loads(legible(json.dumps(texts).encode())) == meant


def test_an_answer_in_another_encoding_is_read_with_its_characters_replaced() -> None:
    assert Answer(200, {}, '{"name": "Müller"}'.encode("latin-1")).json() == {"name": "M\ufffdller"}
    assert Answer(200, {}, b'{"name": "\\ud83d"}').json() == {"name": "\ufffd"}
    assert Answer(200, {}, b'{"name": "\\ud83d\\ude00 \\\\ud83d"}').json() == {"name": "\U0001f600 \\ud83d"}


@given(st.lists(st.sampled_from(("\x00", "\\", "u0000", "a"))).map("".join))
def test_text_that_is_stored_has_a_replacement_for_each_zero_byte_and_is_else_the_same(text: str) -> None:
    assert orjson.loads(storable(orjson.dumps(text))) == text.replace("\x00", "\ufffd")


def _nested(levels: int) -> Any:
    made: Any = "leaf"
    for number in range(levels):
        made = [made] if number % 2 else {"inner": made}
    return made


def _depth(value: Any) -> int:
    """How deep the leaf is, read through whatever is there as text."""
    depth = 0
    while value != "leaf":
        if isinstance(value, str):
            value = orjson.loads(value)
        value = value[0] if isinstance(value, list) else value["inner"]
        depth += 1
    return depth


@pytest.mark.parametrize("levels", [5, DEEPEST, 254, 255, 700, 1020])
def test_a_record_of_any_depth_that_is_read_can_be_written_and_read_whole(levels: int) -> None:
    plain = {"id": "plain", "odd": [[{"a": "[1]"}]]}
    deep = {"inner": _nested(levels)}
    first, second = flatten([orjson.loads(orjson.dumps(plain)), deep])
    assert first == plain
    assert _depth(orjson.loads(orjson.dumps(second))) == levels + 1


def test_a_record_that_can_be_written_is_the_same_whatever_stands_beside_it() -> None:
    ((alone,), (beside, _)) = (
        flatten([{"inner": _nested(200)}, *others]) for others in ([], [{"inner": _nested(300)}])
    )
    assert alone == beside
