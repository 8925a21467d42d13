"""The ground truth: who is who, and which findings are right, judged at noon UTC of the estate's date.

Records the partner cannot read (Sophos tenants without an API host or without partner assistance) are left out.
The findings follow the records as they are now, so a mutated estate has a new truth.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from vendor_sim.counts import ENDPOINT_TYPES, PREMIUM_SERVICE, RECENT, covers, premium_seats, protected, units_in_force
from vendor_sim.estate import Estate, Group, M365Tenant, Record, Ref
from vendor_sim.licences import FREE_PART_NUMBERS
from vendor_sim.moments import noon, parse
from vendor_sim.truths import findings
from vendor_sim.truths.people import is_shared

GRACE = timedelta(days=3)
"""A machine enrolled less than this long ago may still lack its agent."""
LEAST_SPARE, LEAST_SPARE_SHARE = 3, 0.1
Finding = list[str]


def truth(estate: Estate) -> dict[str, Any]:
    """`{"accounts", "people", "devices", "companies", "findings"}`, made of lists and strings only."""
    devices = _groups(estate, estate.links.devices, _devices(estate))
    return {
        "accounts": [
            {"vendor": vendor, "external_id": account, "company_id": company}
            for (vendor, account), company in estate.accounts.items()
        ],
        "people": _groups(estate, estate.links.people, _people(estate)),
        "devices": devices,
        "companies": _groups(estate, estate.links.companies, _companies(estate)),
        "findings": {
            "no_endpoint_protection": list(_no_endpoint_protection(estate)),
            "tamper_protection_off": list(_tamper_protection_off(estate)),
            "licensed_but_disabled": list(_licensed_but_disabled(estate)),
            "unused_seats": list(_unused_seats(estate)),
            **_billing(estate),
            "account_unmapped": [[*account] for account, company in estate.accounts.items() if company is None],
            **findings(estate, _groups(estate, estate.links.people, _people(estate)), devices),
        },
    }


def _people(estate: Estate) -> Iterator[Ref]:
    for tenant in estate.m365.values():
        yield from (Ref("m365", tenant.id, "users", key) for key in tenant.users)
    yield from (Ref("autotask", "", "Contacts", str(key)) for key in estate.autotask.contacts)


def _devices(estate: Estate) -> Iterator[Ref]:
    for tenant in estate.m365.values():
        yield from (Ref("m365", tenant.id, "devices", key) for key in tenant.devices)
        yield from (Ref("m365", tenant.id, "managedDevices", key) for key in tenant.managed_devices)
    for account, rows in estate.sophos.endpoints.items():
        if estate.sophos.reachable(account):
            yield from (Ref("sophos", account, "endpoints", key) for key in rows)
    yield from (Ref("autotask", "", "ConfigurationItems", str(key)) for key in estate.autotask.configuration_items)


def _companies(estate: Estate) -> Iterator[Ref]:
    yield from (Ref("autotask", "", "Companies", str(key)) for key in estate.autotask.companies)
    yield from (Ref("m365", tenant, "organization", tenant) for tenant in estate.m365)
    yield from (Ref("sophos", estate.sophos.partner_id, "tenants", key) for key in estate.sophos.tenants)


def _company(estate: Estate, ref: Ref, company: int | None) -> int | None:
    """The company a record counts for: its own in Autotask, its tenant's mapping elsewhere."""
    if ref.vendor == "autotask":
        return company
    account = ref.id if ref.resource == "tenants" else ref.account
    return estate.accounts.get((ref.vendor, account), company)


def _groups(estate: Estate, known: Iterable[Group], existing: Iterable[Ref]) -> list[dict[str, Any]]:
    """The known groups without deleted records, split where a tenant is unmapped, and newcomers one by one."""
    left = dict.fromkeys(existing)
    found = []
    for group in known:
        parts: dict[tuple[Any, ...], list[Ref]] = defaultdict(list)
        for ref in group.records:
            if ref in left:
                del left[ref]
                company = _company(estate, ref, group.company_id)
                parts[(company,) if company is not None else (None, ref.vendor, ref.account)].append(ref)
        found += [{"company_id": part[0], "records": [list(ref) for ref in refs]} for part, refs in parts.items()]
    return found + [{"company_id": _newcomer_company(estate, ref), "records": [list(ref)]} for ref in left]


def _newcomer_company(estate: Estate, ref: Ref) -> int | None:
    if ref.vendor != "autotask":
        return _company(estate, ref, None)
    tables = {
        "Contacts": estate.autotask.contacts,
        "ConfigurationItems": estate.autotask.configuration_items,
        "Companies": estate.autotask.companies,
    }
    row = tables[ref.resource][int(ref.id)]
    company: int | None = row["id"] if ref.resource == "Companies" else row.get("companyID")
    return company


