"""Microsoft 365's records in our vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mspbyte_common.models import Device, Domain, Group, Identity, Licence, Member, Tenant, VerifiedDomain
from svc_processors.normalizer import Normalizer

Normalized = Callable[..., Any]

ORGANIZATION = "0c0ffee0-0000-4000-8000-000000000001"
IDA = "0c0ffee0-0000-4000-8000-00000000000a"


def test_an_organization_is_a_tenant_with_its_domains(normalized: Normalized) -> None:
    assert normalized("m365", "organization") == Tenant(
        tenant_id=ORGANIZATION,
        name="Nordlicht Logistik GmbH",
        domains=(
            VerifiedDomain(name="Nordlicht.onmicrosoft.com", is_default=False, is_initial=True),
            VerifiedDomain(name="nordlicht.example", is_default=True, is_initial=False),
        ),
        country="DE",
        created_at=datetime(2019, 3, 4, 8, 15, 30, tzinfo=UTC),
    )


def test_an_organization_seen_with_few_permissions_has_nulls(normalized: Normalized) -> None:
    found = normalized("m365", "organization", countryLetterCode=None, createdDateTime=None, verifiedDomains=[])
    assert (found.country, found.created_at, found.domains) == (None, None, ())


def test_a_domain_is_named_by_its_id(normalized: Normalized) -> None:
    assert normalized("m365", "domains") == Domain(
        name="Nordlicht.example",
        verified=True,
        is_default=True,
        is_initial=False,
        authentication="Managed",
        services=("Email", "OfficeCommunicationsOnline"),
    )


def test_a_user_is_an_identity(normalized: Normalized) -> None:
    assert normalized("m365", "users") == Identity(
        object_id=IDA,
        display_name="Ida Brandt",
        first_name="Ida",
        last_name="Brandt",
        upn="Ida.Brandt@nordlicht.example",
        email="ida.brandt@nordlicht.example",
        aliases=("i.brandt@nordlicht.example", "ida@nordlicht.onmicrosoft.com"),
        phones=("+49 (341) 555 0100", "0171 5550101"),
        identity_type="member",
        enabled=True,
        licence_ids=("f0000000-0000-4000-8000-000000000001", "f0000000-0000-4000-8000-000000000002"),
        created_at=datetime(2021, 8, 2, 10, 36, 6, tzinfo=UTC),
        sign_in_known=True,
        last_sign_in_at=datetime(2026, 1, 12, 7, 31, 9, tzinfo=UTC),
        last_non_interactive_sign_in_at=None,
        on_premises=False,
    )


def test_a_user_with_an_id_alone_is_unknown_in_everything_else(
    normalizers: dict[tuple[str, str], Normalizer],
) -> None:
    assert normalizers["m365", "users"].normalize({"id": IDA}) == Identity(
        object_id=IDA,
        display_name=None,
        first_name=None,
        last_name=None,
        upn=None,
        email=None,
        aliases=(),
        phones=(),
        identity_type="unknown",
        enabled=None,
        licence_ids=None,
        created_at=None,
        sign_in_known=False,
        last_sign_in_at=None,
        last_non_interactive_sign_in_at=None,
        on_premises=None,
    )


@pytest.mark.parametrize("absent", ["assignedLicenses", "accountEnabled", "onPremisesSyncEnabled", "createdDateTime"])
def test_what_a_user_record_leaves_out_is_unknown(normalized: Normalized, absent: str) -> None:
    ours = {
        "assignedLicenses": "licence_ids",
        "accountEnabled": "enabled",
        "onPremisesSyncEnabled": "on_premises",
        "createdDateTime": "created_at",
    }
    assert getattr(normalized("m365", "users", without=(absent,)), ours[absent]) is None


def test_a_user_without_licences_has_none(normalized: Normalized) -> None:
    assert normalized("m365", "users", assignedLicenses=[]).licence_ids == ()


@pytest.mark.parametrize(
    ("changes", "without", "known"),
    [({}, (), True), ({"signInActivity": None}, (), True), ({}, ("signInActivity",), False)],
    ids=["told", "null", "absent"],
)
def test_sign_ins_are_known_where_the_record_carries_them(
    normalized: Normalized,
    changes: dict[str, object],
    without: tuple[str, ...],
    known: object,
) -> None:
    assert normalized("m365", "users", without=without, **changes).sign_in_known is known


@pytest.mark.parametrize(
    ("user_type", "upn", "meant"),
    [
        ("Guest", "a@x.example", "guest"),
        ("Member", "a_y.example#EXT#@x.example", "member"),
        (None, "a@x.example", "member"),
        (None, "a_y.example#EXT#@x.example", "guest"),
        ("", "a@x.example", "member"),
        (None, None, "unknown"),
        ("Colleague", "a@x.example", "unknown"),
    ],
)
def test_the_type_of_a_user(normalized: Normalized, user_type: str | None, upn: str | None, meant: str) -> None:
    assert normalized("m365", "users", userType=user_type, userPrincipalName=upn).identity_type == meant


@pytest.mark.parametrize(("sent", "meant"), [(True, True), (False, False), (None, False)], ids=repr)
def test_a_user_was_never_on_premises_when_null(normalized: Normalized, sent: object, meant: object) -> None:
    assert normalized("m365", "users", onPremisesSyncEnabled=sent).on_premises is meant


def test_a_group_has_its_members_by_type_and_in_order(normalized: Normalized) -> None:
    found = normalized("m365", "groups")
    assert found == Group(
        object_id="0c0ffee0-0000-4000-8000-0000000000c1",
        name="Dispatch",
        group_type="microsoft365",
        mail="dispatch@nordlicht.example",
        membership_rule=None,
        members=(
            Member(object_id=IDA, member_type="identity"),
            Member(object_id="0c0ffee0-0000-4000-8000-00000000000b", member_type="identity"),
            Member(object_id="0c0ffee0-0000-4000-8000-0000000000c2", member_type="group"),
            Member(object_id="0c0ffee0-0000-4000-8000-0000000000d1", member_type="device"),
            Member(object_id="0c0ffee0-0000-4000-8000-0000000000e1", member_type="service"),
            Member(object_id="0c0ffee0-0000-4000-8000-0000000000f1", member_type="unknown"),
        ),
        on_premises=True,
        created_at=datetime(2020, 2, 3, 4, 5, 6, 123456, tzinfo=UTC),
    )


def test_members_not_read_are_unknown_and_members_read_may_be_none(normalized: Normalized) -> None:
    assert normalized("m365", "groups", without=("members",)).members is None
    assert normalized("m365", "groups", members=None).members is None
    assert normalized("m365", "groups", members=[]).members == ()
    assert normalized("m365", "groups", members=[{"id": IDA}]).members == (
        Member(object_id=IDA, member_type="unknown"),
    )


@pytest.mark.parametrize(
    ("mail", "security", "meant"),
    [
        (True, False, "distribution"),
        (True, True, "mail_security"),
        (False, True, "security"),
        (False, False, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_the_type_of_a_group(normalized: Normalized, mail: object, security: object, meant: str) -> None:
    assert normalized("m365", "groups", groupTypes=[], mailEnabled=mail, securityEnabled=security).group_type == meant
    assert normalized("m365", "groups", groupTypes=["Unified"], mailEnabled=mail).group_type == "microsoft365"


def test_a_sku_is_a_licence_that_may_be_over_assigned(normalized: Normalized) -> None:
    assert normalized("m365", "subscribedSkus") == Licence(
        sku_id="f0000000-0000-4000-8000-000000000001",
        sku="SPB",
        name="Microsoft 365 Business Premium",
        bought=25,
        assigned=27,
        warning=2,
        suspended=0,
        free=False,
        state="locked_out",
    )


def test_a_sku_we_do_not_know_has_no_name_and_no_seats_are_unknown(normalized: Normalized) -> None:
    found = normalized("m365", "subscribedSkus", skuPartNumber="BRAND_NEW", prepaidUnits=None, capabilityStatus="Odd")
    assert (found.name, found.free, found.bought, found.warning, found.state) == (None, False, None, None, "unknown")


@pytest.mark.parametrize("part_number", ["FLOW_FREE", "POWER_BI_STANDARD", "flow_free", "Microsoft_Teams_Rooms_Basic"])
def test_a_sku_microsoft_gives_away_is_free(normalized: Normalized, part_number: str) -> None:
    found = normalized("m365", "subscribedSkus", skuPartNumber=part_number)
    assert found.free
    assert found.name


def test_a_directory_device(normalized: Normalized) -> None:
    assert normalized("m365", "devices") == Device(
        name="NL-WS-01",
        device_class="workstation",
        os_family="windows",
        os_name="Windows",
        os_version="10.0.22631.1",
        serial=None,
        object_id="0c0ffee0-0000-4000-8000-0000000000d1",
        entra_device_id="0c0ffee0-0000-4000-8000-0000000000d2",
        managed=True,
        compliance="noncompliant",
        active=True,
        last_seen_at=datetime(2026, 1, 10, 5, tzinfo=UTC),
        created_at=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    )


def test_an_unregistered_device_has_no_device_id_and_unjudged_compliance_is_unknown(normalized: Normalized) -> None:
    found = normalized("m365", "devices", deviceId="00000000-0000-0000-0000-000000000000", isCompliant=None)
    assert (found.entra_device_id, found.compliance) == (None, None)


def test_a_managed_device_in_grace(normalized: Normalized) -> None:
    assert normalized("m365", "managedDevices") == Device(
        name="NL-WS-01",
        device_class="workstation",
        os_family="windows",
        os_name="Windows",
        os_version="10.0.22631.1",
        serial="PF0XYZ12",
        macs=("34E6D7A1B2C3",),
        entra_device_id="0c0ffee0-0000-4000-8000-0000000000d2",
        management_id="0c0ffee0-0000-4000-8000-0000000000d3",
        owner_id=IDA,
        owner_upn="ida.brandt@nordlicht.example",
        managed=True,
        compliance="grace",
        last_seen_at=datetime(2026, 1, 11, 9, 5, 10, 199762, tzinfo=UTC),
        created_at=datetime(2024, 5, 6, 8, 8, 9, 797191, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("compliant", "compliant"), ("conflict", "error"), ("configManager", "unknown"), ("new", "unknown"), (None, None)],
)
def test_compliance_by_intune(normalized: Normalized, sent: str | None, meant: str | None) -> None:
    assert normalized("m365", "managedDevices", complianceState=sent).compliance == meant


def test_a_device_without_a_user_or_merely_discovered(normalized: Normalized) -> None:
    found = normalized("m365", "managedDevices", userId="", userPrincipalName="", managementState="discovered")
    assert (found.owner_id, found.owner_upn, found.managed) == (None, None, False)


def test_an_active_relationship_is_a_tenant_the_partner_may_act_in(normalized: Normalized) -> None:
    assert normalized("m365", "delegatedAdminRelationships") == Tenant(
        tenant_id=ORGANIZATION,
        name="Nordlicht Logistik GmbH",
        partner_state="active",
        created_at=datetime(2025, 2, 10, 11, 24, 42, 314826, tzinfo=UTC),
        expires_at=datetime(2027, 2, 10, 11, 24, 42, 314826, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("expiring", "active"),
        ("approvalPending", "pending"),
        ("terminationRequested", "ended"),
        ("expired", "ended"),
        ("unknownFutureValue", "unknown"),
        (None, None),
    ],
)
def test_the_state_of_a_relationship(normalized: Normalized, sent: str | None, meant: str | None) -> None:
    assert normalized("m365", "delegatedAdminRelationships", status=sent).partner_state == meant
