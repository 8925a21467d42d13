"""Changing the world between two pulls, as the vendors would notice it: logged, stamped, and with what follows."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from vendor_sim.changes import Change
from vendor_sim.directory import DEVICE, GROUP, USER
from vendor_sim.estate import Estate, M365Tenant, Record
from vendor_sim.moments import midnight, stamp
from vendor_sim.stamps import move_activity, stamped

_M365 = {
    "users": "users",
    "groups": "groups",
    "domains": "domains",
    "devices": "devices",
    "managedDevices": "managed_devices",
    "subscribedSkus": "subscribed_skus",
    "members": "members",
    "directoryRoles": "directory_roles",
    "roleMembers": "role_members",
    "conditionalAccessPolicies": "conditional_access",
    "alerts": "security_alerts",
}
_MEMBER_TYPES = {"users": USER, "groups": GROUP, "devices": DEVICE}


def clock(estate: Estate) -> datetime:
    """The estate's present: the wall clock, moved on by the days played, and never before the estate's date."""
    return max(datetime.now(UTC) + timedelta(days=estate.days_played), midnight(estate.as_of))


def mutate(
    estate: Estate, vendor: str, account: str, collection: str, key: str, record: Record | list[Record] | None
) -> None:
    """Put or (None) delete one record. KeyError if the vendor, account, collection or record is not there.

    `account` is the tenant, anything for Autotask and for Sophos `tenants`. The record of `members` is the whole list.
    """
    if (vendor, collection) == ("m365", "organization"):
        estate.m365[account].organization = record if isinstance(record, dict) else {}
        return
    rows = _collection(estate, vendor, account, collection)
    at = int(key) if vendor == "autotask" else key
    before = rows.get(at)
    now = stamp(clock(estate), 3)
    if record is None:
        del rows[at]
    elif vendor == "autotask" and isinstance(record, dict):
        rows[at] = stamped(collection, before, record, now)
    else:
        rows[at] = record
    if (vendor, collection) == ("autotask", "Tickets") and isinstance(record, dict):
        move_activity(estate.autotask, record, now)
    if vendor == "m365":
        _log(estate, estate.m365[account], collection, key, before, record)


def _collection(estate: Estate, vendor: str, account: str, collection: str) -> dict[Any, Any]:
    found: dict[Any, Any]
    if vendor == "m365":
        found = getattr(estate.m365[account], _M365[collection])
    elif vendor == "autotask":
        found = estate.autotask.table(collection)
    elif vendor == "sophos" and collection == "tenants":
        found = estate.sophos.tenants
    elif vendor == "sophos":
        found = {
            "endpoints": estate.sophos.endpoints,
            "alerts": estate.sophos.alerts,
            "users": estate.sophos.users,
            "firewalls": estate.sophos.firewalls,
        }[collection][account]
    else:
        raise KeyError(vendor)
    return found


def _log(estate: Estate, tenant: M365Tenant, collection: str, key: str, before: Any, after: Any) -> None:
    """Write the change down; memberships are changes of their group, and end with the member or the group."""
    if collection == "roleMembers":
        return
    if collection == "members":
        touched = _entries(before or []) ^ _entries(after or [])
        if touched:
            change = Change("members", key, frozenset(identifier for _, identifier in touched))
            estate.changes.add("m365", tenant.id, "groups", change)
    elif after is None:
        estate.changes.add("m365", tenant.id, collection, Change("removed", key, reason=_reason(collection, before)))
        if collection == "groups":
            tenant.members.pop(key, None)
        if collection in _MEMBER_TYPES:
            _leave_groups(estate, tenant, (_MEMBER_TYPES[collection], key))
            _leave_roles(tenant, (_MEMBER_TYPES[collection], key))
    elif before is None:
        estate.changes.add("m365", tenant.id, collection, Change("created", key, frozenset(after)))
    else:
        names = frozenset(name for name in {*before, *after} if before.get(name) != after.get(name))
        if names:
            estate.changes.add("m365", tenant.id, collection, Change("changed", key, names))


def _leave_groups(estate: Estate, tenant: M365Tenant, gone: tuple[str, str]) -> None:
    for group, entries in list(tenant.members.items()):
        if gone in _entries(entries):
            kept = [entry for entry in entries if (entry["@odata.type"], entry["id"]) != gone]
            mutate(estate, "m365", tenant.id, "members", group, kept)


def _leave_roles(tenant: M365Tenant, gone: tuple[str, str]) -> None:
    for role, entries in tenant.role_members.items():
        tenant.role_members[role] = [entry for entry in entries if (entry["@odata.type"], entry["id"]) != gone]


def _entries(members: Iterable[Record]) -> set[tuple[str, str]]:
    return {(entry["@odata.type"], entry["id"]) for entry in members}


def _reason(collection: str, row: Record) -> str:
    """Users and Microsoft 365 groups go to the recycle bin first; the rest is gone at once."""
    restorable = collection == "users" or "Unified" in row.get("groupTypes", [])
    return "changed" if restorable else "deleted"
