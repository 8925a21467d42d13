"""Microsoft 365 conditionalAccess policies → policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from mspbyte_common.models import Conditions, Grant, Names, Policy, Principals, Strength
from mspbyte_common.models.access import Control
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, distinct, flag, guid, part, required_text, strings, text
from svc_processors.times import instant

State = Literal["enabled", "disabled", "report_only", "unknown"]

_STATES: Final[dict[str, State]] = {
    "enabled": "enabled",
    "disabled": "disabled",
    "enabledforreportingbutnotenforced": "report_only",
}
_CONTROLS: Final[dict[str, Control]] = {
    "block": "block",
    "mfa": "mfa",
    "compliantdevice": "compliant_device",
    "domainjoineddevice": "hybrid_joined_device",
    "approvedapplication": "approved_application",
    "compliantapplication": "compliant_application",
    "passwordchange": "password_change",
    "riskremediation": "risk_remediation",
}
_EVERYONE, _NOBODY, _GUESTS, _EVERYTHING = "all", "none", "guestsorexternalusers", "all"
_OPERATORS: Final[dict[str, Literal["and", "or"]]] = {"and": "and", "or": "or"}
_READ: Final = frozenset(
    {
        "users",
        "applications",
        "clientAppTypes",
        "platforms",
        "locations",
        "userRiskLevels",
        "signInRiskLevels",
    }
)


def normalize(raw: Mapping[str, Any]) -> Policy:
    """A Conditional Access policy, whatever its state. What it names may be gone: ids stay as they are."""
    conditions = part(raw["conditions"])
    users = part(conditions.get("users"))
    return Policy(
        policy_id=guid(raw["id"]),
        policy_type="conditional_access",
        name=text(raw.get("displayName")),
        state=choice(raw.get("state"), _STATES, "unknown"),
        include=_principals(users, "include"),
        exclude=_principals(users, "exclude"),
        conditions=_conditions(conditions),
        grant=_grant(raw.get("grantControls")),
        session_controls=_session_controls(part(raw.get("sessionControls"))),
        created_at=instant(raw.get("createdDateTime")),
        modified_at=instant(raw.get("modifiedDateTime")),
    )


def _principals(users: Mapping[str, Any], side: str) -> Principals:
    """One side; a list of users mixes ids with words."""
    named = [name.lower() for name in strings(users.get(f"{side}Users"))]
    return Principals(
        everyone=_EVERYONE in named,
        guests=_GUESTS in named or bool(part(users.get(f"{side}GuestsOrExternalUsers"))),
        user_ids=tuple(sorted(set(named) - {_EVERYONE, _NOBODY, _GUESTS})),
        group_ids=_ids(users.get(f"{side}Groups")),
        role_template_ids=_ids(users.get(f"{side}Roles")),
    )


def _ids(value: object) -> tuple[str, ...]:
    return tuple(sorted({name.lower() for name in strings(value)}))


def _conditions(conditions: Mapping[str, Any]) -> Conditions:
    applications = part(conditions.get("applications"))
    return Conditions(
        applications=_names(applications, "Applications"),
        user_actions=_sorted(applications.get("includeUserActions")),
        authentication_contexts=_sorted(applications.get("includeAuthenticationContextClassReferences")),
        client_apps=_limited(conditions.get("clientAppTypes")),
        platforms=_where(conditions.get("platforms"), "Platforms"),
        locations=_where(conditions.get("locations"), "Locations"),
        user_risks=_sorted(conditions.get("userRiskLevels")),
        sign_in_risks=_sorted(conditions.get("signInRiskLevels")),
        others=_others(conditions, applications),
    )


def _sorted(value: object) -> tuple[str, ...]:
    return tuple(sorted(strings(value)))


def _limited(value: object) -> tuple[str, ...]:
    """Nothing where everything is named: that limits nothing."""
    found = _sorted(value)
    return () if [name.lower() for name in found] == [_EVERYTHING] else found


def _names(value: Mapping[str, Any], suffix: str) -> Names:
    return Names(include=_sorted(value.get(f"include{suffix}")), exclude=_sorted(value.get(f"exclude{suffix}")))


def _where(value: object, suffix: str) -> Names | None:
    found = _names(part(value), suffix)
    return found if _limited(found.include) or found.exclude else None


def _others(conditions: Mapping[str, Any], applications: Mapping[str, Any]) -> tuple[str, ...]:
    """Conditions that are set and not read, so that nobody takes the policy for one without them."""
    further = (name for name, value in conditions.items() if value and name not in _READ and "@odata" not in name)
    return distinct((*sorted(further), *(["applicationFilter"] if applications.get("applicationFilter") else [])))


def _grant(value: object) -> Grant | None:
    if value is None:
        return None
    grant = part(value)
    operator = _OPERATORS.get(required_text(grant["operator"]).lower())
    if operator is None:
        message = "the operator of the grant controls is neither AND nor OR"
        raise ValueError(message)
    controls = {choice(name, _CONTROLS, "unknown") for name in strings(grant.get("builtInControls"))}
    return Grant(
        operator=operator,
        controls=tuple(sorted(controls)),
        strength=_strength(part(grant.get("authenticationStrength"))),
        custom_factors=_sorted(grant.get("customAuthenticationFactors")),
        terms_of_use=_sorted(grant.get("termsOfUse")),
    )


def _strength(strength: Mapping[str, Any]) -> Strength | None:
    if not strength:
        return None
    satisfied = text(strength.get("requirementsSatisfied"))
    return Strength(
        strength_id=guid(strength["id"]),
        name=text(strength.get("displayName")),
        requires_mfa=None if satisfied is None else satisfied.lower() == "mfa",
        combinations=_sorted(strength.get("allowedCombinations")),
    )


def _session_controls(controls: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of those that are switched on: an object may say that it is not, a flag is its own word."""
    found = (
        name
        for name, value in controls.items()
        if "@odata" not in name and value and not (isinstance(value, Mapping) and flag(value.get("isEnabled")) is False)
    )
    return tuple(sorted(found))


NORMALIZER = Normalizer(
    vendor="m365",
    resource="conditionalAccessPolicies",
    kind=Policy,
    version=1,
    normalize=normalize,
)
