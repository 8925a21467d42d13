"""What must occur in every estate so that each check has something to find, however small the estate.

Placed on one that is complete, by dice of its own: the records it does not touch are those of the estate without it.
"""

from datetime import datetime, timedelta

from vendor_sim.counts import WORKSTATION_SERVICE, covers
from vendor_sim.dice import Dice
from vendor_sim.directory import GROUP, USER
from vendor_sim.estate import Estate, Group, M365Tenant, Record, Ref
from vendor_sim.licences import EXCHANGE, FREE_PART_NUMBERS, PREMIUM
from vendor_sim.m365_security import GLOBAL_ADMIN, policy
from vendor_sim.moments import day_stamp, parse, stamp

OLD_WINDOWS = "10.0.19045.5011"
STRENGTH = {
    "id": "00000000-0000-0000-0000-000000000004",
    "displayName": "Phishing-resistant MFA",
    "requirementsSatisfied": "mfa",
    "allowedCombinations": ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"],
}
"""The built-in authentication strength."""


def plant(estate: Estate, now: datetime) -> None:
    """Place each case at the first clients that can have it."""
    dice = Dice(estate.seed, "cases")
    mapped = [key for (vendor, key), company in estate.accounts.items() if vendor == "m365" and company]
    for number, key in enumerate(mapped):
        _policies(estate.m365[key], number, dice, now)
    if not mapped:
        return
    _departed(estate, mapped)
    for key in mapped:
        if _unused(estate.m365[key], now):
            break
    for key in mapped:
        if _crowned(estate.m365[key]):
            break
    _seats(estate.m365[mapped[0]])
    _licence_ends(estate, now)
    _twice(estate)
    _strangers(estate)
    _machines(estate, now)
    _unbilled(estate)
    _adjusted(estate)


