"""Graph's security lists of one tenant: roles, policies, registrations, scores and alerts."""

import operator
import re
from collections.abc import Callable

from vendor_sim.answers import Answer
from vendor_sim.estate import Estate, M365Tenant, Record
from vendor_sim.m365.errors import refuse
from vendor_sim.m365.listing import Query, keyed_page, page_size, picked, selection, skipped_page, whole
from vendor_sim.m365_security import registration, secure_scores
from vendor_sim.moments import noon, parse

REGISTRATIONS_PAGE = 100
POLICIES_PAGE, POLICIES_MOST = 100, 999
ALERTS_PAGE, ALERTS_MOST = 100, 1000
SCORES_PAGE, SCORES_MOST = 10, 90
_CONDITION = re.compile(r"(\w+) (eq|ne|ge|gt|le|lt) ('[^']*'|[\w:.+-]+)")
_FILTERABLE = (
    "assignedTo",
    "classification",
    "createdDateTime",
    "determination",
    "lastUpdateDateTime",
    "serviceSource",
    "severity",
    "status",
)


def directory_roles(url: str, _estate: Estate, tenant: M365Tenant, query: Query) -> Answer:
    """The activated roles, unpaged."""
    rows = list(tenant.directory_roles.values())
    return whole(url, rows, picked(selection(query, list(rows[0]) if rows else [])))


def policies(url: str, _estate: Estate, tenant: M365Tenant, query: Query) -> Answer:
    """Conditional Access; a tenant without Entra P1 has none."""
    rows = list(tenant.conditional_access.values()) if tenant.premium else []
    return skipped_page(url, query, rows, page_size(query, POLICIES_PAGE, POLICIES_MOST))


def security_defaults(url: str, _estate: Estate, tenant: M365Tenant, _query: Query) -> Answer:
    """The one policy of that kind, which is no list."""
    base = url.partition("/v1.0/")[0]
    body = {
        "@odata.context": f"{base}/v1.0/$metadata#policies/identitySecurityDefaultsEnforcementPolicy/$entity",
        "id": "00000000-0000-0000-0000-000000000005",
        "deletedDateTime": None,
        "displayName": "Security Defaults",
        "description": "A set of basic identity security mechanisms.",
        "isEnabled": tenant.security_defaults,
    }
    return Answer(200, body)


def registrations(url: str, estate: Estate, tenant: M365Tenant, query: Query) -> Answer:
    """How each enabled user can prove who it is; refused without Entra P1, and no property can be selected."""
    require_premium(tenant)
    for name in ("$select", "$top", "$skip", "$expand"):
        if name in query:
            raise refuse(400, "BadRequest", f"The query option '{name}' is not supported here.")
    rows = {key: row for key, row in tenant.users.items() if row["accountEnabled"]}
    day = noon(estate.as_of)
    return keyed_page(url, query, rows, REGISTRATIONS_PAGE, lambda row: registration(estate.seed, tenant, row, day))


def scores(url: str, estate: Estate, tenant: M365Tenant, query: Query) -> Answer:
    """The secure scores of the last days, newest first."""
    rows = secure_scores(estate.seed, tenant, noon(estate.as_of))
    return skipped_page(url, query, rows, page_size(query, SCORES_PAGE, SCORES_MOST))


def alerts(url: str, _estate: Estate, tenant: M365Tenant, query: Query) -> Answer:
    """Newest first, so that pages shift when another comes in; `$filter` knows comparisons joined by `and`."""
    matches = _filter(query.get("$filter", ""))
    rows = [row for row in tenant.security_alerts.values() if matches(row)]
    rows.sort(key=lambda row: parse(row["createdDateTime"]), reverse=True)
    return skipped_page(url, query, rows, page_size(query, ALERTS_PAGE, ALERTS_MOST))


def require_premium(tenant: M365Tenant) -> None:
    """Refuse as Graph does where Entra P1 is missing."""
    if not tenant.premium:
        message = "Neither tenant is B2C or tenant doesn't have premium license"
        raise refuse(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message)


def _filter(text: str) -> Callable[[Record], bool]:
    conditions = []
    for part in text.split(" and ") if text else []:
        found = _CONDITION.fullmatch(part.strip())
        if found is None or found[1] not in _FILTERABLE:
            raise refuse(400, "BadRequest", f"Invalid filter clause: '{part}'.")
        conditions.append((found[1], getattr(operator, found[2]), found[3].strip("'")))

    def matches(row: Record) -> bool:
        return all(_holds(row[name], compare, value) for name, compare, value in conditions)

    return matches


def _holds(have: str | None, compare: Callable[[object, object], bool], want: str) -> bool:
    """Times are compared as times; the rest without letter case."""
    if have is None:
        return False
    try:
        return compare(parse(have), parse(want))
    except ValueError:
        return compare(have.lower(), want.lower())


HANDLERS = {
    "directoryRoles": directory_roles,
    "identity/conditionalAccess/policies": policies,
    "policies/identitySecurityDefaultsEnforcementPolicy": security_defaults,
    "reports/authenticationMethods/userRegistrationDetails": registrations,
    "security/secureScores": scores,
    "security/alerts_v2": alerts,
}
