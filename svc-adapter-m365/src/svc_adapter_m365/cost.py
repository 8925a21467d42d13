"""What a request takes of Graph's limits: resource units as Microsoft publishes them, and what its answers say of them.

Source: Microsoft Graph service-specific throttling limits, identity and access.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlsplit

from mspbyte_common.vendors.endpoint import Request
from mspbyte_common.vendors.limits import Cost
from mspbyte_common.vendors.session import Feedback
from mspbyte_common.vendors.transport import Answer

UNITS: Final = {
    "users": 2,
    "subscribedSkus": 3,
    "members": 3,
    "transitiveMembers": 5,
    "memberOf": 2,
    "licenseDetails": 2,
    "applications": 2,
    "contracts": 3,
    "domainNameReferences": 4,
    "oauth2PermissionGrants": 2,
    "appRoleAssignments": 2,
}
"""A GET's base cost by the last part of its path; 1 for all others."""
SMALL_PAGE: Final = 20
PERCENTAGE: Final = "x-ms-throttle-limit-percentage"


def cost(request: Request) -> Cost:
    """A batch costs what it holds: Graph counts each request in it."""
    if urlsplit(request.url).path.endswith("/$batch"):
        inner = (request.body or {}).get("requests", [])
        return Cost(max(len(inner), 1), max(sum(units(str(one["url"]), {}) for one in inner), 1))
    return Cost(1, units(request.url, dict(request.params)))


def units(url: str, params: dict[str, str]) -> int:
    """Resource units of one GET: less for `$select` and for a small page, more for `$expand`, at least one."""
    parts = urlsplit(url)
    asked = params | dict(parse_qsl(parts.query))
    last = [part for part in parts.path.split("/") if part and part != "delta"][-1:]
    base = UNITS.get(last[0], 1) if last else 1
    top = asked.get("$top", "")
    small = top.isdecimal() and int(top[:6]) < SMALL_PAGE
    return max(1, base + ("$expand" in asked) - ("$select" in asked) - small)


def heed(answer: Answer) -> Feedback | None:
    """Above 1.0 the tenant takes more of its limit than there is, with others' help: our share goes down by as much.

    Graph sends the header from 0.8 on; up to 1.0 it is what we mean to use.
    """
    try:
        taken = float(answer.headers.get(PERCENTAGE, ""))
    except ValueError:
        return None
    return Feedback("account", 1.0 / taken) if taken > 1.0 else None
