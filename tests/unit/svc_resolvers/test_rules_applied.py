"""What each rule makes of a record, and what it calls an issue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mspbyte_common.models import Company, Contact, Device, Domain, Identity
from svc_resolvers.apply import Issue, apply_rules
from svc_resolvers.rule import Rule

Make = Callable[..., Any]


def test_a_person_gets_canonical_addresses(make: Make, rules: list[Rule]) -> None:
    person = make(
        Identity,
        upn="Ida@Nordlicht.Example",
        email="'Ida@Nordlicht.Example",
        aliases=(
            "Z@nordlicht.example",
            "IDA@nordlicht.example",
            "a@nordlicht.example",
            "A@nordlicht.example",
            "broken",
        ),
        phones=("+49 341 5550100", "0341 5550100", "12", "000-000-0000"),
    )
    found, repairs, issues = apply_rules(person, rules)
    assert found.upn_canonical == found.email_canonical == "ida@nordlicht.example"
    assert found.aliases_canonical == ("a@nordlicht.example", "z@nordlicht.example")
    assert found.phones_canonical == ("415550100",)
    assert (found.upn, found.email, found.aliases) == (person.upn, person.email, person.aliases)
    assert repairs == []
    assert issues == [
        Issue("aliases_canonical", "aliases", "broken"),
        Issue("phones_canonical", "phones", "000-000-0000"),
    ]


def test_a_person_of_whom_nothing_is_known_stays_so(make: Make, rules: list[Rule]) -> None:
    person = make(Identity)
    assert apply_rules(person, rules) == (person, [], [])


def test_an_address_that_is_none_is_an_issue(make: Make, rules: list[Rule]) -> None:
    found, _, issues = apply_rules(make(Identity, email="n/a"), rules)
    assert found.email_canonical is None
    assert issues == [Issue("email_canonical", "email", "n/a")]


def test_a_contact_keeps_the_primary_address_first(make: Make, rules: list[Rule]) -> None:
    contact = make(Contact, emails=("Z@x.example", "a@x.example", "z@X.example", "none"), phones=("0341/5550100",))
    found, _, issues = apply_rules(contact, rules)
    assert found.emails_canonical == ("z@x.example", "a@x.example")
    assert found.phones_canonical == ("415550100",)
    assert issues == [Issue("contact_emails_canonical", "emails", "none")]


@pytest.mark.parametrize(
    "serial",
    ["To be filled by O.E.M.", "default string", "System  Serial Number", "NONE", "0", "00000000", "N/A", "123456789"],
)
def test_a_placeholder_is_no_serial(make: Make, rules: list[Rule], serial: str) -> None:
    found, repairs, issues = apply_rules(make(Device, serial=serial), rules)
    assert (found.serial, found.serial_canonical, repairs) == (serial, None, [])
    assert issues == [Issue("serial_canonical", "serial", serial)]


def test_a_serial_in_another_spelling_is_in_order(make: Make, rules: list[Rule]) -> None:
    found, repairs, issues = apply_rules(make(Device, serial=" pf0xyz12"), rules)
    assert (found.serial_canonical, repairs, issues) == ("PF0XYZ12", [], [])


def test_virtual_addresses_go_quietly_and_broken_ones_do_not(make: Make, rules: list[Rule]) -> None:
    macs = ("34:E6:D7:A1:B2:C3", "34E6D7A1B2C3", "[10E7C6000001]", "00:50:56:C0:00:01", "0242ac110002", "n/a", "0" * 12)
    found, _, issues = apply_rules(make(Device, macs=macs), rules)
    assert found.macs_canonical == ("10e7c6000001", "34e6d7a1b2c3")
    assert issues == [Issue("macs_canonical", "macs", "n/a; 000000000000")]


@pytest.mark.parametrize(
    ("name", "expected", "at_fault"),
    [
        ("NL-WS-01.corp.example", "nl-ws-01", False),
        ("localhost.localdomain", None, True),
        ("Unknown", None, True),
        ("iPhone", None, False),
        (None, None, False),
    ],
)
def test_a_device_has_a_host_name_unless_it_is_a_placeholder(
    make: Make,
    rules: list[Rule],
    name: str | None,
    expected: str | None,
    at_fault: object,
) -> None:
    found, _, issues = apply_rules(make(Device, name=name), rules)
    assert found.host_name_canonical == expected
    assert bool(issues) is at_fault


@pytest.mark.parametrize(
    ("website", "expected", "at_fault"),
    [
        ("https://www.nordlicht.example/", "nordlicht.example", False),
        ("https://www.facebook.com/nordlicht", None, False),
        ("nordlicht.jimdo.com", None, False),
        ("coming soon", None, True),
        (None, None, False),
    ],
)
def test_a_company_has_the_domain_of_its_website(
    make: Make,
    rules: list[Rule],
    website: str | None,
    expected: str | None,
    at_fault: object,
) -> None:
    found, _, issues = apply_rules(make(Company, website=website), rules)
    assert found.domain_canonical == expected
    assert bool(issues) is at_fault


def test_a_domain_is_lower_case(rules: list[Rule]) -> None:
    found, _, issues = apply_rules(Domain(name="Nordlicht.Example"), rules)
    assert (found.name_canonical, issues) == ("nordlicht.example", [])


def test_what_an_issue_shows_is_short(make: Make, rules: list[Rule]) -> None:
    _, _, issues = apply_rules(make(Contact, emails=tuple(f"nobody{n}" for n in range(99))), rules)
    assert len(issues[0].value) == 80
