"""Names of people and organisations that are spelt in two ways are equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.names import organisation_name, person_name

PEOPLE: list[tuple[tuple[str | None, str | None, str | None], str | None]] = [
    (("Ida", "Brandt", None), "ida brandt"),
    ((" Ida ", "van  der Berg", "x y"), "ida van der berg"),
    (("Ren\u00e9e", "M\u00fcller", None), "renee muller"),
    (("Jo\u00e3o", "Stra\u00dfer", None), "joao strasser"),
    ((None, "Brandt", "Ida Brandt"), "ida brandt"),
    ((None, None, "IDA BRANDT"), "ida brandt"),
    (("Ida", None, None), None),
    ((None, None, "Reception"), None),
    ((None, None, None), None),
    (("", "", ""), None),
]

ORGANISATIONS: dict[str | None, str | None] = {
    "Nordlicht Logistik GmbH": "nordlicht logistik",
    "NORDLICHT LOGISTIK": "nordlicht logistik",
    "Nordlicht-Logistik GmbH & Co. KG": "nordlicht logistik",
    "M\u00fcller UG (haftungsbeschr\u00e4nkt)": "muller",
    "Contoso, Inc.": "contoso",
    "Contoso Ltd.": "contoso",
    "O'Hara L.L.C.": "ohara",
    "Caf\u00e9 S.A.R.L.": "cafe",
    "Turnverein e.V.": "turnverein",
    "AG": "ag",
    "Co. KG": "co",
    "AB Tools": "ab tools",
    "...": None,
    "": None,
    None: None,
}


@pytest.mark.parametrize(("parts", "expected"), PEOPLE, ids=repr)
def test_a_person_is_named_first_last(
    parts: tuple[str | None, str | None, str | None],
    expected: str | None,
) -> None:
    assert person_name(*parts) == expected


@pytest.mark.parametrize(("name", "expected"), ORGANISATIONS.items(), ids=repr)
def test_an_organisation_is_named_without_its_legal_form(name: str | None, expected: str | None) -> None:
    assert organisation_name(name) == expected


@given(st.text(max_size=40))
def test_a_folded_name_folds_to_itself(name: str) -> None:
    person, organisation = person_name(None, None, name), organisation_name(name)
    assert person is None or person_name(None, None, person) == person
    assert organisation is None or organisation_name(organisation) == organisation
