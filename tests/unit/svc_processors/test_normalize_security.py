"""Roles, policies, registrations, sign-ins, scores and alerts of Microsoft 365 in our vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mspbyte_common.models import (
    Alert,
    Conditions,
    Grant,
    Member,
    MfaRegistration,
    Names,
    Policy,
    Principals,
    Role,
    Score,
    ScorePart,
    SignIn,
    Strength,
)

Normalized = Callable[..., Any]
ADA, STAFF, EXEMPT = (f"11111111-2222-4333-8444-{number:012d}" for number in (12, 11, 13))
GLOBAL_ADMIN = "62e90394-69f5-4237-9190-012177145e10"


def test_a_role_with_those_who_hold_it(normalized: Normalized) -> None:
    assert normalized("m365", "directoryRoles") == Role(
        role_id="11111111-2222-4333-8444-000000000001",
        template_id=GLOBAL_ADMIN,
        name="Global Administrator",
        description="Can manage all aspects of the directory.",
        privileged=True,
        members=(Member(object_id=STAFF, member_type="group"), Member(object_id=ADA, member_type="identity")),
    )


def test_a_role_of_the_msps_own_and_one_whose_members_were_not_read(normalized: Normalized) -> None:
    readers = normalized("m365", "directoryRoles", roleTemplateId="88d8e3e3-8f55-4a1e-953a-9b9898b8876b")
    assert readers.privileged is False
    own = normalized("m365", "directoryRoles", without=("members", "roleTemplateId"))
    assert (own.privileged, own.members) == (None, None)


def test_a_policy_keeps_who_when_and_what_apart(normalized: Normalized) -> None:
    assert normalized("m365", "conditionalAccessPolicies") == Policy(
        policy_id="11111111-2222-4333-8444-000000000002",
        policy_type="conditional_access",
        name="MFA for everyone",
        state="enabled",
        include=Principals(everyone=True),
        exclude=Principals(guests=True, user_ids=(EXEMPT,), group_ids=(STAFF,), role_template_ids=(GLOBAL_ADMIN,)),
        conditions=Conditions(
            applications=Names(include=("All",), exclude=("00000003-0000-0ff1-ce00-000000000000",)),
            locations=Names(include=("All",), exclude=("AllTrusted",)),
            sign_in_risks=("high", "medium"),
            others=("devices",),
        ),
        grant=Grant(
            operator="and",
            controls=("compliant_device", "mfa"),
            strength=Strength(
                strength_id="00000000-0000-0000-0000-000000000004",
                name="Phishing-resistant MFA",
                requires_mfa=True,
                combinations=("fido2", "windowsHelloForBusiness"),
            ),
        ),
        session_controls=("disableResilienceDefaults", "signInFrequency"),
        created_at=datetime(2025, 3, 1, 8, 0, 0, 123456, tzinfo=UTC),
        modified_at=None,
    )


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("enabledForReportingButNotEnforced", "report_only"),
        ("disabled", "disabled"),
        ("unknownFutureValue", "unknown"),
    ],
)
def test_a_policy_that_only_reports_is_not_enforced(normalized: Normalized, sent: str, state: str) -> None:
    assert normalized("m365", "conditionalAccessPolicies", state=sent).state == state


def test_a_policy_for_nobody_without_grant_asks_for_nothing(normalized: Normalized) -> None:
    found = normalized(
        "m365",
        "conditionalAccessPolicies",
        conditions={"users": {"includeUsers": ["None"]}, "applications": None},
        grantControls=None,
        sessionControls=None,
    )
    assert (found.include, found.grant, found.session_controls) == (Principals(), None, ())
    assert found.conditions == Conditions()


def test_a_control_microsoft_adds_is_unknown_and_never_left_out(normalized: Normalized) -> None:
    grant = {"operator": "OR", "builtInControls": ["mfa", "somethingNew"]}
    assert normalized("m365", "conditionalAccessPolicies", grantControls=grant).grant == Grant(
        operator="or", controls=("mfa", "unknown")
    )


def test_guests_named_by_their_kinds_are_guests(normalized: Normalized) -> None:
    users = {"includeUsers": [], "includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}}
    assert normalized("m365", "conditionalAccessPolicies", conditions={"users": users}).include == Principals(
        guests=True
    )


@pytest.mark.parametrize(("sent", "state"), [(True, "enabled"), (False, "disabled"), (None, "unknown")])
def test_security_defaults_are_a_policy_for_everyone(normalized: Normalized, sent: bool | None, state: str) -> None:
    found = normalized("m365", "securityDefaults", isEnabled=sent)
    assert (found.policy_type, found.state, found.include) == ("security_defaults", state, Principals(everyone=True))


def test_a_registration_with_its_methods(normalized: Normalized) -> None:
    assert normalized("m365", "userRegistrationDetails") == MfaRegistration(
        object_id=ADA,
        upn="Ada.Berg@Client.Example",
        registered=True,
        capable=True,
        passwordless=False,
        methods=("microsoftAuthenticatorPush", "softwareOneTimePasscode"),
        preferred_method="push",
        admin=True,
        updated_at=datetime(2026, 1, 13, 19, 15, 41, 619583, tzinfo=UTC),
    )


@pytest.mark.parametrize("sent", ["", "none", None])
def test_no_preferred_method_is_none(normalized: Normalized, sent: str | None) -> None:
    name = "userPreferredMethodForSecondaryAuthentication"
    assert normalized("m365", "userRegistrationDetails", **{name: sent}).preferred_method is None


def test_the_last_sign_ins_of_an_account(normalized: Normalized) -> None:
    assert normalized("m365", "signInActivity") == SignIn(
        object_id=ADA,
        ever=True,
        last_interactive_at=datetime(2026, 1, 12, 7, 31, 9, tzinfo=UTC),
        last_non_interactive_at=None,
        last_successful_at=datetime(2026, 1, 12, 7, 31, 10, tzinfo=UTC),
    )


def test_never_signed_in_is_said_only_where_microsoft_leaves_the_key_out(normalized: Normalized) -> None:
    assert normalized("m365", "signInActivity", without=("signInActivity",)).ever is False
    for told in (None, {}, {"lastSignInDateTime": None}, {"lastSignInDateTime": "0001-01-01T00:00:00Z"}):
        assert normalized("m365", "signInActivity", signInActivity=told).ever is None


def test_a_score_with_its_controls(normalized: Normalized) -> None:
    assert normalized("m365", "secureScores") == Score(
        source="Microsoft Secure Score",
        value=Decimal("28.5"),
        maximum=Decimal(54),
        scored_at=datetime(2026, 1, 14, tzinfo=UTC),
        parts=(
            ScorePart(name="AdminMFAV2", category="Identity", value=Decimal(0), maximum=None),
            ScorePart(name="OneAdmin", category="Identity", value=Decimal(1), maximum=None),
        ),
    )


def test_an_alert_with_the_devices_and_people_of_its_evidence(normalized: Normalized) -> None:
    assert normalized("m365", "alerts_v2") == Alert(
        alert_id="da637551227677560813_-961444813",
        source="microsoftDefenderForEndpoint",
        severity="high",
        category="InitialAccess",
        alert_type="det-1",
        title="Suspicious sign-in",
        raised_at=datetime(2026, 1, 12, 10, 11, 12, 123456, tzinfo=UTC),
        agent_id=None,
        entra_device_ids=("a23152d6-84f3-4896-964a-df7f0f90ea9a",),
        person_ids=(ADA,),
        state="open",
    )


@pytest.mark.parametrize(("sent", "state"), [("new", "open"), ("resolved", "resolved"), ("elsewhere", "unknown")])
def test_an_alert_is_open_until_it_is_resolved(normalized: Normalized, sent: str, state: str) -> None:
    assert normalized("m365", "alerts_v2", status=sent).state == state
