"""The truth about accounts and contacts."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from vendor_sim.estate import Estate, M365Tenant, Record
from vendor_sim.licences import FREE_PART_NUMBERS
from vendor_sim.m365_security import registration
from vendor_sim.moments import noon, parse

Finding = list[str]
STALE, UNUSED = timedelta(days=90), timedelta(days=30)
_TIMES = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime")


def findings(estate: Estate, persons: list[dict[str, Any]]) -> dict[str, list[Finding]]:
    """Those of identities, and of contacts against identities."""
    found: dict[str, list[Finding]] = {
        name: []
        for name in (
            *("mfa_not_registered", "stale", "licensed_but_stale", "never_signed_in", "guest_stale"),
            *("shared_mailbox_licensed", "departed_still_enabled", "no_identity", "email_mismatch"),
            *("wrong_company", "contact_duplicate"),
        )
    }
    now = noon(estate.as_of)
    for tenant in estate.m365.values():
        for key, row in tenant.users.items():
            for name in _of_account(estate, tenant, row, now):
                found[name].append(["m365", tenant.id, "users", key])
    for person in persons:
        _of_person(estate, person["records"], found)
    _contacts(estate, found)
    return found


def is_guest(row: Record) -> bool:
    """Whether a user was invited; accounts from before the property tell it by their name."""
    return bool(row["userType"] == "Guest" or "#EXT#" in row["userPrincipalName"])


def is_shared(row: Record) -> bool:
    """Whether a user is a mailbox of several people, by how Exchange makes one."""
    return not (row["accountEnabled"] or is_guest(row) or row["givenName"] or row["surname"] or row["mail"] is None)


def paid(tenant: M365Tenant, row: Record) -> bool:
    """Whether a user holds a licence that costs money."""
    free = {sku["skuId"] for sku in tenant.subscribed_skus.values() if sku["skuPartNumber"] in FREE_PART_NUMBERS}
    return any(seat["skuId"] not in free for seat in row["assignedLicenses"])


def _of_account(estate: Estate, tenant: M365Tenant, row: Record, now: datetime) -> list[str]:
    if not row["accountEnabled"]:
        return ["shared_mailbox_licensed"] if is_shared(row) and paid(tenant, row) else []
    found = []
    guest = is_guest(row)
    if not guest and not registration(estate.seed, tenant, row, now)["isMfaRegistered"]:
        found.append("mfa_not_registered")
    if estate.accounts["m365", tenant.id] is None:
        return found
    times = [parse(row["signInActivity"][name]) for name in _TIMES if row.get("signInActivity", {}).get(name)]
    last, created = max(times, default=None), parse(row["createdDateTime"])
    if guest:
        return [*found, "guest_stale"] if now - (last or created) >= STALE else found
    if last is None:
        return [*found, "never_signed_in"] if now - created >= UNUSED else found
    if now - last >= STALE:
        found.append("licensed_but_stale" if paid(tenant, row) else "stale")
    return found


def _of_person(estate: Estate, records: list[list[str]], found: dict[str, list[Finding]]) -> None:
    users = [record for record in records if record[2] == "users"]
    contacts = {record[3]: estate.autotask.contacts[int(record[3])] for record in records if record[2] == "Contacts"}
    for record in users:
        enabled = estate.m365[record[1]].users[record[3]]["accountEnabled"]
        mapped = estate.accounts["m365", record[1]] is not None
        if enabled and mapped and contacts and not any(row["isActive"] for row in contacts.values()):
            found["departed_still_enabled"].append(record)
    current = {
        _canonical(address)
        for record in users
        for address in (
            estate.m365[record[1]].users[record[3]]["mail"],
            estate.m365[record[1]].users[record[3]]["userPrincipalName"],
        )
        if address
    }
    directories = {company for (vendor, _), company in estate.accounts.items() if vendor == "m365"}
    for key, row in contacts.items():
        if not row["isActive"]:
            continue
        if users and not current & set(addresses(row)):
            found["email_mismatch"].append(["autotask", "", "Contacts", key])
        if not users and row["companyID"] in directories:
            found["no_identity"].append(["autotask", "", "Contacts", key])


def addresses(contact: Record) -> list[str]:
    """A contact's addresses as they are compared."""
    names = ("emailAddress", "emailAddress2", "emailAddress3")
    return [_canonical(contact[name]) for name in names if (contact[name] or "").strip()]


def _canonical(address: str) -> str:
    return address.strip().strip("'").lower()


def _contacts(estate: Estate, found: dict[str, list[Finding]]) -> None:
    active = {key: row for key, row in estate.autotask.companies.items() if row["isActive"]}
    owners: dict[str, set[int]] = defaultdict(set)
    for key, row in active.items():
        if row["webAddress"]:
            owners[row["webAddress"].removeprefix("https://").removeprefix("www.").rstrip("/")].add(key)
    seen: set[tuple[int, str]] = set()
    for number, row in sorted(estate.autotask.contacts.items()):
        known = addresses(row) if row["isActive"] else []
        if known:
            at = owners.get(known[0].rpartition("@")[2], set())
            if at and row["companyID"] not in at:
                found["wrong_company"].append(["autotask", "", "Contacts", str(number)])
        if any((row["companyID"], address) in seen for address in known):
            found["contact_duplicate"].append(["autotask", "", "Contacts", str(number)])
        seen |= {(row["companyID"], address) for address in known}
