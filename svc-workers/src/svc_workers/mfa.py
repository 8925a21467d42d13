"""Whether policies make a person prove who they are with more than a password, and which of them decides it.

Each enabled policy gives a person a level between two bounds: what it certainly enforces and what it may enforce, where
something was not told (a group whose members could not be read, a control nobody knows). The strongest policy counts.
Per-user MFA, the setting from before Conditional Access, stands in no list that is read: it is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

from mspbyte_common.models import Conditions, Grant, Policy, Principals, Strength


class Level(IntEnum):
    """How much a policy asks for: nothing, a second factor at some sign-ins, or at every one."""

    NONE = 0
    PARTIAL = 1
    FULL = 2


Bounds = tuple[Level, Level]
"""(certain, possible)."""
Enforced = Literal["full", "partial", "none", "unknown"]

NOTHING: Final[Bounds] = (Level.NONE, Level.NONE)
UNTOLD: Final[Bounds] = (Level.NONE, Level.FULL)
WHOLLY: Final[Bounds] = (Level.FULL, Level.FULL)
MODERN: Final = frozenset({"browser", "mobileappsanddesktopclients"})
LEGACY: Final = frozenset({"exchangeactivesync", "other"})
"""Kinds of client applications, folded: those that can ask for a second factor, and those that cannot."""


@dataclass(frozen=True)
class Person:
    """Who is asked about. Groups and roles include those held through other groups.

    `guest` is None where it was not told; `perhaps_groups` and `perhaps_roles` are those whose members were not.
    """

    object_id: str
    guest: bool | None
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    perhaps_groups: frozenset[str] = frozenset()
    perhaps_roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Considered:
    """A policy that has to do with a second factor, what it enforces, and why it does not enforce more."""

    policy: Policy
    bounds: Bounds
    why: str


@dataclass(frozen=True)
class Enforcement:
    """What holds for a person. `decided_by` is the policy with the last word: None where nothing is enforced."""

    level: Enforced
    decided_by: Policy | None
    considered: tuple[Considered, ...]


def enforcement(person: Person, policies: Sequence[Policy]) -> Enforcement:
    """What the policies of a directory, security defaults among them, enforce for one of its accounts."""
    legacy_blocked = any(_blocks_legacy(person, policy) for policy in policies)
    considered = tuple(_consider(person, policy, legacy_blocked=legacy_blocked) for policy in _ordered(policies))
    certain, possible = strongest(one.bounds for one in considered)
    if certain < possible:
        return Enforcement("unknown", _first(considered, 1, possible), considered)
    level: Enforced = "full" if certain is Level.FULL else "partial" if certain is Level.PARTIAL else "none"
    return Enforcement(level, _first(considered, 0, certain) if certain else None, considered)


def strongest(bounds: Iterable[Bounds]) -> Bounds:
    """Policies add up: whoever has to satisfy two satisfies the stronger."""
    certain, possible = NOTHING
    for low, high in bounds:
        certain, possible = max(certain, low), max(possible, high)
    return certain, possible


def _ordered(policies: Sequence[Policy]) -> list[Policy]:
    """Those that speak of a second factor, or shut people out, by name."""
    speaking = [policy for policy in policies if _asks(policy)[0] != NOTHING]
    return sorted(speaking, key=lambda policy: (policy.name or "", policy.policy_id))


def _first(considered: Iterable[Considered], side: Literal[0, 1], level: Level) -> Policy:
    return next(one.policy for one in considered if one.bounds[side] is level)


def _consider(person: Person, policy: Policy, *, legacy_blocked: bool) -> Considered:
    """The policy's bounds for the person: the least of what it asks for, to whom, and when."""
    if policy.state in {"disabled", "report_only"}:
        return Considered(policy, NOTHING, f"it is {policy.state.replace('_', ' ')}")
    steps = (
        (UNTOLD if policy.state == "unknown" else WHOLLY, "whether it is switched on is not known"),
        _applies(person, policy),
        _asks(policy),
        (_when(policy, legacy_blocked=legacy_blocked), "it asks at some sign-ins only"),
    )
    certain, possible = (Level(min(bounds[side] for bounds, _ in steps)) for side in (0, 1))
    if policy.grant is not None and "block" in policy.grant.controls and possible is Level.PARTIAL:
        return Considered(policy, NOTHING, "it shuts out some sign-ins and asks the others for nothing")
    why = (
        next((why for bounds, why in steps if bounds[0] is certain), "") if certain is not Level.FULL else "it applies"
    )
    return Considered(policy, (certain, possible), why)


