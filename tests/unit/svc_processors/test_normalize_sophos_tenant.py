"""What Sophos Central holds beside endpoints and alerts, in our vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mspbyte_common.models import Firewall, Identity, Licence, Score, ScorePart

Normalized = Callable[..., Any]


def test_a_firewall_of_a_cluster(normalized: Normalized) -> None:
    assert normalized("sophos", "firewalls") == Firewall(
        firewall_id="5ac00000-0000-4000-8000-000000000021",
        name="fw-client",
        host_name="fw1.client.example",
        serial="C4711ABCDEFGHI",
        model="XGS116_XN01_SFOS",
        firmware="SFVH_SO01_21.0.0",
        addresses=("198.51.100.7", "198.51.100.9"),
        cluster_id="5ac00000-0000-4000-8000-000000000022",
        cluster_role="auxiliary",
        connected=True,
        suspended=False,
        managing="approved",
        reporting="approvalPending",
        state_changed_at=None,
        created_at=datetime(2024, 5, 6, 8, 1, 2, 117000, tzinfo=UTC),
    )


def test_a_firewall_that_stands_alone_and_spells_its_state_otherwise(normalized: Normalized) -> None:
    found = normalized("sophos", "firewalls", without=("cluster",), status={"managingStatus": "approved"})
    assert (found.cluster_id, found.cluster_role, found.managing, found.connected) == (None, None, "approved", None)


def test_a_licence_with_its_term(normalized: Normalized) -> None:
    assert normalized("sophos", "licenses") == Licence(
        sku_id="L0004711",
        sku="CIXA",
        name="Intercept X Advanced",
        bought=25,
        assigned=27,
        warning=None,
        suspended=None,
        free=False,
        state="unknown",
        term="term",
        unlimited=False,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=datetime(2026, 12, 31, tzinfo=UTC),
        perpetual=False,
    )


def test_what_a_licence_does_not_tell_is_unknown_and_not_zero(normalized: Normalized) -> None:
    found = normalized(
        "sophos", "licenses", without=("quantity", "usage", "endDate", "licenseIdentifier"), type="trial"
    )
    assert (found.bought, found.assigned, found.ends_at, found.free) == (None, None, None, True)
    assert found.sku_id == "5ac00000-0000-4000-8000-000000000031"


def test_a_directory_user_is_an_identity_of_which_little_is_known(normalized: Normalized) -> None:
    assert normalized("sophos", "directoryUsers") == Identity(
        object_id="5ac00000-0000-4000-8000-000000000041",
        display_name="Ada Berg",
        first_name="Ada",
        last_name="Berg",
        upn=None,
        email="Ada.Berg@client.example",
        aliases=("aberg@client.example",),
        phones=(),
        identity_type="unknown",
        enabled=None,
        licence_ids=None,
        created_at=datetime(2024, 5, 6, 8, 1, 2, 117000, tzinfo=UTC),
        sign_in_known=False,
        last_sign_in_at=None,
        last_non_interactive_sign_in_at=None,
        on_premises=True,
    )


@pytest.mark.parametrize("login", ["ADA.BERG@client.example", "CORP\\aberg", "", None])
def test_a_login_that_is_no_other_address_is_no_alias(normalized: Normalized, login: str | None) -> None:
    assert normalized("sophos", "directoryUsers", exchangeLogin=login).aliases == ()


def test_each_check_of_the_account_is_a_part_of_its_score(normalized: Normalized) -> None:
    def part(name: str, value: int, area: str = "endpoint") -> ScorePart:
        return ScorePart(name=name, category=area, value=Decimal(value), maximum=Decimal(100))

    assert normalized("sophos", "accountHealthCheck") == Score(
        source="Sophos account health check",
        value=None,
        maximum=None,
        scored_at=None,
        parts=(
            part("exclusions.global", 100),
            part("policy.computer.threat-protection", 50),
            part("protection.computer", 90),
            part("tamperProtection.computer", 100),
            part("tamperProtection.globalDetail", 100),
            part("firewall.firewallAutomaticBackup", 0, "networkDevice"),
        ),
    )


@pytest.mark.parametrize("endpoint", [None, {}], ids=repr)
def test_a_tenant_without_endpoint_products_has_no_such_parts(normalized: Normalized, endpoint: object) -> None:
    found = normalized("sophos", "accountHealthCheck", endpoint=endpoint, networkDevice=None)
    assert found.parts == ()
