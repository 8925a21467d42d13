"""Which checks there are."""

from __future__ import annotations

from svc_workers.billing_rules import BILLING_RULES
from svc_workers.shipped import CHECKS
from svc_workers.subject import MODELS

GOLDEN = {
    "account_parked": ("account", "high"),
    "account_unmapped": ("account", "medium"),
    "credential_expiring": ("account", "high"),
    "high_alert_open": ("alert", "high"),
    "licensed_but_disabled": ("identity", "medium"),
    "no_endpoint_protection": ("device", "high"),
    "over_billed": ("contract_line", "medium"),
    "tamper_protection_off": ("device", "high"),
    "under_billed": ("contract_line", "high"),
    "unused_seats": ("licence", "low"),
    "vendor_trouble": ("account", "medium"),
}


def test_the_checks_are_those_of_the_golden_list() -> None:
    assert {name: (check.kind.NAME, check.severity) for name, check in CHECKS.items()} == GOLDEN


def test_every_check_says_what_it_is_why_it_matters_and_what_to_do() -> None:
    for check in CHECKS.values():
        assert all((check.title, check.why, check.remedy)), check.name
        assert check.kind.NAME in MODELS
        assert all(need.count("/") == 1 for need in check.needs)


def test_a_service_has_one_rule() -> None:
    names = [rule.service for rule in BILLING_RULES]

    assert len(set(names)) == len(names)
