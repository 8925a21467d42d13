"""Tickets, technicians, labels and bundles of Autotask in our vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mspbyte_common.models import ContractLine, ContractUnit, PicklistValue, Technician, Ticket

Normalized = Callable[..., Any]


def test_a_ticket_of_the_msps_own_company(normalized: Normalized) -> None:
    assert normalized("autotask", "Tickets") == Ticket(
        ticket_id="61234",
        number="T20260112.0042",
        title="VPN drops",
        company_id="0",
        contact_id="30683",
        device_id="40211",
        contract_id=None,
        technician_id="29682885",
        state="open",
        status="29682850",
        priority="2",
        queue="29682833",
        ticket_type="2",
        source="8",
        created_at=datetime(2026, 1, 12, 10, 32, 29, 520000, tzinfo=UTC),
        due_at=datetime(2026, 2, 1, 17, tzinfo=UTC),
        completed_at=None,
        last_activity_at=datetime(2026, 1, 13, 10, 32, 30, tzinfo=UTC),
        external_id=None,
    )


@pytest.mark.parametrize(
    ("status", "completed", "state"),
    [
        (5, None, "closed"),
        (5, "2026-01-13T10:32:30Z", "closed"),
        (29682999, "2026-01-13T10:32:30Z", "closed"),
        (1, None, "open"),
        (None, None, "unknown"),
    ],
)
def test_a_ticket_is_closed_when_complete_or_completed(
    normalized: Normalized, status: int | None, completed: str | None, state: str
) -> None:
    assert normalized("autotask", "Tickets", status=status, completedDate=completed).state == state


def test_a_technician_and_the_user_of_an_integration(normalized: Normalized) -> None:
    person = normalized("autotask", "Resources")
    assert person == Technician(
        technician_id="29682885",
        first_name="Iris",
        last_name="Vogt",
        email="iris.vogt@msp.example",
        active=True,
        integration=False,
    )
    assert normalized("autotask", "Resources", licenseType=7).integration is True


def test_a_picklist_value_has_the_msps_label(normalized: Normalized) -> None:
    assert normalized("autotask", "picklists") == PicklistValue(
        entity="Tickets", field="status", value="5", label="Erledigt", active=True, parent_value=None
    )


def test_a_bundle_is_a_line_at_the_price_agreed(normalized: Normalized) -> None:
    line = ContractLine(
        line_id="71",
        contract_id="29684183",
        service_id=None,
        bundle_id="41",
        unit_price=Decimal("27.5"),
        unit_cost=None,
        description="Workplace",
    )
    assert normalized("autotask", "ContractServiceBundles") == line
    assert normalized("autotask", "ContractServiceBundles", adjustedPrice=None).unit_price == Decimal(29)


def test_the_units_of_a_bundle_in_a_period(normalized: Normalized) -> None:
    assert normalized("autotask", "ContractServiceBundleUnits") == ContractUnit(
        unit_id="9911",
        contract_id="29684183",
        line_id="71",
        service_id=None,
        bundle_id="41",
        units=10,
        price=Decimal(275),
        cost=Decimal(100),
        starts_at=datetime(2026, 2, 1, tzinfo=UTC),
        ends_at=datetime(2026, 2, 28, tzinfo=UTC),
        posted_at=None,
    )
