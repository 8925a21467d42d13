"""By which keys a record is known, and to which it refers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.models import (
    KINDS,
    Alert,
    Company,
    Contact,
    Contract,
    ContractLine,
    ContractUnit,
    Device,
    Domain,
    Group,
    Identity,
    Kind,
    Licence,
    Member,
    Service,
    Tenant,
    VerifiedDomain,
)
from svc_resolvers.keys import BY_KIND, derive_keys
from svc_resolvers.rule import Key

Make = Callable[..., Any]


def _told(vendor: str, model: Kind) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(what it is, what it refers to)."""
    keys = derive_keys(vendor, "any", model)
    assert all(isinstance(key, Key) and key.key_value for key in keys)
    known = {(key.key_type, key.key_value) for key in keys if not key.refers}
    return known, {(key.key_type, key.key_value) for key in keys if key.refers}


def test_every_kind_has_keys() -> None:
    assert set(BY_KIND) == set(KINDS.values())


def test_a_person_in_microsoft_365(make: Make) -> None:
    person = make(
        Identity,
        display_name="Ida Brandt",
        upn_canonical="ida@x.example",
        email_canonical="ida.brandt@x.example",
        aliases_canonical=("i@x.example", "b@x.example"),
        phones_canonical=("415550100",),
        licence_ids=("sku-1", "sku-2"),
    )
    assert _told("m365", person) == (
        {
            ("m365_object_id", "id-1"),
            ("m365_member_id", "id-1"),
            ("upn", "ida@x.example"),
            ("mail", "ida.brandt@x.example"),
            ("alias", "i@x.example"),
            ("alias", "b@x.example"),
            ("phone", "415550100"),
            ("person_name", "ida brandt"),
        },
        {("m365_sku_id", "sku-1"), ("m365_sku_id", "sku-2")},
    )


def test_a_person_of_whom_little_is_known_has_no_empty_keys(make: Make) -> None:
    assert _told("m365", make(Identity)) == ({("m365_object_id", "id-1"), ("m365_member_id", "id-1")}, set())


def test_display_forms_are_no_keys(make: Make) -> None:
    person = make(
        Identity, upn="Ida@x.example", email="Ida@x.example", aliases=("A@x.example",), phones=("0341 5550100",)
    )
    assert {name for name, _ in _told("m365", person)[0]} == {"m365_object_id", "m365_member_id"}


def test_a_group_refers_to_its_members_and_may_be_one() -> None:
    members = (Member(object_id="id-1", member_type="identity"), Member(object_id="id-9", member_type="group"))
    group = Group(
        object_id="id-2",
        name="Dispatch",
        group_type="security",
        mail=None,
        membership_rule=None,
        members=members,
        on_premises=None,
        created_at=None,
    )
    assert _told("m365", group) == (
        {("m365_object_id", "id-2"), ("m365_member_id", "id-2")},
        {("m365_member_id", "id-1"), ("m365_member_id", "id-9")},
    )
    assert _told("m365", group.model_copy(update={"members": None}))[1] == set()


def test_a_licence_and_a_domain() -> None:
    licence = Licence(
        sku_id="sku-1",
        sku="SPB",
        name=None,
        bought=1,
        assigned=1,
        warning=0,
        suspended=0,
        free=False,
        state="enabled",
    )
    assert _told("m365", licence) == ({("m365_sku_id", "sku-1")}, set())
    assert _told("m365", Domain(name="X.example", name_canonical="x.example")) == ({("domain", "x.example")}, set())
    assert _told("m365", Domain(name="X.example")) == (set(), set())


@pytest.mark.parametrize("vendor", ["m365", "sophos"])
def test_a_tenant_is_known_by_its_own_domains_and_its_name(vendor: str) -> None:
    tenant = Tenant(
        tenant_id="t-1",
        name="Nordlicht Logistik GmbH",
        domains=(
            VerifiedDomain(name="Nordlicht.Example", is_default=True, is_initial=False),
            VerifiedDomain(name="Nordlicht.onmicrosoft.com", is_default=False, is_initial=True),
            VerifiedDomain(name="nordlicht.mail.onmicrosoft.com", is_default=False, is_initial=False),
        ),
    )
    assert _told(vendor, tenant) == (
        {
            (f"{vendor}_tenant_id", "t-1"),
            ("organisation_name", "nordlicht logistik"),
            ("domain", "nordlicht.example"),
        },
        set(),
    )