def _reachable_companies(estate: Estate) -> dict[int, str]:
    """Company id to its mapped Sophos tenant that can be read."""
    return {
        company: account
        for (vendor, account), company in estate.accounts.items()
        if vendor == "sophos" and company is not None and estate.sophos.reachable(account)
    }


def _no_endpoint_protection(estate: Estate) -> Iterator[Finding]:
    covered = _reachable_companies(estate)
    for group in _groups(estate, estate.links.devices, _devices(estate)):
        if group["company_id"] not in covered or any(record[0] == "sophos" for record in group["records"]):
            continue
        managed = [record for record in group["records"] if record[2] == "managedDevices"]
        entra = [record for record in group["records"] if record[2] == "devices"]
        for record in managed or entra:
            if _in_use(estate, estate.m365[record[1]], record):
                yield record


def _in_use(estate: Estate, tenant: M365Tenant, record: list[str]) -> bool:
    """Windows or macOS, seen within 30 days, enrolled at least 3 days ago."""
    if record[2] == "managedDevices":
        row = tenant.managed_devices[record[3]]
        seen, born = row["lastSyncDateTime"], row["enrolledDateTime"]
    else:
        row = tenant.devices[record[3]]
        seen, born = row["approximateLastSignInDateTime"], row["registrationDateTime"]
    now = noon(estate.as_of)
    system = row["operatingSystem"] in {"Windows", "macOS"}
    return bool(system and seen and born and parse(seen) >= now - RECENT and parse(born) <= now - GRACE)


def _tamper_protection_off(estate: Estate) -> Iterator[Finding]:
    for account, rows in estate.sophos.endpoints.items():
        if estate.sophos.reachable(account):
            for key, row in rows.items():
                if row.get("tamperProtectionEnabled") is False and row.get("tamperProtectionSupported") is not False:
                    yield ["sophos", account, "endpoints", key]


def _licensed_but_disabled(estate: Estate) -> Iterator[Finding]:
    for tenant in estate.m365.values():
        paid = {
            row["skuId"] for row in tenant.subscribed_skus.values() if row["skuPartNumber"] not in FREE_PART_NUMBERS
        }
        for key, row in tenant.users.items():
            if (
                row["accountEnabled"] is False
                and not is_shared(row)
                and any(seat["skuId"] in paid for seat in row["assignedLicenses"])
            ):
                yield ["m365", tenant.id, "users", key]


def _unused_seats(estate: Estate) -> Iterator[Finding]:
    for tenant in estate.m365.values():
        for key, row in tenant.subscribed_skus.items():
            bought = row["prepaidUnits"]["enabled"]
            spare = bought - row["consumedUnits"]
            priced = row["skuPartNumber"] not in FREE_PART_NUMBERS and row["capabilityStatus"] == "Enabled"
            if priced and spare >= LEAST_SPARE and spare >= LEAST_SPARE_SHARE * bought:
                yield ["m365", tenant.id, "subscribedSkus", key]


def _billing(estate: Estate) -> dict[str, list[Finding]]:
    """Contract lines whose units today are fewer or more than what is in use."""
    found: dict[str, list[Finding]] = {"under_billed": [], "over_billed": []}
    running = {
        key: row for key, row in estate.autotask.contracts.items() if row["status"] == 1 and covers(row, estate.as_of)
    }
    rows = estate.autotask.contract_service_units.values()
    billed = units_in_force((row for row in rows if row["contractID"] in running), estate.as_of)
    reachable = _reachable_companies(estate)
    tenants = {company: account for (vendor, account), company in estate.accounts.items() if vendor == "m365"}
    for key, row in estate.autotask.contract_services.items():
        if key in billed:
            company = running[row["contractID"]]["companyID"]
            actual = _actual(estate, row, reachable.get(company), tenants.get(company))
            if actual is not None and actual != billed[key]:
                side = "under_billed" if actual > billed[key] else "over_billed"
                found[side].append(["autotask", "", "ContractServices", str(key)])
    return found


def _actual(estate: Estate, line: Record, sophos: str | None, m365: str | None) -> int | None:
    """Units in use for the line's service; None where it is not counted or the client has no such tenant."""
    name = estate.autotask.services[line["serviceID"]]["name"]
    if name in ENDPOINT_TYPES and sophos:
        return protected(estate.sophos.endpoints[sophos], ENDPOINT_TYPES[name], estate.as_of)
    if name == PREMIUM_SERVICE and m365:
        return premium_seats(estate.m365[m365])
    return None
