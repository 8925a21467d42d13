"""Unknown stays unknown: never 0, never 1970, never an empty list that means "we could not look"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from mspbyte_common.models import Kind

Normalized = Callable[..., Kind]


def test_sign_ins_that_could_not_be_read_without_p1_are_not_known_and_no_never(normalized: Normalized) -> None:
    unread = normalized("m365", "users", without=("signInActivity",))
    never = normalized("m365", "users", signInActivity=None)
    assert (unread.sign_in_known, unread.last_sign_in_at) == (False, None)
    assert (never.sign_in_known, never.last_sign_in_at) == (True, None)


def test_members_that_were_refused_are_not_an_empty_group(normalized: Normalized) -> None:
    assert normalized("m365", "groups", without=("members",)).members is None
    assert normalized("m365", "groups", members=[]).members == ()


@pytest.mark.parametrize(
    ("vendor", "resource", "key", "field"),
    [
        ("m365", "users", "assignedLicenses", "licence_ids"),
        ("m365", "users", "accountEnabled", "enabled"),
        ("m365", "subscribedSkus", "consumedUnits", "assigned"),
        ("m365", "subscribedSkus", "prepaidUnits", "bought"),
        ("m365", "devices", "isManaged", "managed"),
        ("sophos", "endpoints", "health", "agent_health"),
        ("sophos", "endpoints", "assignedProducts", "products"),
        ("sophos", "endpoints", "tamperProtectionEnabled", "tamper_protection"),
        ("sophos", "endpoints", "isolation", "isolated"),
        ("sophos", "endpoints", "lastSeenAt", "last_seen_at"),
        ("autotask", "Companies", "isActive", "active"),
        ("autotask", "ContractServices", "unitPrice", "unit_price"),
        ("autotask", "ContractServiceUnits", "approveAndPostDate", "posted_at"),
    ],
)
def test_a_key_that_is_absent_or_null_is_unknown(
    normalized: Normalized, vendor: str, resource: str, key: str, field: str
) -> None:
    assert getattr(normalized(vendor, resource, without=(key,)), field) is None
    assert getattr(normalized(vendor, resource, **{key: None}), field) is None


@pytest.mark.parametrize(
    ("vendor", "resource", "key", "field"),
    [
        ("m365", "users", "mail", "email"),
        ("m365", "managedDevices", "serialNumber", "serial"),
        ("sophos", "endpoints", "hostname", "name"),
        ("autotask", "Companies", "webAddress", "website"),
        ("autotask", "Contacts", "title", "title"),
    ],
)
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_string_is_unknown(
    normalized: Normalized, vendor: str, resource: str, key: str, field: str, empty: str
) -> None:
    assert getattr(normalized(vendor, resource, **{key: empty}), field) is None


@pytest.mark.parametrize("never", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59.9999999Z", ""])
@pytest.mark.parametrize(
    ("vendor", "resource", "key", "field"),
    [
        ("m365", "managedDevices", "lastSyncDateTime", "last_seen_at"),
        ("m365", "managedDevices", "enrolledDateTime", "created_at"),
        ("m365", "devices", "approximateLastSignInDateTime", "last_seen_at"),
        ("sophos", "endpoints", "lastSeenAt", "last_seen_at"),
        ("autotask", "Contacts", "lastActivityDate", "last_activity_at"),
    ],
)
def test_a_time_that_says_never_is_none(
    normalized: Normalized, vendor: str, resource: str, key: str, field: str, never: str
) -> None:
    assert getattr(normalized(vendor, resource, **{key: never}), field) is None


def test_no_time_of_any_example_is_before_the_vendors_began(normalized: Normalized, normalizers) -> None:
    for vendor, resource in normalizers:
        document = normalized(vendor, resource).model_dump()
        assert not [value for value in document.values() if isinstance(value, datetime) and value.year < 1990]