def _policies(tenant: M365Tenant, number: int, dice: Dice, now: datetime) -> None:
    """Groups within groups, strengths, alternatives, exceptions: by turns, where no policy for everyone settles it."""
    if not tenant.conditional_access:
        return
    if number % 3 == 1:
        for row in tenant.conditional_access.values():
            if row["displayName"] == "MFA für alle":
                row["state"] = "disabled"
    nested = next(key for key, row in tenant.groups.items() if row["displayName"] == "VPN-Zugriff")
    kinds: tuple[tuple[str, Record, Record], ...] = (
        ("Starke Anmeldung VPN", {"includeGroups": [nested]}, {"authenticationStrength": STRENGTH, "operator": "AND"}),
        (
            "MFA oder bekanntes Gerät",
            {"includeUsers": ["All"], "excludeGroups": [nested]},
            {"builtInControls": ["compliantDevice", "mfa"]},
        ),
        ("MFA für Gäste", {"includeUsers": ["GuestsOrExternalUsers"]}, {"builtInControls": ["mfa"]}),
    )
    name, users, grant = kinds[number // 2 % len(kinds)]
    made = policy(name, users, ["mfa"], "enabled", dice, now)
    made["conditions"]["locations"] = None
    made["grantControls"] = {**made["grantControls"], "builtInControls": [], **grant}
    tenant.conditional_access[made["id"]] = made


def _departed(estate: Estate, tenants: list[str]) -> None:
    """At each tenant the first person whose contact has their own address is an inactive contact, and still enabled."""
    for key in tenants:
        tenant = estate.m365[key]
        for group in estate.links.people:
            contacts = [estate.autotask.contacts[int(ref.id)] for ref in group.records if ref.vendor == "autotask"]
            users = [tenant.users[ref.id] for ref in group.records if ref.account == key]
            if len(contacts) == 1 and users and users[0]["accountEnabled"] and _same_address(contacts[0], users[0]):
                contacts[0]["isActive"] = 0
                break


def _same_address(contact: Record, user: Record) -> bool:
    address = (contact["emailAddress"] or "").strip().lower()
    return bool(address) and address == (user["mail"] or "").lower() == user["userPrincipalName"].lower()


def _unused(tenant: M365Tenant, now: datetime) -> bool:
    """Someone without a paid licence who has not been there for 200 days, and a shared mailbox with one."""
    free = {row["skuId"] for row in tenant.subscribed_skus.values() if row["skuPartNumber"] in FREE_PART_NUMBERS}
    spare = [
        row
        for row in tenant.users.values()
        if row["accountEnabled"]
        and row["userType"] != "Guest"
        and "signInActivity" in row
        and {seat["skuId"] for seat in row["assignedLicenses"]} <= free
    ]
    shared = [row for row in tenant.users.values() if row["displayName"] == "Info" and not row["accountEnabled"]]
    if not spare or not shared:
        return False
    old = stamp(now - timedelta(days=200))
    spare[0]["signInActivity"] |= {
        "lastSignInDateTime": old,
        "lastNonInteractiveSignInDateTime": None,
        "lastSuccessfulSignInDateTime": old,
    }
    sku = next((row for row in tenant.subscribed_skus.values() if row["skuId"] in {EXCHANGE.id, PREMIUM.id}), None)
    if sku is None:
        return False
    if not shared[0]["assignedLicenses"]:
        shared[0]["assignedLicenses"] = [{"disabledPlans": [], "skuId": sku["skuId"]}]
        sku["consumedUnits"] += 1
    return True


def _crowned(tenant: M365Tenant) -> bool:
    """A group of five holds the highest role."""
    roles = [key for key, row in tenant.directory_roles.items() if row["roleTemplateId"] == GLOBAL_ADMIN]
    staff = [key for key, row in tenant.users.items() if row["accountEnabled"] and row["userType"] != "Guest"]
    if not roles or len(staff) < 5:
        return False
    group = next(key for key, row in tenant.groups.items() if row["displayName"] == "Projekt 01")
    tenant.members[group] = [{"@odata.type": USER, "id": key} for key in staff[:5]]
    tenant.role_members[roles[0]].append({"@odata.type": GROUP, "id": group})
    return True


def _seats(tenant: M365Tenant) -> None:
    """One seat of a paid product more in use than bought."""
    for row in tenant.subscribed_skus.values():
        if row["skuPartNumber"] not in FREE_PART_NUMBERS and row["consumedUnits"] > 1:
            row["prepaidUnits"]["enabled"] = row["consumedUnits"] - 1
            return


def _readable(estate: Estate) -> list[tuple[int, str]]:
    """(company, Sophos tenant) of the mapped tenants that can be read, the MSP's own aside."""
    return [
        (company, key)
        for (vendor, key), company in estate.accounts.items()
        if vendor == "sophos" and company and estate.sophos.reachable(key)
    ]


def _licence_ends(estate: Estate, now: datetime) -> None:
    """A licence with three weeks left."""
    for _, key in _readable(estate):
        for row in estate.sophos.licences[key]:
            if not row["perpetual"]:
                row["endDate"] = stamp(now + timedelta(days=21))[:10]
                return


def _twice(estate: Estate) -> None:
    """A contact and a company that were typed in twice."""
    contacts, companies = estate.autotask.contacts, estate.autotask.companies
    for group in list(estate.links.people):
        ids = [int(ref.id) for ref in group.records if ref.vendor == "autotask"]
        if len(ids) == 1 and contacts[ids[0]]["isActive"] and contacts[ids[0]]["emailAddress"]:
            number = max(contacts) + 1
            contacts[number] = contacts[ids[0]] | {"id": number}
            group.records.append(Ref("autotask", "", "Contacts", str(number)))
            break
    first = min(key for key, row in companies.items() if row["companyType"] == 7)
    number = max(companies) + 7
    companies[number] = companies[first] | {"id": number, "companyName": companies[first]["companyName"].upper()}
    estate.links.companies.append(Group(number, [Ref("autotask", "", "Companies", str(number))]))


def _strangers(estate: Estate) -> None:
    """A tenant under the name of an earlier owner, and a former client whose tenants are still there."""
    readable = _readable(estate)
    if readable:
        estate.sophos.tenants[readable[0][1]] |= {"name": "Vorbesitz Holding", "showAs": "Vorbesitz Holding"}
    company = max(company for (_, _), company in estate.accounts.items() if company)
    estate.autotask.companies[company]["isActive"] = False


def _machines(estate: Estate, now: datetime) -> None:
    """An agent that fell silent on a machine in use, one for servers on a workstation, and three old systems."""
    whole = []
    for group in estate.links.devices:
        by_list = {ref.resource: ref for ref in group.records}
        agents = [ref for ref in group.records if ref.resource == "endpoints"]
        if len(agents) == 1 and len(by_list) == 4 and estate.accounts["sophos", agents[0].account]:
            managed = by_list["managedDevices"]
            row = estate.m365[managed.account].managed_devices[managed.id]
            endpoint = estate.sophos.endpoints[agents[0].account][agents[0].id]
            same = (endpoint.get("serialNumber") or "").strip().upper() == (row["serialNumber"] or "").strip().upper()
            lately = row["lastSyncDateTime"] > stamp(now - timedelta(days=20))
            if same and lately and row["operatingSystem"] == "Windows" and endpoint["type"] == "computer":
                whole.append((row, endpoint, estate.m365[managed.account].devices[by_list["devices"].id]))
    for row, _, entra in whole[:3]:
        row["osVersion"] = entra["operatingSystemVersion"] = OLD_WINDOWS
    for _, endpoint, _ in whole[3:4]:
        endpoint["lastSeenAt"] = stamp(now - timedelta(days=60), 3)
    for _, endpoint, _ in whole[4:5]:
        endpoint["type"] = "server"


def _unbilled(estate: Estate) -> None:
    """The line for workstations is missing at the first client without a bundle."""
    bundled = {row["contractID"] for row in estate.autotask.contract_service_bundles.values()}
    service = next(key for key, row in estate.autotask.services.items() if row["name"] == WORKSTATION_SERVICE)
    for company, key in _readable(estate)[1:]:
        contracts = {key for key, row in estate.autotask.contracts.items() if row["companyID"] == company}
        lines = [
            key
            for key, row in estate.autotask.contract_services.items()
            if row["contractID"] in contracts and row["serviceID"] == service
        ]
        if lines and not contracts & bundled and estate.sophos.endpoints[key]:
            for line in lines:
                del estate.autotask.contract_services[line]
            units = estate.autotask.contract_service_units
            for unit in [unit for unit, row in units.items() if row["contractServiceID"] in lines]:
                del units[unit]
            return


def _adjusted(estate: Estate) -> None:
    """The units of three lines were changed within the month: a period of their own from then on, of three units fewer.

    The one before ends with the month, the day before the change, or on that very day: the newer one counts.
    """
    table = estate.autotask.contract_service_units
    today = [row for row in table.values() if covers(row, estate.as_of)]
    for row, (ago, ends) in zip(today, ((1, None), (1, -1), (0, 0)), strict=False):
        first = parse(row["startDate"]).date()
        change = max(first, estate.as_of - timedelta(days=ago))
        number = max(table) + 1
        table[number] = row | {"id": number, "startDate": day_stamp(change)}
        if ends is not None and change > first:
            row["endDate"] = day_stamp(change + timedelta(days=ends))
        row["units"] += 3
