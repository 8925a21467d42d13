"""The checks on licences, contract lines, accounts, companies and contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from svc_workers.checks import (
    company_duplicate,
    consent_missing,
    contact_duplicate,
    email_mismatch,
    expiring,
    name_conflict,
    no_identity,
    no_source,
    offboarding_incomplete,
    onboarding_incomplete,
    over_assigned,
    stale_data,
    unbilled,
    wrong_company,
)
from svc_workers.subject import ListFacts
from svc_workers.verdict import Finding, Ok, Unknown

Build = Callable[..., Any]


@pytest.fixture
def company(record: Build) -> Build:
    """An active company of the PSA."""

    def build(number: str = "200", name: str = "Example Ltd", **fields: Any) -> Any:
        usual = {"company_id": number, "name": name, "active": True, "domain_canonical": "example.com"}
        return record("company", "autotask/Companies", number, **usual | fields)

    return build


@pytest.fixture
def contact(record: Build) -> Build:
    """An active contact of that company."""

    def build(number: str = "7", email: str | None = "ann@example.com", **fields: Any) -> Any:
        emails = () if email is None else (email,)
        usual = {
            "contact_id": number,
            "company_id": "200",
            "emails": emails,
            "emails_canonical": emails,
            "active": True,
        }
        return record("contact", "autotask/Contacts", number, **usual | {"phones": ()} | fields)

    return build


@pytest.fixture
def contract(record: Build) -> Build:
    """A contract that runs."""

    def build(**fields: Any) -> Any:
        usual = {"contract_id": "c1", "company_id": "200", "name": "Managed", "active": True}
        return record("contract", "autotask/Contracts", "c1", **usual | fields)

    return build


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"assigned": 11}, Finding),
        ({"assigned": 11, "warning": 1}, Ok),
        ({"assigned": 11, "free": True}, Ok),
        ({"assigned": 11, "unlimited": True, "bought": None}, Ok),
        ({"assigned": 11, "state": "suspended"}, Ok),
        ({"assigned": None}, Unknown),
    ],
)
def test_seats_in_use_must_be_bought(licence: Build, links: Build, fields: dict[str, Any], answer: type) -> None:
    assert isinstance(over_assigned.CHECK.verdict(licence(**fields), links()), answer)


@pytest.mark.parametrize(
    ("days", "severity", "asked_again_in"), [(40, None, 10), (30, "medium", 23), (7, "high", 7), (-1, "high", None)]
)
def test_a_licence_is_said_to_end_the_louder_the_nearer_its_end(
    licence: Build, links: Build, now: datetime, days: int, severity: str | None, asked_again_in: int | None
) -> None:
    verdict = expiring.CHECK.verdict(licence(ends_at=now + timedelta(days=days)), links())

    assert (verdict.severity if isinstance(verdict, Finding) else None) == severity
    assert verdict.recheck_at == (None if asked_again_in is None else now + timedelta(days=asked_again_in))


def test_a_licence_without_an_end_is_unknown_unless_it_has_none(licence: Build, links: Build) -> None:
    assert isinstance(expiring.CHECK.verdict(licence(), links()), Unknown)
    assert expiring.CHECK.verdict(licence(perpetual=True), links()) == Ok()


def test_units_billed_for_a_vendor_the_client_lacks_have_no_source(line: Build, links: Build) -> None:
    subject, near = line()
    verdict = no_source.CHECK.verdict(subject, links(near, vendors=("m365", "autotask")))

    assert isinstance(verdict, Finding)
    assert verdict.evidence["billed"] == 3
    assert isinstance(no_source.CHECK.verdict(subject, links(near)), Ok)


def test_a_line_that_bills_nothing_now_or_counts_nothing_needs_no_source(line: Build, links: Build) -> None:
    without = ("m365", "autotask")
    for near_of in (line(units=0), line(contract={"active": False}), line(service="Helpdesk Flat")):
        subject, near = near_of
        assert isinstance(no_source.CHECK.verdict(subject, links(near, vendors=without)), Ok)
    subject, near = line()
    unnamed = {name: parts for name, parts in near.items() if name != "line_service"}
    assert no_source.CHECK.verdict(subject, links(unnamed, vendors=without)).waits_for == "autotask/Services"
    del near["line_contract"]
    assert isinstance(no_source.CHECK.verdict(subject, links(near, vendors=without)), Unknown)


def _list(name: str, read_at: datetime | None, refused: str | None = None) -> ListFacts:
    return ListFacts(resource=name, interval_seconds=86400, current_at=read_at, unavailable_class=refused)


def test_a_list_refused_for_want_of_a_permission_is_a_finding_and_for_want_of_a_licence_not(
    account: Build, links: Build, now: datetime
) -> None:
    refused = account(lists=(_list("alerts", None, "permission_missing"), _list("users", now)))
    verdict = consent_missing.CHECK.verdict(refused, links())

    assert isinstance(verdict, Finding)
    assert verdict.evidence["resources"] == ["alerts"]
    assert consent_missing.CHECK.verdict(account(lists=(_list("x", None, "licence_missing"),)), links()) == Ok()
    parked = account(lists=refused.model.lists, parked_class="consent_missing")
    assert consent_missing.CHECK.verdict(parked, links()) == Ok()


def test_a_list_not_read_for_three_intervals_is_a_finding_until_it_is(
    account: Build, links: Build, now: datetime
) -> None:
    def verdict(days: float | None, **more: Any) -> Any:
        read_at = None if days is None else now - timedelta(days=days)
        return stale_data.CHECK.verdict(account(lists=(_list("users", read_at),), **more), links())

    old = verdict(3)
    assert isinstance(old, Finding)
    assert old.evidence["resources"][0]["resource"] == "users"
    assert now < old.recheck_at <= now + timedelta(hours=2)
    assert verdict(1) == Ok(recheck_at=now + timedelta(days=2))
    assert isinstance(verdict(None), Finding)
    assert verdict(None, created_at=now) == Ok(recheck_at=now + timedelta(days=3))
    assert isinstance(verdict(None, created_at=None), Unknown)
    assert verdict(9, parked_class="consent_missing") == Ok()


def test_a_company_typed_in_again_is_told_of_at_the_younger_one(company: Build, links: Build) -> None:
    first = company("200")
    same_name = company("1001", "EXAMPLE", domain_canonical=None)
    same_domain = company("1002", "Other GmbH")
    child = company("1003", "Example Süd", parent_company_id="200")
    near = links(beside=(first, same_name, same_domain, child))

    assert isinstance(company_duplicate.CHECK.verdict(same_name, near), Finding)
    assert isinstance(company_duplicate.CHECK.verdict(same_domain, near), Finding)
    assert company_duplicate.CHECK.verdict(first, near) == Ok()
    assert company_duplicate.CHECK.verdict(company("1001", active=False), near) == Ok()
    assert company_duplicate.CHECK.verdict(child, links(beside=(first, child))) == Ok()
    unread = links(beside=(first,), incomplete=("autotask/Companies",))
    assert company_duplicate.CHECK.verdict(first, unread).waits_for == "autotask/Companies"
    assert isinstance(company_duplicate.CHECK.verdict(company(active=None), near), Unknown)


def test_a_tenant_called_otherwise_is_a_conflict_unless_its_domain_is_the_companys(
    company: Build, links: Build, record: Build
) -> None:
    def tenant(name: str, *domains: str) -> Any:
        verified = tuple({"name": one, "is_default": True, "is_initial": False} for one in domains)
        return record("tenant", "m365/organization", tenant_id="t1", name=name, domains=verified)

    def verdict(*tenants: Any) -> Any:
        return name_conflict.CHECK.verdict(company(), links({"same_company": tenants}))

    assert isinstance(verdict(tenant("Sample Holding")), Finding)
    assert verdict(tenant("EXAMPLE Holding")) == Ok()
    assert verdict(tenant("Sample Holding", "example.com")) == Ok()
    assert verdict() == Ok()


def test_a_client_under_contract_must_have_each_expected_vendor(
    company: Build, contract: Build, links: Build, now: datetime
) -> None:
    near = {"contract_of": (contract(),)}
    without = ("m365", "autotask")
    verdict = onboarding_incomplete.CHECK.verdict(company(), links(near, vendors=without))

    assert isinstance(verdict, Finding)
    assert verdict.evidence["missing"] == ["sophos"]
    assert onboarding_incomplete.CHECK.verdict(company(), links(near)) == Ok()
    assert onboarding_incomplete.CHECK.verdict(company(), links(vendors=without)) == Ok()
    assert onboarding_incomplete.CHECK.verdict(company(active=False), links(near, vendors=without)) == Ok()
    new = company(created_at=now - timedelta(days=20))
    assert onboarding_incomplete.CHECK.verdict(new, links(near, vendors=without)) == Ok(
        recheck_at=now + timedelta(days=10)
    )
    later = {"contract_of": (contract(starts_at=now + timedelta(days=4)),)}
    assert onboarding_incomplete.CHECK.verdict(company(), links(later, vendors=without)) == Ok(
        recheck_at=now + timedelta(days=4)
    )
    unread = links(vendors=without, incomplete=("autotask/Contracts",))
    assert onboarding_incomplete.CHECK.verdict(company(), unread).waits_for == "autotask/Contracts"


def test_a_former_client_must_have_no_account(company: Build, links: Build) -> None:
    former = company(active=False)

    assert isinstance(offboarding_incomplete.CHECK.verdict(former, links()), Finding)
    assert offboarding_incomplete.CHECK.verdict(former, links(vendors=("autotask",))) == Ok()
    assert offboarding_incomplete.CHECK.verdict(company(), links()) == Ok()
    assert isinstance(offboarding_incomplete.CHECK.verdict(company(active=None), links()), Unknown)


def test_what_is_used_must_be_billed_by_some_running_line(
    company: Build, contract: Build, device: Build, line: Build, links: Build, record: Build
) -> None:
    in_use = device("PC-1", "sophos/endpoints")
    subject, near = line(units=1)
    [unit] = near["line_units"]
    services = near["line_service"]
    contracts = near["line_contract"]

    def verdict(*counted: Any, **more: Any) -> Any:
        return unbilled.CHECK.verdict(company(), links(counted=counted, beside=services, **more))

    none = verdict(in_use)
    assert isinstance(none, Finding)
    assert none.evidence["unbilled"][0]["used"] == 1
    assert isinstance(verdict(in_use, *contracts, subject, unit), Ok)
    assert isinstance(verdict(in_use, contract(active=False), subject, unit), Finding)
    assert isinstance(verdict(), Ok)
    bundle = record(
        "contract_line", "autotask/ContractServiceBundles", "b1", line_id="b1", contract_id="c1", bundle_id="41"
    )
    assert isinstance(verdict(in_use, *contracts, bundle), Unknown)
    assert verdict(in_use, incomplete=("sophos/endpoints",)).waits_for == "sophos/endpoints"
    assert unbilled.CHECK.verdict(company("0"), links(counted=(in_use,))) == Ok()


def test_a_contact_must_be_somebody_in_the_directory(contact: Build, identity: Build, links: Build) -> None:
    assert isinstance(no_identity.CHECK.verdict(contact(), links()), Finding)
    assert no_identity.CHECK.verdict(contact(), links({"same_person": (identity(),)})) == Ok()
    assert no_identity.CHECK.verdict(contact(active=False), links()) == Ok()
    possible = links(candidates={"same_person": (identity(),)})
    assert no_identity.CHECK.verdict(contact(), possible) == Unknown("an account may be this person's: Ann Example")
    assert no_identity.CHECK.verdict(contact(), links(incomplete=("m365/users",))).waits_for == "m365/users"
    assert isinstance(no_identity.CHECK.verdict(contact(active=None), links()), Unknown)


def test_a_contact_must_have_the_address_the_person_has_now(contact: Build, identity: Build, links: Build) -> None:
    def verdict(written: str | None, **known: Any) -> Any:
        return email_mismatch.CHECK.verdict(contact(email=written), links({"same_person": (identity(**known),)}))

    now_mail = {"email": "Ann.New@example.com", "email_canonical": "ann.new@example.com"}
    changed = verdict("ann@example.com", **now_mail)
    assert isinstance(changed, Finding)
    assert changed.evidence["change_to"] == "Ann.New@example.com"
    assert isinstance(verdict(None, **now_mail), Finding)
    assert verdict("ann.new@example.com", **now_mail) == Ok()
    assert isinstance(verdict("ann@example.com"), Unknown)
    assert email_mismatch.CHECK.verdict(contact(), links()) == Ok()


def test_a_contact_with_the_domain_of_another_company_is_in_the_wrong_one(
    contact: Build, company: Build, links: Build
) -> None:
    other = company("300", "Other GmbH", domain_canonical="other.com")
    near = links(beside=(company(), other))

    verdict = wrong_company.CHECK.verdict(contact(email="bob@other.com"), near)
    assert isinstance(verdict, Finding)
    assert verdict.evidence["domain_of"] == [{"company_id": "300", "name": "Other GmbH"}]
    for fine in (contact(), contact(email="bob@nowhere.com"), contact(email=None), contact(active=False)):
        assert wrong_company.CHECK.verdict(fine, near) == Ok()
    child = company("300", "Other GmbH", domain_canonical="other.com", parent_company_id="200")
    assert wrong_company.CHECK.verdict(contact(email="bob@other.com"), links(beside=(company(), child))) == Ok()
    unread = links(beside=(company(), other), incomplete=("autotask/Companies",))
    assert isinstance(wrong_company.CHECK.verdict(contact(email="bob@other.com"), unread), Unknown)


def test_a_contact_typed_in_again_is_told_of_at_the_younger_one(contact: Build, links: Build) -> None:
    first, second, elsewhere = contact("9"), contact("10"), contact("11", company_id="300")
    near = links(counted=(first, second, elsewhere))

    verdict = contact_duplicate.CHECK.verdict(second, near)
    assert isinstance(verdict, Finding)
    assert verdict.evidence["same_as"] == ["9"]
    assert contact_duplicate.CHECK.verdict(first, near) == Ok()
    assert contact_duplicate.CHECK.verdict(elsewhere, near) == Ok()
    inactive = links(counted=(contact("9", active=False), second))
    assert contact_duplicate.CHECK.verdict(second, inactive) == Ok()
    unread = links(counted=(second,), incomplete=("autotask/Contacts",))
    assert contact_duplicate.CHECK.verdict(second, unread).waits_for == "autotask/Contacts"