def test_a_company_of_the_same_name_and_domain_has_the_same_keys(make: Make) -> None:
    company = make(Company, name="Nordlicht-Logistik", domain_canonical="nordlicht.example", parent_company_id="0")
    assert _told("autotask", company) == (
        {
            ("autotask_company_id", "0"),
            ("organisation_name", "nordlicht logistik"),
            ("domain", "nordlicht.example"),
        },
        {("autotask_parent_company_id", "0")},
    )


def test_a_contact_of_company_zero(make: Make) -> None:
    contact = make(
        Contact,
        first_name="Ida",
        last_name="Brandt",
        emails_canonical=("a@x.example", "b@x.example"),
        phones_canonical=("415550100",),
    )
    assert _told("autotask", contact) == (
        {
            ("autotask_contact_id", "7"),
            ("email", "a@x.example"),
            ("email", "b@x.example"),
            ("phone", "415550100"),
            ("person_name", "ida brandt"),
        },
        {("autotask_company_id", "0")},
    )


def test_a_device_of_the_directory(make: Make) -> None:
    device = make(Device, object_id="o-1", entra_device_id="d-1", host_name_canonical="nl-ws-01")
    known = {("m365_member_id", "o-1"), ("entra_device_id", "d-1"), ("host_name", "nl-ws-01")}
    assert _told("m365", device) == (known, set())


def test_a_managed_device_refers_to_its_owner_by_id(make: Make) -> None:
    device = make(
        Device,
        management_id="m-1",
        serial_canonical="PF0XYZ12",
        macs_canonical=("34e6d7a1b2c3",),
        owner_id="id-1",
        owner_upn="Ida@x.example",
    )
    assert _told("m365", device) == (
        {("intune_device_id", "m-1"), ("serial", "PF0XYZ12"), ("mac", "34e6d7a1b2c3")},
        {("m365_object_id", "id-1")},
    )


def test_a_managed_device_refers_to_its_owner_by_name_where_the_id_is_missing(make: Make) -> None:
    device = make(Device, management_id="m-1", owner_upn=" Ida@x.example ")
    assert _told("m365", device)[1] == {("upn", "ida@x.example")}


def test_a_configuration_item_refers_to_company_zero_and_its_contact(make: Make) -> None:
    device = make(Device, company_id="0", contact_id="7", name="PC", serial="x")
    assert _told("autotask", device) == (set(), {("autotask_company_id", "0"), ("autotask_contact_id", "7")})


def test_an_alert_refers_to_the_endpoint_it_is_about(make: Make) -> None:
    alert = Alert(
        alert_id="a-1",
        source="endpoint",
        severity="high",
        category=None,
        alert_type=None,
        title=None,
        raised_at=None,
        agent_id="e-1",
        person_ids=("p-1",),
        state="open",
    )
    assert _told("sophos", alert) == (
        {("sophos_alert_id", "a-1")},
        {("sophos_endpoint_id", "e-1"), ("sophos_object_id", "p-1")},
    )
    assert _told("sophos", make(Device, agent_id="e-1"))[0] == {("sophos_endpoint_id", "e-1")}


def test_what_is_billed_refers_upwards() -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    contract = Contract(
        contract_id="1",
        company_id="0",
        name=None,
        number=None,
        contract_type=None,
        active=None,
        starts_at=None,
        ends_at=None,
    )
    line = ContractLine(
        line_id="2",
        contract_id="1",
        service_id="3",
        unit_price=None,
        unit_cost=None,
        description=None,
    )
    unit = ContractUnit(
        unit_id="4",
        contract_id="1",
        line_id="2",
        service_id="3",
        units=0,
        price=None,
        cost=None,
        starts_at=day,
        ends_at=day,
        posted_at=None,
    )
    service = Service(service_id="3", name="x", description=None, unit_price=None, unit_cost=None, active=None)
    assert _told("autotask", contract) == ({("autotask_contract_id", "1")}, {("autotask_company_id", "0")})
    assert _told("autotask", line) == (
        {("autotask_contract_line_id", "2")},
        {("autotask_contract_id", "1"), ("autotask_service_id", "3")},
    )
    assert _told("autotask", unit) == (
        {("autotask_contract_unit_id", "4")},
        {("autotask_contract_line_id", "2"), ("autotask_contract_id", "1")},
    )
    assert _told("autotask", service) == ({("autotask_service_id", "3")}, set())


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=3))
def test_no_key_is_ever_empty(name: str, domains: list[str]) -> None:
    found = tuple(VerifiedDomain(name=domain, is_default=False, is_initial=False) for domain in domains)
    _told("m365", Tenant(tenant_id="t", name=name, domains=found))
