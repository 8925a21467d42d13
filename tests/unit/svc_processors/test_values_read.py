"""One value of a vendor's record: the right type, None, or an error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_processors import reading
from svc_processors.caseless import Caseless

READ: list[tuple[Callable[[Any], object], object, object]] = [
    (reading.text, "  Ida ", "  Ida "),
    (reading.text, "", None),
    (reading.text, " \t", None),
    (reading.text, None, None),
    (reading.required_text, "Ida", "Ida"),
    (reading.label, 0, "0"),
    (reading.label, "m", "m"),
    (reading.label, "", None),
    (reading.label, None, None),
    (reading.ident, 0, "0"),
    (reading.ident, 29682885, "29682885"),
    (reading.ident, " abc ", "abc"),
    (reading.ident, "x" * 500, "x" * 500),
    (reading.ident_or_none, 0, "0"),
    (reading.ident_or_none, None, None),
    (reading.ident_or_none, "", None),
    (reading.guid, "5AC55058-622D", "5ac55058-622d"),
    (reading.guid_or_none, "00000000-0000-0000-0000-000000000000", None),
    (reading.guid_or_none, "", None),
    (reading.guid_or_none, "AB", "ab"),
    (reading.whole, 25, 25),
    (reading.whole, 25.0, 25),
    (reading.whole, -1, -1),
    (reading.whole, 0, 0),
    (reading.whole, None, None),
    (reading.decimal_of, 0.1, Decimal("0.1")),
    (reading.decimal_of, 375, Decimal(375)),
    (reading.decimal_of, "12.50", Decimal("12.5")),
    (reading.decimal_of, -0.0, Decimal(0)),
    (reading.decimal_of, 1e-7, Decimal("0.0000001")),
    (reading.decimal_of, "", None),
    (reading.decimal_of, None, None),
    (reading.flag, True, True),
    (reading.flag, False, False),
    (reading.flag, None, None),
    (reading.part, None, {}),
    (reading.part, {"a": 1}, {"a": 1}),
    (reading.entries, None, ()),
    (reading.entries, [1], [1]),
    (reading.strings, ["b", "", "a", "b", None], ("b", "a")),
    (reading.strings, None, ()),
]

REFUSED: list[tuple[Callable[[Any], object], object]] = [
    (reading.ident, "x" * 501),
    (reading.guid_or_none, "x" * 501),
    (reading.text, 1),
    (reading.text, False),
    (reading.text, ["a"]),
    (reading.required_text, ""),
    (reading.required_text, None),
    (reading.label, 1.5),
    (reading.label, True),
    (reading.ident, None),
    (reading.ident, ""),
    (reading.ident, True),
    (reading.ident, {}),
    (reading.guid, None),
    (reading.guid, " "),
    (reading.whole, "25"),
    (reading.whole, 25.5),
    (reading.whole, True),
    (reading.decimal_of, "twelve"),
    (reading.decimal_of, float("nan")),
    (reading.decimal_of, float("inf")),
    (reading.decimal_of, "NaN"),
    (reading.decimal_of, True),
    (reading.decimal_of, []),
    (reading.flag, 1),
    (reading.flag, "true"),
    (reading.part, []),
    (reading.part, "a"),
    (reading.entries, {}),
    (reading.entries, "a"),
    (reading.strings, [1]),
]


def named(value: object) -> str:
    """A parameter in a test's name: the same in every process, unlike a function's repr."""
    return value.__name__ if isinstance(value, FunctionType) else repr(value)


@pytest.mark.parametrize(("read", "sent", "meant"), READ, ids=named)
def test_a_value_is_read(read: Callable[[Any], object], sent: object, meant: object) -> None:
    found = read(sent)
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(("read", "sent"), REFUSED, ids=named)
def test_a_value_of_another_type_is_refused(read: Callable[[Any], object], sent: object) -> None:
    with pytest.raises(ValueError, match="was expected"):
        read(sent)


@pytest.mark.parametrize(("sent", "meant"), [(0, False), (1, True), (True, True), (None, None)], ids=repr)
def test_digits_are_flags_only_where_documented(sent: object, meant: object) -> None:
    assert reading.flag(sent, digits=True) is meant
    with pytest.raises(ValueError, match="true or false"):
        reading.flag(2, digits=True)


@pytest.mark.parametrize("sent", ["new", "", 7, None, ["good"], {}], ids=repr)
def test_a_word_we_do_not_know_is_unknown(sent: object) -> None:
    assert reading.choice(sent, {"good": "good"}, "unknown") == "unknown"


def test_a_word_is_known_in_any_case() -> None:
    assert reading.choice("inGracePeriod", {"ingraceperiod": "grace"}, "unknown") == "grace"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_money_equals_the_number_sent(amount: float) -> None:
    found = reading.decimal_of(amount)
    assert found is not None
    assert float(found) == pytest.approx(amount, rel=sys.float_info.epsilon)
    assert "E" not in str(found) or abs(amount) < 1e-6


def test_keys_are_read_in_any_case() -> None:
    record = Caseless({"CompanyName": "a", "companyID": 0})
    assert (record["companyName"], record["CompanyId"], record.get("isActive")) == ("a", 0, None)
    assert (len(record), sorted(record)) == (2, ["companyid", "companyname"])
    with pytest.raises(KeyError, match="isActive"):
        record["isActive"]
