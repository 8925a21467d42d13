"""Autotask's records in our vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mspbyte_common.models import Company, Contact, Contract, ContractLine, ContractUnit, Device, Kind, Service
from svc_processors.normalizer import Normalizer

Normalized = Callable[..., Any]
RESOURCES = [
    "Companies",
    "ConfigurationItems",
    "Contacts",
    "ContractServiceUnits",
    "ContractServices",
    "Contracts",
    "Services",
]


def test_company_zero_is_the_msp_itself(normalized: Normalized) -> None:
    assert normalized("autotask", "Companies") == Company(
        company_id="0",
        name="Werkstatt IT GmbH",
        company_type="1",
        active=True,
        website="https://www.werkstatt-it.example/start",
        phone="0341 5550100",
        address="Lange Gasse 4, 04109 Leipzig",
        parent_company_id=None,
        created_at=datetime(2012, 10, 24, 5, tzinfo=UTC),
        last_activity_at=datetime(2026, 1, 17, 10, 32, 29, 520000, tzinfo=UTC),
    )


def test_a_company_may_have_company_zero_as_parent(normalized: Normalized) -> None:
    assert normalized("autotask", "Companies", id=174, parentCompanyID=0).parent_company_id == "0"


def test_empty_strings_and_nulls_of_a_company_are_unknown(normalized: Normalized) -> None:
    blank = dict.fromkeys(("address1", "city", "postalCode", "phone", "webAddress"), "")
    found = normalized("autotask", "Companies", isActive=None, companyType=None, **blank)
    assert (found.active, found.company_type, found.address, found.phone, found.website) == (None,) * 5


def test_a_contact_with_its_addresses_in_order(normalized: Normalized) -> None:
    assert normalized("autotask", "Contacts") == Contact(
        contact_id="30684001",
        company_id="0",
        first_name="Ida",
        last_name="Brandt",
        emails=("Ida.Brandt@nordlicht.example", "ida@private.example"),
        phones=("0341 5550100", "0171 5550101"),
        title=None,
        active=True,
        created_at=datetime(2016, 3, 30, 13, 10, 35, 563000, tzinfo=UTC),
        last_activity_at=datetime(2026, 1, 5, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize(("sent", "meant"), [(0, False), (1, True), (True, True), (None, None)], ids=repr)
def test_a_contact_is_active_by_a_digit(normalized: Normalized, sent: object, meant: object) -> None:
    assert normalized("autotask", "Contacts", isActive=sent).active is meant


def test_a_configuration_item_an_rmm_tool_filled_in(normalized: Normalized) -> None:
    assert normalized("autotask", "ConfigurationItems") == Device(
        name="NL-WS-01",
        device_class="workstation",
        os_family="windows",
        os_name="Microsoft Windows 11 Pro 10.0.22631",
        os_version=None,
        serial="To be filled by O.E.M.",
        macs=("00155DA84B64", "34E6D7A1B2C3"),
        addresses=("10.7.0.12",),
        asset_id="40311",
        company_id="174",
        contact_id="30684001",
        last_user="NORDLICHT\\ida",
        active=True,
        created_at=datetime(2024, 5, 6, 8, 1, 2, 117000, tzinfo=UTC),
    )


def test_a_configuration_item_nobody_audits_is_of_unknown_class(normalized: Normalized) -> None:
    audit = ("Hostname", "IPAddress", "LastUser", "MacAddress", "OperatingSystem")
    found = normalized("autotask", "ConfigurationItems", **{f"rmmDeviceAudit{name}": None for name in audit})
    assert (found.name, found.device_class, found.os_family) == ("Dispatch desk, window side", "unknown", "unknown")
    assert (found.macs, found.addresses, found.products) == ((), (), None)


def test_a_contract(normalized: Normalized) -> None:
    assert normalized("autotask", "Contracts") == Contract(
        contract_id="29784183",
        company_id="174",
        name="Managed Workplace",
        number=None,
        contract_type="7",
        active=True,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=datetime(2026, 12, 31, tzinfo=UTC),
    )


@pytest.mark.parametrize(("sent", "meant"), [(0, False), (1, True), (7, None), (None, None)], ids=repr)
def test_a_contract_of_another_status_is_neither(normalized: Normalized, sent: object, meant: object) -> None:
    assert normalized("autotask", "Contracts", status=sent).active is meant


def test_a_contract_service_is_a_line(normalized: Normalized) -> None:
    assert normalized("autotask", "ContractServices") == ContractLine(
        line_id="771",
        contract_id="29784183",
        service_id="12",
        unit_price=Decimal(15),
        unit_cost=Decimal("8.25"),
        description="Workplace, monthly",
    )


def test_units_of_one_period_not_yet_billed(normalized: Normalized) -> None:
    assert normalized("autotask", "ContractServiceUnits") == ContractUnit(
        unit_id="9911",
        contract_id="29784183",
        line_id="771",
        service_id="12",
        units=25,
        price=Decimal(375),
        cost=Decimal("206.25"),
        starts_at=datetime(2026, 2, 1, tzinfo=UTC),
        ends_at=datetime(2026, 2, 28, tzinfo=UTC),
        posted_at=None,
    )


def test_no_units_are_zero_and_unknown_units_do_not_fit(normalized: Normalized) -> None:
    assert normalized("autotask", "ContractServiceUnits", units=0).units == 0
    with pytest.raises(ValueError, match="a number of units"):
        normalized("autotask", "ContractServiceUnits", units=None)


def test_a_service_without_a_known_cost(normalized: Normalized) -> None:
    assert normalized("autotask", "Services") == Service(
        service_id="12",
        name="Microsoft 365 Business Premium",
        description=None,
        unit_price=Decimal("20.6"),
        unit_cost=None,
        active=True,
    )


@pytest.mark.parametrize("resource", RESOURCES)
def test_keys_in_pascal_case_give_the_same_kind(
    normalizers: dict[tuple[str, str], Normalizer],
    record: Callable[..., dict[str, Any]],
    normalized: Callable[..., Kind],
    resource: str,
) -> None:
    pascal = {key[0].upper() + key[1:]: value for key, value in record("autotask", resource).items()}
    assert normalizers["autotask", resource].normalize(pascal) == normalized("autotask", resource)
