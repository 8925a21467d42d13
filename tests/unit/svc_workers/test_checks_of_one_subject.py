"""The checks that look at little more than their subject."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from svc_workers.checks import (
    account_parked,
    account_unmapped,
    credential_expiring,
    high_alert_open,
    licensed_but_disabled,
    tamper_protection_off,
    unused_seats,
    vendor_trouble,
)
from svc_workers.subject import Trouble
from svc_workers.verdict import Finding, Ok, Unknown

Build = Callable[..., Any]


@pytest.mark.parametrize(
    ("on", "supported", "answer"),
    [(False, True, Finding), (False, None, Finding), (True, True, Ok), (False, False, Ok), (None, True, Unknown)],
)
def test_tamper_protection(device: Build, links: Build, on: object, supported: object, answer: type) -> None:
    subject = device(source="sophos/endpoints", tamper_protection=on, tamper_protection_supported=supported)

    assert isinstance(tamper_protection_off.CHECK.verdict(subject, links()), answer)


def test_tamper_protection_is_asked_of_sophos_endpoints_only(device: Build, links: Build) -> None:
    assert tamper_protection_off.CHECK.verdict(device(tamper_protection=False), links()) == Ok()


def test_a_disabled_account_with_a_paid_licence_is_a_finding(identity: Build, licence: Build, links: Build) -> None:
    near = links({"licensed_with": (licence(), licence("FLOW_FREE", free=True))})
    subject = identity(enabled=False, licence_ids=("sku-flow_free", "sku-spb"))
    verdict = licensed_but_disabled.CHECK.verdict(subject, near)

    assert isinstance(verdict, Finding)
    assert verdict.severity == "medium"
    assert verdict.evidence["licences"] == [{"sku": "SPB", "name": "Name of SPB"}]


def test_an_enabled_or_unlicensed_or_freely_licensed_account_is_ok(
    identity: Build, licence: Build, links: Build
) -> None:
    free = links({"licensed_with": (licence(free=True),)})

    assert licensed_but_disabled.CHECK.verdict(identity(), links()) == Ok()
    assert licensed_but_disabled.CHECK.verdict(identity(enabled=False, licence_ids=()), links()) == Ok()
    assert licensed_but_disabled.CHECK.verdict(identity(enabled=False), free) == Ok()


def test_licences_not_read_yet_and_an_unknown_state_are_unknown(identity: Build, links: Build) -> None:
    unread = licensed_but_disabled.CHECK.verdict(identity(enabled=False), links())

    assert isinstance(unread, Unknown)
    assert unread.waits_for == "m365/subscribedSkus"
    assert isinstance(licensed_but_disabled.CHECK.verdict(identity(enabled=None), links()), Unknown)


@pytest.mark.parametrize(
    ("bought", "assigned", "severity"),
    [
        (10, 8, None),
        (10, 7, "low"),
        (40, 37, None),
        (30, 27, "low"),
        (100, 90, "medium"),
        (101, 91, None),
        (5, 9, None),
    ],
)
def test_unused_seats(licence: Build, links: Build, bought: int, assigned: int, severity: str | None) -> None:
    verdict = unused_seats.CHECK.verdict(licence(bought=bought, assigned=assigned), links())

    assert (verdict.severity if isinstance(verdict, Finding) else None) == severity


def test_seats_of_free_or_suspended_licences_do_not_count_and_unknown_ones_are_unknown(
    licence: Build, links: Build
) -> None:
    assert unused_seats.CHECK.verdict(licence(assigned=0, free=True), links()) == Ok()
    assert unused_seats.CHECK.verdict(licence(assigned=0, state="suspended"), links()) == Ok()
    assert isinstance(unused_seats.CHECK.verdict(licence(assigned=None), links()), Unknown)


def test_an_unmapped_tenant_is_a_finding(account: Build, links: Build) -> None:
    unmapped = account_unmapped.CHECK.verdict(account(state="unmapped"), links())

    assert isinstance(unmapped, Finding)
    assert unmapped.severity == "medium"
    assert account_unmapped.CHECK.verdict(account(), links()) == Ok()
    assert account_unmapped.CHECK.verdict(account(state="unmapped", is_tenant=False), links()) == Ok()
    ended = account_unmapped.CHECK.verdict(account(state="unmapped", unreachable_reason="ended"), links())
    assert ended == Unknown("there is no way to the account: ended")


def test_a_parked_account_is_a_finding_that_says_what_to_do(account: Build, links: Build, now: datetime) -> None:
    parked = account(parked_class="consent_missing", parked_reason="no admin consent", parked_at=now)
    verdict = account_parked.CHECK.verdict(parked, links())

    assert isinstance(verdict, Finding)
    assert verdict.evidence["to_do"].startswith("Grant")
    assert account_parked.CHECK.verdict(account(), links()) == Ok()


def test_an_open_alert_of_high_severity_is_a_finding_with_its_devices(
    alert: Build, device: Build, links: Build
) -> None:
    verdict = high_alert_open.CHECK.verdict(alert(), links({"alert_on": (device("PC-9"),)}))

    assert isinstance(verdict, Finding)
    assert verdict.evidence["devices"] == ["PC-9"]
    assert high_alert_open.CHECK.verdict(alert(state="resolved"), links()) == Ok()
    assert high_alert_open.CHECK.verdict(alert(severity="medium"), links()) == Ok()


def test_an_account_whose_vendor_fails_is_one_finding_however_many_resources_fail(
    account: Build, links: Build, now: datetime
) -> None:
    troubles = tuple(
        Trouble(resource=name, since=now, error_class="vendor_outage", error="HTTP 503", advice="Wait.")
        for name in ("devices", "users")
    )
    verdict = vendor_trouble.CHECK.verdict(account(troubles=troubles), links())

    assert isinstance(verdict, Finding)
    assert [one["resource"] for one in verdict.evidence["resources"]] == ["devices", "users"]
    assert verdict.evidence["to_do"] == "Wait."
    assert vendor_trouble.CHECK.verdict(account(), links()) == Ok()


def test_an_account_that_is_parked_is_not_also_in_trouble(account: Build, links: Build, now: datetime) -> None:
    trouble = Trouble(resource="users", since=now, error_class="transient", error="HTTP 500", advice="Wait.")
    parked = account(troubles=(trouble,), parked_class="consent_missing", parked_at=now)

    assert vendor_trouble.CHECK.verdict(parked, links()) == Ok()


@pytest.mark.parametrize(
    ("days", "severity", "asked_again_in"),
    [(90, None, 60), (31, None, 1), (30, "medium", 23), (8, "medium", 1), (7, "high", 7), (1, "high", 1)],
)
def test_a_credential_is_said_to_end_the_louder_the_nearer_its_end(
    account: Build, links: Build, now: datetime, days: int, severity: str | None, asked_again_in: int
) -> None:
    root = account(is_root=True, credential_expires_at=now + timedelta(days=days))
    verdict = credential_expiring.CHECK.verdict(root, links())

    assert (verdict.severity if isinstance(verdict, Finding) else None) == severity
    assert not isinstance(verdict, Unknown)
    assert verdict.recheck_at == now + timedelta(days=asked_again_in)


def test_an_expired_credential_is_critical_and_time_changes_it_no_more(
    account: Build, links: Build, now: datetime
) -> None:
    verdict = credential_expiring.CHECK.verdict(account(is_root=True, credential_expires_at=now), links())

    assert isinstance(verdict, Finding)
    assert (verdict.severity, verdict.recheck_at) == ("critical", None)
    assert verdict.title is not None
    assert "has expired" in verdict.title


def test_an_end_nobody_told_is_unknown_and_only_the_root_is_asked(account: Build, links: Build) -> None:
    assert isinstance(credential_expiring.CHECK.verdict(account(is_root=True), links()), Unknown)
    assert credential_expiring.CHECK.verdict(account(), links()) == Ok()
