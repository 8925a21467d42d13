"""Which checks there are."""

from __future__ import annotations

from svc_workers.shipped import CHECKS
from svc_workers.subject import MODELS

GOLDEN = {
    "account_parked": ("account", "high"),
    "account_unmapped": ("account", "medium"),
    "admin_no_mfa": ("identity", "critical"),
    "agent_silent": ("device", "high"),
    "agent_unhealthy": ("device", "high"),
    "class_mismatch": ("device", "low"),
    "company_duplicate": ("company", "low"),
    "consent_missing": ("account", "medium"),
    "contact_duplicate": ("contact", "low"),
    "credential_expiring": ("account", "high"),
    "departed_still_enabled": ("identity", "high"),
    "email_mismatch": ("contact", "low"),
    "expiring": ("licence", "medium"),
    "ghost_agent": ("device", "low"),
    "guest_stale": ("identity", "low"),
    "high_alert_open": ("alert", "high"),
    "licensed_but_disabled": ("identity", "medium"),
    "licensed_but_stale": ("identity", "medium"),
    "mfa_not_registered": ("identity", "medium"),
    "name_conflict": ("company", "low"),
    "never_signed_in": ("identity", "low"),
    "no_endpoint_protection": ("device", "high"),
    "no_identity": ("contact", "info"),
    "no_mfa_enforced": ("identity", "medium"),
    "no_source": ("contract_line", "medium"),
    "not_compliant": ("device", "medium"),
    "not_in_psa": ("device", "low"),
    "offboarding_incomplete": ("company", "medium"),
    "onboarding_incomplete": ("company", "low"),
    "os_unsupported": ("device", "high"),
    "over_assigned": ("licence", "medium"),
    "over_billed": ("contract_line", "medium"),
    "shared_mailbox_licensed": ("identity", "low"),
    "stale": ("identity", "low"),
    "stale_data": ("account", "medium"),
    "tamper_protection_off": ("device", "high"),
    "too_many_global_admins": ("role", "medium"),
    "unbilled": ("company", "high"),
    "under_billed": ("contract_line", "high"),
    "unused_seats": ("licence", "low"),
    "vendor_trouble": ("account", "medium"),
    "wrong_company": ("contact", "low"),
}


def test_the_checks_are_those_of_the_golden_list() -> None:
    assert {name: (check.kind.NAME, check.severity) for name, check in CHECKS.items()} == GOLDEN


def test_every_check_says_what_it_is_why_it_matters_and_what_to_do() -> None:
    for check in CHECKS.values():
        assert all((check.title, check.why, check.remedy)), check.name
        assert check.kind.NAME in MODELS
        assert all(need.count("/") == 1 for need in check.needs)
