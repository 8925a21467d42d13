"""Sophos Central's records in our vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mspbyte_common.models import Alert, Device, Product, Tenant

Normalized = Callable[..., Any]


def test_a_tenant_has_a_lower_case_id_and_says_nothing_of_the_partner(normalized: Normalized) -> None:
    assert normalized("sophos", "tenants") == Tenant(
        tenant_id="5ac00000-0000-4000-8000-000000000001",
        name="Nordlicht Logistik GmbH",
        region="eu01",
        billing="usage",
        partner_state=None,
    )


def test_an_endpoint_is_a_device(normalized: Normalized) -> None:
    assert normalized("sophos", "endpoints") == Device(
        name="NL-WS-01",
        device_class="workstation",
        os_family="windows",
        os_name="Windows 11 Pro",
        os_version="10.0.22631",
        serial="PF0XYZ12",
        macs=("00:15:5D:A8:4B:64", "34:E6:D7:A1:B2:C3"),
        addresses=("10.7.0.12", "172.20.0.1", "fe80::1"),
        agent_id="5ac00000-0000-4000-8000-00000000000a",
        last_user="NORDLICHT\\ida",
        agent_health="good",
        tamper_protection=False,
        tamper_protection_supported=True,
        isolated=True,
        products=(
            Product(code="coreAgent", version="2024.3.2", status="installed"),
            Product(code="interceptX", version=None, status="installed"),
        ),
        last_seen_at=datetime(2026, 1, 15, 13, 14, 39, 357000, tzinfo=UTC),
    )


def test_an_endpoint_that_never_reported_is_unknown_throughout(normalized: Normalized) -> None:
    absent = (
        "type",
        "hostname",
        "health",
        "os",
        "ipv4Addresses",
        "ipv6Addresses",
        "macAddresses",
        "associatedPerson",
        "tamperProtectionSupported",
        "tamperProtectionEnabled",
        "assignedProducts",
        "lastSeenAt",
        "serialNumber",
        "isolation",
    )
    assert normalized("sophos", "endpoints", without=absent) == Device(
        name=None,
        device_class="unknown",
        os_family="unknown",
        os_name=None,
        os_version=None,
        serial=None,
        agent_id="5ac00000-0000-4000-8000-00000000000a",
    )


def test_words_sophos_adds_are_unknown(normalized: Normalized) -> None:
    found = normalized(
        "sophos",
        "endpoints",
        type="securityVm",
        health={"overall": "excellent"},
        os={"platform": "templeOS", "majorVersion": 5},
        isolation={"status": "pending"},
    )
    assert (found.device_class, found.agent_health, found.os_family) == ("unknown", "unknown", "unknown")
    assert (found.os_version, found.isolated) == ("5", None)


def test_a_server_without_a_build_number(normalized: Normalized) -> None:
    system = {"isServer": True, "platform": "linux", "name": "Ubuntu", "majorVersion": 22, "minorVersion": 4}
    found = normalized("sophos", "endpoints", type="server", os=system)
    assert (found.device_class, found.os_family, found.os_version) == ("server", "linux", "22.4")


def test_an_alert_that_is_listed_is_open(normalized: Normalized) -> None:
    assert normalized("sophos", "alerts") == Alert(
        alert_id="5ac00000-0000-4000-8000-0000000000b1",
        source="endpoint",
        severity="informational",
        category="protection",
        alert_type="Event::Endpoint::SavDisabled",
        title="Real time protection disabled",
        raised_at=datetime(2026, 1, 14, 15, 4, 53, 780000, tzinfo=UTC),
        agent_id="5ac00000-0000-4000-8000-00000000000a",
        state="open",
    )


@pytest.mark.parametrize("agent", [None, {}], ids=repr)
def test_an_alert_without_an_agent_and_of_an_unknown_severity(normalized: Normalized, agent: object) -> None:
    found = normalized("sophos", "alerts", managedAgent=agent, severity="cosmic")
    assert (found.agent_id, found.severity) == (None, "unknown")
