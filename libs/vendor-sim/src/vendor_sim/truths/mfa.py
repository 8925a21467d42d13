"""The truth about second factors and administrators."""

from vendor_sim.directory import GROUP
from vendor_sim.estate import Estate, M365Tenant, Record
from vendor_sim.m365_security import GLOBAL_ADMIN, PRIVILEGED
from vendor_sim.truths.people import is_guest

Finding = list[str]
MOST_GLOBAL_ADMINS = 4


def findings(estate: Estate) -> dict[str, list[Finding]]:
    """Those of policies and roles; without a client, a tenant's accounts are not judged."""
    found: dict[str, list[Finding]] = {"no_mfa_enforced": [], "admin_no_mfa": [], "too_many_global_admins": []}
    for tenant in estate.m365.values():
        for role, row in tenant.directory_roles.items():
            if row["roleTemplateId"] == GLOBAL_ADMIN and len(_holders(tenant, role)) > MOST_GLOBAL_ADMINS:
                found["too_many_global_admins"].append(["m365", tenant.id, "directoryRoles", role])
        if estate.accounts["m365", tenant.id] is None:
            continue
        roles = {role: _holders(tenant, role) for role in tenant.directory_roles}
        groups = {group: _within(tenant, group) for group in tenant.groups}
        for key, user in tenant.users.items():
            if not user["accountEnabled"]:
                continue
            held = {tenant.directory_roles[role]["roleTemplateId"] for role, people in roles.items() if key in people}
            inside = {group for group, people in groups.items() if key in people}
            level = _enforced(tenant, key, user, held, inside)
            if held & PRIVILEGED and level != "full":
                found["admin_no_mfa"].append(["m365", tenant.id, "users", key])
            elif not held & PRIVILEGED and level == "none" and not is_guest(user):
                found["no_mfa_enforced"].append(["m365", tenant.id, "users", key])
    return found


def _holders(tenant: M365Tenant, role: str) -> set[str]:
    found: set[str] = set()
    for entry in tenant.role_members.get(role, []):
        found |= _within(tenant, entry["id"]) if entry["@odata.type"] == GROUP else {entry["id"]}
    return found


def _within(tenant: M365Tenant, group: str) -> set[str]:
    """Everything in a group and in the groups inside it."""
    found: set[str] = set()
    for entry in tenant.members.get(group, []):
        found |= _within(tenant, entry["id"]) if entry["@odata.type"] == GROUP else {entry["id"]}
    return found


def _enforced(tenant: M365Tenant, key: str, user: Record, roles: set[str], groups: set[str]) -> str:
    if tenant.security_defaults:
        return "full"
    levels = {
        _level(policy)
        for policy in tenant.conditional_access.values()
        if policy["state"] == "enabled"
        and _names(policy, "include", key, user, roles, groups)
        and not _names(policy, "exclude", key, user, roles, groups)
    }
    return "full" if "full" in levels else "partial" if "partial" in levels else "none"


def _names(policy: Record, side: str, key: str, user: Record, roles: set[str], groups: set[str]) -> bool:
    users = policy["conditions"]["users"]
    named = users[f"{side}Users"]
    return bool(
        "All" in named
        or key in named
        or ("GuestsOrExternalUsers" in named and is_guest(user))
        or roles & set(users[f"{side}Roles"])
        or groups & set(users[f"{side}Groups"])
    )


def _level(policy: Record) -> str:
    """What an enabled policy asks of those it applies to."""
    grant, conditions = policy["grantControls"], policy["conditions"]
    controls = set(grant["builtInControls"]) if grant else set()
    if not grant or not ("mfa" in controls or grant.get("authenticationStrength")):
        return "none"
    return "partial" if controls - {"mfa"} or conditions["locations"] else "full"