def _applies(person: Person, policy: Policy) -> tuple[Bounds, str]:
    included, excluded = _named(policy.include, person), _named(policy.exclude, person)
    if included is False:
        return NOTHING, "it does not include them"
    if excluded is True:
        return NOTHING, "it excludes them"
    if included is None or excluded is not False:
        return UNTOLD, "whether it applies to them is not known: members of a group or role were not read"
    return WHOLLY, ""


def _named(side: Principals, person: Person) -> bool | None:
    """Whether one side of a policy names the person; None where that was not told."""
    groups, roles = frozenset(side.group_ids), frozenset(side.role_template_ids)
    if side.everyone or person.object_id in side.user_ids or groups & person.groups or roles & person.roles:
        return True
    if side.guests and person.guest:
        return True
    untold = (side.guests and person.guest is None) or groups & person.perhaps_groups or roles & person.perhaps_roles
    return None if untold else False


def _asks(policy: Policy) -> tuple[Bounds, str]:
    """What the policy asks for, wherever it applies. Security defaults ask by rules of the vendor's own."""
    if policy.policy_type == "security_defaults":
        return WHOLLY, ""
    grant = policy.grant
    if grant is None:
        return NOTHING, "it asks for nothing"
    parts = [*_controls(grant), *([] if grant.strength is None else [_strength(grant.strength)])]
    if not parts or all(part == NOTHING for part in parts):
        return NOTHING, "it asks for no second factor"
    if grant.operator == "and":
        return strongest(parts), "what its controls ask for is not known"
    certain, possible = (_any_of([part[side] for part in parts]) for side in (0, 1))
    return (certain, possible), "another control is enough as well"


def _any_of(levels: Sequence[Level]) -> Level:
    """Of several ways in a person takes any: a second factor is certain only where all of them ask for it."""
    if all(level is Level.FULL for level in levels):
        return Level.FULL
    return Level.PARTIAL if any(levels) else Level.NONE


def _controls(grant: Grant) -> list[Bounds]:
    """Whoever is shut out cannot come in with a password either. A factor of another vendor says nothing of itself."""
    known = [
        WHOLLY if control in {"mfa", "block"} else UNTOLD if control == "unknown" else NOTHING
        for control in grant.controls
    ]
    return [*known, *(UNTOLD for _ in grant.custom_factors), *(NOTHING for _ in grant.terms_of_use)]


def _strength(strength: Strength) -> Bounds:
    return UNTOLD if strength.requires_mfa is None else WHOLLY if strength.requires_mfa else NOTHING


def _when(policy: Policy, *, legacy_blocked: bool) -> Bounds:
    """At which sign-ins the policy asks: at all, at some, or at none because it is about something else."""
    conditions = policy.conditions
    included = {name.lower() for name in conditions.applications.include}
    if policy.policy_type == "security_defaults":
        return WHOLLY
    if not included - {"none"}:
        return NOTHING
    whole = "all" in included and not conditions.applications.exclude and not _limits(conditions)
    clients = {name.lower() for name in conditions.client_apps}
    everywhere = not clients or (clients >= MODERN and (legacy_blocked or clients >= LEGACY))
    level = Level.FULL if whole and everywhere else Level.PARTIAL
    return level, level


def _limits(conditions: Conditions) -> bool:
    """Whether more than the kind of client application narrows a policy."""
    return bool(
        conditions.platforms
        or conditions.locations
        or conditions.user_risks
        or conditions.sign_in_risks
        or conditions.others
    )


def _blocks_legacy(person: Person, policy: Policy) -> bool:
    """Whether the policy shuts the person out of every client application that cannot ask for a second factor."""
    conditions, grant = policy.conditions, policy.grant
    return (
        policy.state == "enabled"
        and grant is not None
        and "block" in grant.controls
        and _applies(person, policy)[0] is WHOLLY
        and "all" in {name.lower() for name in conditions.applications.include}
        and not conditions.applications.exclude
        and not _limits(conditions)
        and {name.lower() for name in conditions.client_apps} >= LEGACY
    )
