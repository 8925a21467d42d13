"""What a person means by an id, the beginning of one, or a name."""

from __future__ import annotations

from uuid import UUID

import pytest

from mspbyte_common.errors import UsageError
from mspctl.choose import choose, id_range

ROWS = [
    {"id": UUID("aaaa0000-0000-8000-8000-000000000001"), "name": "Contoso", "external_id": "1"},
    {"id": UUID("aaaa0000-0000-8000-8000-000000000002"), "name": "Fabrikam", "external_id": "2"},
    {"id": UUID("bbbb0000-0000-8000-8000-000000000003"), "name": None, "external_id": "3"},
]


@pytest.mark.parametrize("text", ["bbbb", "BBBB0000-0000", "3", "bbbb0000-0000-8000-8000-000000000003"])
def test_an_account_is_found_by(text):
    assert choose("account", text, ROWS, "external_id", "name", look="look")["external_id"] == "3"


def test_a_name_is_found_whatever_its_case():
    assert choose("account", "CONTOSO", ROWS, "name", look="look")["name"] == "Contoso"


def test_a_name_beats_the_beginning_of_an_id():
    rows = [*ROWS, {"id": UUID(int=0), "name": "aaaa", "external_id": "4"}]
    assert choose("account", "aaaa", rows, "name", look="look")["external_id"] == "4"


def test_a_beginning_of_two_ids_names_both():
    with pytest.raises(UsageError, match=r"not one but 2: .*Contoso.*Fabrikam"):
        choose("account", "aaaa", ROWS, "name", look="look")


def test_what_does_not_exist_says_where_to_look():
    with pytest.raises(UsageError, match="there is no account 'zebra': mspctl account list"):
        choose("account", "zebra", ROWS, "name", look="mspctl account list")


def test_a_range_holds_every_id_that_begins_so():
    first, last = id_range("run", "aaaa0000", look="look")
    assert first <= ROWS[0]["id"] <= ROWS[1]["id"] <= last < ROWS[2]["id"]


@pytest.mark.parametrize("text", ["", "xyz", "a" * 33])
def test_what_cannot_begin_an_id_is_said_to_be_none(text):
    with pytest.raises(UsageError, match="not the id of a run"):
        id_range("run", text, look="look")
