"""The truth about licences, contracts and companies."""

from collections import defaultdict
from datetime import timedelta

from vendor_sim.counts import ENDPOINT_TYPES, PREMIUM_SERVICE, covers, premium_seats, protected, units_in_force
from vendor_sim.estate import Estate, Record
from vendor_sim.licences import FREE_PART_NUMBERS
from vendor_sim.moments import noon, parse

Finding = list[str]
SOON = timedelta(days=30)
COUNTED = {**dict.fromkeys(ENDPOINT_TYPES, "sophos"), PREMIUM_SERVICE: "m365"}
"""Services whose units can be counted, and at which vendor."""


def findings(estate: Estate) -> dict[str, list[Finding]]:
    """Those of licences, contract lines and companies."""
    return {
        "over_assigned": _over_assigned(estate),
        "expiring": _expiring(estate),
        "no_source": _no_source(estate),
        **_companies(estate),
    }


def _over_assigned(estate: Estate) -> list[Finding]:
    found = []
    for tenant in estate.m365.values():
        for key, row in tenant.subscribed_skus.items():
            counted = row["capabilityStatus"] == "Enabled" and row["skuPartNumber"] not in FREE_PART_NUMBERS
            if counted and row["consumedUnits"] > row["prepaidUnits"]["enabled"] + row["prepaidUnits"]["warning"]:
                found.append(["m365", tenant.id, "subscribedSkus", key])
    for account, row in _sophos_licences(estate):
        used = row.get("usage", {}).get("current", {}).get("count")
        if not row["unlimited"] and used is not None and used > row["quantity"]:
            found.append(["sophos", account, "licenses", row["id"]])
    return found


def _expiring(estate: Estate) -> list[Finding]:
    now = noon(estate.as_of)
    return [
        ["sophos", account, "licenses", row["id"]]
        for account, row in _sophos_licences(estate)
        if not row["perpetual"] and parse(f"{row['endDate']}T00:00:00Z") - now <= SOON
    ]


def _sophos_licences(estate: Estate) -> list[tuple[str, Record]]:
    return [
        (account, row)
        for account, rows in estate.sophos.licences.items()
        if estate.sophos.reachable(account)
        for row in rows
    ]


def _running(estate: Estate) -> dict[int, Record]:
    return {
        key: row for key, row in estate.autotask.contracts.items() if row["status"] == 1 and covers(row, estate.as_of)
    }


def _vendors(estate: Estate) -> dict[int, dict[str, str]]:
    """By company: the vendors it has an account of that there is a way to."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for (vendor, account), company in estate.accounts.items():
        if company is not None and (vendor != "sophos" or "apiHost" in estate.sophos.tenants[account]):
            found[company][vendor] = account
    return found


def _no_source(estate: Estate) -> list[Finding]:
    billed = units_in_force(estate.autotask.contract_service_units.values(), estate.as_of)
    vendors, found = _vendors(estate), []
    for key, row in estate.autotask.contract_services.items():
        contract = estate.autotask.contracts[row["contractID"]]
        vendor = COUNTED.get(estate.autotask.services[row["serviceID"]]["name"])
        if vendor and contract["status"] == 1 and billed.get(key) and vendor not in vendors[contract["companyID"]]:
            found.append(["autotask", "", "ContractServices", str(key)])
    return found


def _companies(estate: Estate) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {
        name: []
        for name in (
            *("company_duplicate", "name_conflict", "onboarding_incomplete"),
            *("offboarding_incomplete", "unbilled"),
        )
    }
    vendors, served = _vendors(estate), {row["companyID"] for row in _running(estate).values()}
    names: set[str] = set()
    for key, row in sorted(estate.autotask.companies.items()):
        record = ["autotask", "", "Companies", str(key)]
        if row["isActive"] and row["companyName"].casefold() in names:
            found["company_duplicate"].append(record)
        if row["isActive"]:
            names.add(row["companyName"].casefold())
        if _renamed(estate, key, row):
            found["name_conflict"].append(record)
        if row["isActive"] and key in served and key and len(vendors[key]) < len({"m365", "sophos"}):
            found["onboarding_incomplete"].append(record)
        if not row["isActive"] and vendors[key]:
            found["offboarding_incomplete"].append(record)
        if key and _unbilled(estate, key, vendors[key]):
            found["unbilled"].append(record)
    return found


def _renamed(estate: Estate, company: int, row: Record) -> bool:
    """Whether a Sophos tenant of the company has no word of its name."""
    words = set(row["companyName"].lower().split())
    return any(
        not words & set(estate.sophos.tenants[account]["name"].lower().split())
        for (vendor, account), owner in estate.accounts.items()
        if vendor == "sophos" and owner == company
    )


def _unbilled(estate: Estate, company: int, vendors: dict[str, str]) -> bool:
    """Whether something is used that has no line in a running contract; with a bundle nobody can tell."""
    running = {key for key, row in _running(estate).items() if row["companyID"] == company}
    if any(row["contractID"] in running for row in estate.autotask.contract_service_bundles.values()):
        return False
    billed = {
        estate.autotask.services[row["serviceID"]]["name"]
        for row in estate.autotask.contract_services.values()
        if row["contractID"] in running
    }
    used = {
        name: protected(estate.sophos.endpoints[account], kind, estate.as_of)
        for name, kind in ENDPOINT_TYPES.items()
        if (account := vendors.get("sophos")) and estate.sophos.reachable(account)
    }
    if "m365" in vendors:
        used[PREMIUM_SERVICE] = premium_seats(estate.m365[vendors["m365"]])
    return any(count and name not in billed for name, count in used.items())
