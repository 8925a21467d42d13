"""What policies enforce, and what they never do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.models import Conditions, Grant, Names, Policy, Principals, Strength
from svc_workers.mfa import Level, Person, enforcement, strongest

GROUPS, ROLES, PEOPLE = ("g1", "g2", "g3"), ("r1", "r2"), ("o1", "o2")
EVERYTHING = Names(include=("All",))
ANN = Person("o1", guest=False, groups=frozenset({"g1"}), roles=frozenset({"r1"}))

some = st.sampled_from
people = st.builds(
    Principals,
    everyone=st.booleans(),
    guests=st.booleans(),
    user_ids=st.lists(some(PEOPLE), unique=True).map(tuple),
    group_ids=st.lists(some(GROUPS), unique=True).map(tuple),
    role_template_ids=st.lists(some(ROLES), unique=True).map(tuple),
)
controls = st.lists(some(("mfa", "block", "compliant_device", "unknown")), unique=True).map(tuple)
strengths = st.builds(
    Strength, strength_id=st.just("s"), name=st.none(), requires_mfa=some((True, False, None)), combinations=st.just(())
)
grants = st.builds(Grant, operator=some(("and", "or")), controls=controls, strength=st.none() | strengths)
clients = some(((), ("exchangeActiveSync", "other"), ("browser", "mobileAppsAndDesktopClients")))
conditions = st.builds(
    Conditions,
    applications=some((EVERYTHING, Names(include=("Office365",)), Names(include=("All",), exclude=("x",)), Names())),
    client_apps=clients,
    locations=some((None, Names(include=("All",), exclude=("AllTrusted",)))),
    sign_in_risks=some(((), ("high",))),
)


def _policy(**fields: Any) -> Policy:
    usual: dict[str, Any] = {
        "policy_id": "p1",
        "policy_type": "conditional_access",
        "name": "MFA",
        "state": "enabled",
        "include": Principals(everyone=True),
        "exclude": Principals(),
        "conditions": Conditions(applications=EVERYTHING),
        "grant": Grant(operator="or", controls=("mfa",)),
        "session_controls": (),
        "created_at": None,
        "modified_at": None,
    }
    return Policy(**usual | fields)


policies = st.builds(
    _policy,
    policy_id=some(("p1", "p2", "p3")),
    state=some(("enabled", "disabled", "report_only", "unknown")),
    include=people,
    exclude=people,
    conditions=conditions,
    grant=st.none() | grants,
)
persons = st.builds(
    Person,
    object_id=some(PEOPLE),
    guest=some((True, False, None)),
    groups=st.frozensets(some(GROUPS)),
    roles=st.frozensets(some(ROLES)),
    perhaps_groups=st.frozensets(some(GROUPS)),
    perhaps_roles=st.frozensets(some(ROLES)),
)


def _bounds(person: Person, known: list[Policy]) -> tuple[Level, Level]:
    return strongest(one.bounds for one in enforcement(person, known).considered)


def _level(**fields: Any) -> str:
    return enforcement(ANN, [_policy(**fields)]).level


def test_a_policy_for_everyone_and_everything_enforces_wholly_and_is_named() -> None:
    found = enforcement(ANN, [_policy(name="Other", grant=None), _policy()])

    assert found.level == "full"
    assert found.decided_by is not None
    assert found.decided_by.name == "MFA"


@pytest.mark.parametrize(
    ("include", "exclude", "level"),
    [
        (Principals(user_ids=("o1",)), Principals(), "full"),
        (Principals(user_ids=("o2",)), Principals(), "none"),
        (Principals(group_ids=("g1",)), Principals(), "full"),
        (Principals(role_template_ids=("r1",)), Principals(), "full"),
        (Principals(guests=True), Principals(), "none"),
        (Principals(everyone=True), Principals(user_ids=("o1",)), "none"),
        (Principals(everyone=True), Principals(group_ids=("g1",)), "none"),
        (Principals(everyone=True), Principals(role_template_ids=("r1",)), "none"),
        (Principals(everyone=True), Principals(guests=True), "full"),
    ],
)
def test_includes_and_excludes_name_people_groups_roles_and_guests(
    include: Principals, exclude: Principals, level: str
) -> None:
    assert _level(include=include, exclude=exclude) == level


@pytest.mark.parametrize(
    ("grant", "level"),
    [
        (None, "none"),
        (Grant(operator="or", controls=("compliant_device",)), "none"),
        (Grant(operator="or", controls=("compliant_device", "mfa")), "partial"),
        (Grant(operator="and", controls=("compliant_device", "mfa")), "full"),
        (Grant(operator="or", controls=("block",)), "full"),
        (Grant(operator="or", controls=("unknown",)), "unknown"),
        (Grant(operator="or", custom_factors=("other vendor",)), "unknown"),
        (Grant(operator="or", terms_of_use=("t",)), "none"),
        (
            Grant(operator="and", strength=Strength(strength_id="s", name=None, requires_mfa=True, combinations=())),
            "full",
        ),
        (
            Grant(operator="and", strength=Strength(strength_id="s", name=None, requires_mfa=False, combinations=())),
            "none",
        ),
        (
            Grant(operator="and", strength=Strength(strength_id="s", name=None, requires_mfa=None, combinations=())),
            "unknown",
        ),
    ],
)
def test_and_takes_the_strongest_control_or_the_weakest(grant: Grant | None, level: str) -> None:
    assert _level(grant=grant) == level


@pytest.mark.parametrize(
    ("conditions", "level"),
    [
        (Conditions(applications=Names(include=("Office365",))), "partial"),
        (Conditions(applications=Names(include=("All",), exclude=("x",))), "partial"),
        (Conditions(applications=Names(include=("None",))), "none"),
        (Conditions(user_actions=("urn:user:registersecurityinfo",)), "none"),
        (Conditions(applications=EVERYTHING, locations=Names(include=("All",), exclude=("AllTrusted",))), "partial"),
        (Conditions(applications=EVERYTHING, sign_in_risks=("high",)), "partial"),
        (Conditions(applications=EVERYTHING, others=("deviceStates",)), "partial"),
        (Conditions(applications=EVERYTHING, client_apps=("browser", "mobileAppsAndDesktopClients")), "partial"),
    ],
)
def test_a_condition_leaves_sign_ins_unasked(conditions: Conditions, level: str) -> None:
    assert _level(conditions=conditions) == level


def test_modern_clients_are_everything_where_the_old_ones_are_shut_out() -> None:
    modern = _policy(
        conditions=Conditions(applications=EVERYTHING, client_apps=("browser", "mobileAppsAndDesktopClients"))
    )
    old = Conditions(applications=EVERYTHING, client_apps=("exchangeActiveSync", "other"))
    block = Grant(operator="or", controls=("block",))

    assert enforcement(ANN, [modern, _policy(policy_id="p2", conditions=old, grant=block)]).level == "full"
    excepted = _policy(policy_id="p2", conditions=old, grant=block, exclude=Principals(user_ids=("o1",)))
    assert enforcement(ANN, [modern, excepted]).level == "partial"
    assert enforcement(ANN, [_policy(conditions=old, grant=block)]).level == "none"


def test_security_defaults_ask_everyone() -> None:
    defaults = {"policy_type": "security_defaults", "conditions": Conditions(), "grant": None}

    assert _level(**defaults) == "full"
    assert _level(**defaults, state="disabled") == "none"
    assert _level(**defaults, state="unknown") == "unknown"


def test_members_that_were_not_read_leave_it_unknown_unless_another_policy_settles_it() -> None:
    untold = Person("o1", guest=None, perhaps_groups=frozenset({"g1"}))
    of_group = _policy(include=Principals(group_ids=("g1",)))

    assert enforcement(untold, [of_group]).level == "unknown"
    assert enforcement(untold, [_policy(exclude=Principals(group_ids=("g1",)))]).level == "unknown"
    assert enforcement(untold, [_policy(include=Principals(guests=True))]).level == "unknown"
    assert enforcement(untold, [of_group, _policy(policy_id="p2")]).level == "full"


@given(persons, st.lists(policies, max_size=4))
def test_what_is_certain_is_possible_and_disabled_policies_never_count(person: Person, known: list[Policy]) -> None:
    certain, possible = _bounds(person, known)
    live = [policy for policy in known if policy.state in {"enabled", "unknown"}]

    assert certain <= possible
    assert _bounds(person, live) == (certain, possible)


@given(persons, st.lists(policies, min_size=1, max_size=4), people)
def test_an_exclude_never_strengthens(person: Person, known: list[Policy], more: Principals) -> None:
    first, *others = known
    exclude = Principals(
        everyone=first.exclude.everyone or more.everyone,
        guests=first.exclude.guests or more.guests,
        user_ids=(*first.exclude.user_ids, *more.user_ids),
        group_ids=(*first.exclude.group_ids, *more.group_ids),
        role_template_ids=(*first.exclude.role_template_ids, *more.role_template_ids),
    )
    before = _bounds(person, known)
    after = _bounds(person, [first.model_copy(update={"exclude": exclude}), *others])

    assert after[0] <= before[0]
    assert after[1] <= before[1]


@given(persons, st.lists(policies, max_size=3), policies)
def test_one_more_policy_never_weakens(person: Person, known: list[Policy], one_more: Policy) -> None:
    before, after = _bounds(person, known), _bounds(person, [*known, one_more])

    assert after[0] >= before[0]
    assert after[1] >= before[1]


@given(persons, st.lists(policies, max_size=4))
def test_what_is_told_later_stays_within_what_was_possible(person: Person, known: list[Policy]) -> None:
    """Members that were not read turn out to be none: the answer moves inside the bounds."""
    told = Person(person.object_id, guest=person.guest, groups=person.groups, roles=person.roles)
    before, after = _bounds(person, known), _bounds(told, known)

    assert before[0] <= after[0] <= after[1] <= before[1]
