"""The checks on accounts of a directory: finding, ok, unknown, and when to look again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from mspbyte_common.models import Conditions, Grant, Member, Names, Principals
from svc_workers.checks import (
    admin_no_mfa,
    departed_still_enabled,
    guest_stale,
    licensed_but_disabled,
    licensed_but_stale,
    mfa_not_registered,
    never_signed_in,
    no_mfa_enforced,
    shared_mailbox_licensed,
    stale,
    too_many_global_admins,
)
from svc_workers.verdict import Finding, Ok, Unknown

Build = Callable[..., Any]
GLOBAL_ADMIN = too_many_global_admins.GLOBAL_ADMINISTRATOR


@pytest.fixture
def signed(record: Build, now: datetime) -> Callable[..., Any]:
    """A record of when an account last signed in, so many days ago; None: never."""

    def build(days: float | None) -> Any:
        last = None if days is None else now - timedelta(days=days)
        return record("sign_in", "m365/signInActivity", object_id="o1", ever=last is not None, last_interactive_at=last)

    return build


@pytest.fixture
def directory(record: Build) -> Callable[..., tuple[Any, ...]]:
    """A directory: nested groups g2 > g1 > o1, a privileged role held by `holders`, and one policy."""

    def build(
        holders: tuple[tuple[str, str], ...] = (), members: tuple[Member, ...] | None = None, **policy: Any
    ) -> Any:
        usual: dict[str, Any] = {
            "policy_id": "p1",
            "policy_type": "conditional_access",
            "name": "MFA for all",
            "state": "enabled",
            "include": Principals(everyone=True),
            "exclude": Principals(),
            "conditions": Conditions(applications=Names(include=("All",))),
            "grant": Grant(operator="or", controls=("mfa",)),
            "session_controls": (),
        }
        inner = (Member(object_id="o1", member_type="identity"),) if members is None else members
        outer = (Member(object_id="g1", member_type="group"),)
        return (
            record("policy", "m365/conditionalAccessPolicies", **usual | policy),
            record("group", "m365/groups", "g1", object_id="g1", group_type="security", members=inner),
            record("group", "m365/groups", "g2", object_id="g2", group_type="security", members=outer),
            record(
                "role",
                "m365/directoryRoles",
                role_id="r1",
                template_id=GLOBAL_ADMIN,
                name="Global Administrator",
                privileged=True,
                members=tuple(Member(object_id=key, member_type=kind) for key, kind in holders),
            ),
        )

    return build


def test_who_no_policy_asks_is_a_finding_that_says_what_each_policy_does(
    identity: Build, links: Build, directory: Build
) -> None:
    beside = directory(exclude=Principals(group_ids=("g2",)))
    verdict = no_mfa_enforced.CHECK.verdict(identity(), links(beside=beside))

    assert isinstance(verdict, Finding)
    assert verdict.evidence["enforced"] == "none"
    assert verdict.evidence["policies"] == [{"policy": "MFA for all", "why": "it excludes them"}]


def test_who_is_asked_or_cannot_sign_in_or_is_a_guest_is_ok(identity: Build, links: Build, directory: Build) -> None:
    everyone, nobody = directory(), directory(state="report_only")

    assert no_mfa_enforced.CHECK.verdict(identity(), links(beside=everyone)) == Ok()
    assert no_mfa_enforced.CHECK.verdict(identity(enabled=False), links(beside=nobody)) == Ok()
    assert no_mfa_enforced.CHECK.verdict(identity(identity_type="guest"), links(beside=nobody)) == Ok()
    with_guests = no_mfa_enforced.Params(guests=True)
    guest = no_mfa_enforced.evaluate(identity(identity_type="guest"), links(beside=nobody), with_guests)
    assert isinstance(guest, Finding)


def test_policies_that_were_not_read_leave_mfa_unknown(identity: Build, links: Build, directory: Build) -> None:
    stale_policies = links(beside=directory(), incomplete=("m365/conditionalAccessPolicies",))
    verdict = no_mfa_enforced.CHECK.verdict(identity(), stale_policies)

    assert isinstance(verdict, Unknown)
    assert verdict.waits_for == "m365/conditionalAccessPolicies"
    assert isinstance(no_mfa_enforced.CHECK.verdict(identity(enabled=None), links()), Unknown)


def test_an_administrator_through_nested_groups_must_be_asked_always(
    identity: Build, links: Build, directory: Build
) -> None:
    trusted = Conditions(
        applications=Names(include=("All",)), locations=Names(include=("All",), exclude=("AllTrusted",))
    )
    partly = links(beside=directory((("g2", "group"),), conditions=trusted))
    never = links(beside=directory((("g2", "group"),), state="disabled"))
    verdict = admin_no_mfa.CHECK.verdict(identity(), partly)

    assert isinstance(verdict, Finding)
    assert (verdict.severity, verdict.evidence["roles"]) == ("high", ["Global Administrator"])
    critical = admin_no_mfa.CHECK.verdict(identity(), never)
    assert isinstance(critical, Finding)
    assert critical.severity == "critical"
    assert no_mfa_enforced.CHECK.verdict(identity(), never) == Ok()
    assert admin_no_mfa.CHECK.verdict(identity(), links(beside=directory((("g2", "group"),)))) == Ok()


def test_who_holds_no_role_is_no_administrator_unless_roles_were_not_read(
    identity: Build, links: Build, directory: Build
) -> None:
    beside = directory(state="disabled")

    assert admin_no_mfa.CHECK.verdict(identity(), links(beside=beside)) == Ok()
    unread = links(beside=beside, incomplete=("m365/directoryRoles",))
    assert isinstance(admin_no_mfa.CHECK.verdict(identity(), unread), Unknown)


@pytest.mark.parametrize(("registered", "answer"), [(False, Finding), (True, Ok), (None, Unknown)])
def test_whoever_signs_in_must_have_registered_a_second_factor(
    identity: Build, links: Build, record: Build, registered: bool | None, answer: type
) -> None:
    details = record(
        "mfa_registration", "m365/userRegistrationDetails", object_id="o1", registered=registered, methods=()
    )

    assert isinstance(mfa_not_registered.CHECK.verdict(identity(), links({"registration_of": (details,)})), answer)


def test_a_registration_that_was_not_read_is_unknown_and_guests_are_asked_on_request(
    identity: Build, links: Build
) -> None:
    unread = mfa_not_registered.CHECK.verdict(identity(), links())

    assert isinstance(unread, Unknown)
    assert unread.waits_for == "m365/userRegistrationDetails"
    assert mfa_not_registered.CHECK.verdict(identity(identity_type="guest"), links()) == Ok()


@pytest.mark.parametrize(
    ("licensed", "check", "silent_one"),
    [(False, stale, licensed_but_stale), (True, licensed_but_stale, stale)],
)
def test_an_unused_account_is_told_of_by_one_check_with_or_without_licences(
    identity: Build, licence: Build, links: Build, signed: Build, licensed: bool, check: Any, silent_one: Any
) -> None:
    near = {"sign_in_of": (signed(100),), "licensed_with": (licence(),)}
    subject = identity(licence_ids=("sku-spb",) if licensed else ())

    assert isinstance(check.CHECK.verdict(subject, links(near)), Finding)
    assert silent_one.CHECK.verdict(subject, links(near)) == Ok()


@pytest.mark.parametrize("check", [stale, licensed_but_stale])
def test_an_account_in_use_is_looked_at_again_when_it_would_be_stale(
    identity: Build, links: Build, signed: Build, now: datetime, check: Any
) -> None:
    verdict = check.CHECK.verdict(identity(), links({"sign_in_of": (signed(80),)}))

    assert verdict == Ok(recheck_at=now + timedelta(days=10))


@pytest.mark.parametrize("check", [stale, licensed_but_stale, never_signed_in])
def test_sign_ins_that_were_not_read_or_not_told_or_are_old_leave_it_unknown(
    identity: Build, licence: Build, links: Build, record: Build, signed: Build, now: datetime, check: Any
) -> None:
    subject = identity(
        sign_in_known=False,
        licence_ids=("sku-spb",) if check is licensed_but_stale else (),
        created_at=now - timedelta(days=400),
    )
    untold = record("sign_in", "m365/signInActivity", object_id="o1", ever=None)
    old = signed(None if check is never_signed_in else 100)
    lately_unread = links({"sign_in_of": (old,), "licensed_with": (licence(),)}, incomplete=("m365/signInActivity",))

    for near in (links(), links({"sign_in_of": (untold,)}), lately_unread):
        verdict = check.CHECK.verdict(subject, near)
        assert isinstance(verdict, Unknown), verdict
        assert verdict.waits_for == "m365/signInActivity"


def test_an_account_never_used_is_a_finding_after_its_first_month(
    identity: Build, links: Build, signed: Build, now: datetime
) -> None:
    never = links({"sign_in_of": (signed(None),)})
    old, new = identity(created_at=now - timedelta(days=31)), identity(created_at=now - timedelta(days=29))

    assert isinstance(never_signed_in.CHECK.verdict(old, never), Finding)
    assert never_signed_in.CHECK.verdict(new, never) == Ok(recheck_at=now + timedelta(days=1))
    assert never_signed_in.CHECK.verdict(old, links({"sign_in_of": (signed(300),)})) == Ok()
    assert isinstance(never_signed_in.CHECK.verdict(identity(), never), Unknown)


def test_a_guest_who_stays_away_or_never_came_is_a_finding(
    identity: Build, links: Build, signed: Build, now: datetime
) -> None:
    guest = identity(identity_type="guest", created_at=now - timedelta(days=200))
    invited = identity(identity_type="guest", created_at=now - timedelta(days=60))

    for days in (100, None):
        assert isinstance(guest_stale.CHECK.verdict(guest, links({"sign_in_of": (signed(days),)})), Finding)
    assert guest_stale.CHECK.verdict(invited, links({"sign_in_of": (signed(None),)})) == Ok(
        recheck_at=now + timedelta(days=30)
    )
    assert guest_stale.CHECK.verdict(identity(), links({"sign_in_of": (signed(100),)})) == Ok()
    assert isinstance(guest_stale.CHECK.verdict(identity(identity_type="guest", sign_in_known=False), links()), Unknown)


def test_who_is_an_inactive_contact_must_not_sign_in(identity: Build, links: Build, record: Build) -> None:
    def contact(name: str, *, active: bool | None) -> Any:
        return record(
            "contact", "autotask/Contacts", name, contact_id=name, company_id="k1", emails=(), phones=(), active=active
        )

    def verdict(*contacts: Any, **more: Any) -> Any:
        return departed_still_enabled.CHECK.verdict(identity(), links({"same_person": contacts}, **more))

    assert isinstance(verdict(contact("1", active=False)), Finding)
    assert verdict(contact("1", active=False), contact("2", active=True)) == Ok()
    assert verdict() == Ok()
    assert isinstance(verdict(contact("1", active=None)), Unknown)
    assert verdict(contact("1", active=False), incomplete=("autotask/Contacts",)).waits_for == "autotask/Contacts"
    assert departed_still_enabled.CHECK.verdict(identity(enabled=False), links()) == Ok()


@pytest.mark.parametrize(
    ("certain", "possible", "answer"),
    [
        (None, False, Unknown),
        (None, None, Unknown),
        (None, True, Ok),
        (False, False, Finding),
        (False, True, Unknown),
        (True, False, Ok),
    ],
)
def test_a_contact_that_may_be_the_persons_is_a_reason_not_to_know(
    identity: Build, links: Build, record: Build, certain: bool | None, possible: bool | None, answer: type
) -> None:
    def contact(name: str, active: bool | None) -> Any:
        return record(
            "contact", "autotask/Contacts", name, contact_id=name, company_id="k1", emails=(), phones=(), active=active
        )

    known = () if certain is None else (contact("1", certain),)
    near = links({"same_person": known}, candidates={"same_person": (contact("2", possible),)})

    assert isinstance(departed_still_enabled.CHECK.verdict(identity(), near), answer)


def test_a_licensed_shared_mailbox_is_told_of_once(identity: Build, licence: Build, links: Build) -> None:
    near = links({"licensed_with": (licence(),)})
    mailbox = identity(enabled=False, email="info@example.com", display_name="Info")
    leaver = identity(enabled=False, email="ann@example.com", first_name="Ann")

    assert isinstance(shared_mailbox_licensed.CHECK.verdict(mailbox, near), Finding)
    assert licensed_but_disabled.CHECK.verdict(mailbox, near) == Ok()
    assert shared_mailbox_licensed.CHECK.verdict(leaver, near) == Ok()
    assert isinstance(licensed_but_disabled.CHECK.verdict(leaver, near), Finding)
    assert isinstance(shared_mailbox_licensed.CHECK.verdict(mailbox, links()), Unknown)
    assert isinstance(shared_mailbox_licensed.CHECK.verdict(identity(enabled=None), near), Unknown)


def test_global_administrators_are_counted_once_and_through_groups(links: Build, directory: Build) -> None:
    people = tuple(Member(object_id=f"o{n}", member_type="identity") for n in range(4))
    four = directory((("g2", "group"), ("g1", "group"), ("o0", "identity")), members=people)
    five = directory((("g2", "group"), ("o9", "identity")), members=people)
    verdict = too_many_global_admins.CHECK.verdict(five[-1], links(beside=five))

    assert isinstance(verdict, Finding)
    assert verdict.evidence["accounts"] == 5
    assert too_many_global_admins.CHECK.verdict(four[-1], links(beside=four)) == Ok()


def test_a_group_that_was_not_read_may_hold_more_administrators(links: Build, directory: Build, record: Build) -> None:
    known = directory((("g3", "group"),))
    unread = record("group", "m365/groups", "g3", object_id="g3", group_type="security", members=None)

    assert isinstance(too_many_global_admins.CHECK.verdict(known[-1], links(beside=known)), Unknown)
    assert isinstance(too_many_global_admins.CHECK.verdict(known[-1], links(beside=(*known, unread))), Unknown)
    other = record("role", "m365/directoryRoles", "r2", role_id="r2", template_id="other", members=None)
    assert too_many_global_admins.CHECK.verdict(other, links()) == Ok()
