"""A script of days: what happens at the clients from one day to the next, so that a month can be played.

People join, leave, marry and are deleted, machines are set up anew, seats are bought, tickets are opened and completed
(`desk_days.py`), customers leave. Everything goes through `mutate`, so incremental listings see it, and `truth` follows.
`POST /_sim/day` plays one day; the vendors' clocks move with it.
"""

from datetime import datetime, timedelta
from typing import Any

from vendor_sim.desk_days import play_desk
from vendor_sim.dice import Dice
from vendor_sim.directory import USER
from vendor_sim.estate import Estate, Group, M365Tenant, Record, Ref
from vendor_sim.licences import PREMIUM
from vendor_sim.moments import midnight, parse, stamp
from vendor_sim.mutate import clock, mutate
from vendor_sim.names import FIRST, LAST

ALIVE = timedelta(days=20)
"""A machine seen this recently is switched on again the next day; the others stay where they are."""
_ODDS = {"joiner": 0.3, "leaver": 0.15, "rename": 0.1, "reimage": 0.2, "licences": 0.15, "delete": 0.1}


def play(estate: Estate) -> dict[str, int]:
    """Move the estate on by a day; how often each thing happened. Equal seeds and days give equal days."""
    estate.as_of += timedelta(days=1)
    estate.days_played += 1
    now = midnight(estate.as_of) - timedelta(hours=1)
    _signs_of_life(estate)
    happened = dict.fromkeys(_ODDS, 0)
    for tenant in list(estate.m365.values()):
        dice = Dice(estate.seed, "day", estate.days_played, tenant.id)
        company = estate.accounts["m365", tenant.id]
        if dice.chance(_ODDS["joiner"]) and _is_served(estate, company):
            happened["joiner"] += _join(estate, tenant, company, dice, now)
        for name, act in _ACTS.items():
            if dice.chance(_ODDS[name]):
                happened[name] += act(estate, tenant, dice)
    for account in sorted(estate.sophos.endpoints):
        dice = Dice(estate.seed, "day", estate.days_played, account)
        if dice.chance(_ODDS["reimage"]):
            happened["reimage"] += _reimage(estate, account, dice, now)
    return happened | play_desk(estate, now)


def _signs_of_life(estate: Estate) -> None:
    """What was seen lately is seen a day later."""
    before = midnight(estate.as_of) - timedelta(days=1)
    for tenant in estate.m365.values():
        for row in tenant.managed_devices.values():
            _later(row, "lastSyncDateTime", before)
        for row in tenant.devices.values():
            _later(row, "approximateLastSignInDateTime", before)
    for rows in estate.sophos.endpoints.values():
        for row in rows.values():
            _later(row, "lastSeenAt", before)


def _later(row: Record, name: str, before: datetime) -> None:
    text = row.get(name)
    if text and parse(text) > before - ALIVE:
        tail = text[19:]
        row[name] = stamp(parse(text) + timedelta(days=1))[:19] + tail


def _put(estate: Estate, tenant: M365Tenant, collection: str, row: Record) -> None:
    mutate(estate, "m365", tenant.id, collection, row["id"], row)


def _is_served(estate: Estate, company: int | None) -> bool:
    """Whether the tenant's company is a customer still, as far as anybody knows."""
    return company is None or bool(estate.autotask.companies[company]["isActive"])


def _people(tenant: M365Tenant, *, enabled: bool) -> list[str]:
    return sorted(
        key
        for key, row in tenant.users.items()
        if row["accountEnabled"] is enabled and row["userType"] != "Guest" and row["givenName"]
    )


def _join(estate: Estate, tenant: M365Tenant, company: int | None, dice: Dice, now: datetime) -> int:
    """A user in one group, and most often the contact of the same person."""
    pattern = _people(tenant, enabled=True)
    if not pattern:
        return 0
    first, last, key = dice.pick(FIRST), dice.pick(LAST), dice.guid()
    domain = next(iter(tenant.domains))
    local = f"{first[1]}.{last[1]}.{dice.digits(3)}"
    mail, name = f"{local}@{domain}", f"{first[0]} {last[0]}"
    row = tenant.users[dice.pick(pattern)] | {
        "id": key,
        "createdDateTime": stamp(now),
        "displayName": name,
        "givenName": first[0],
        "surname": last[0],
        "mail": mail,
        "mailNickname": local,
        "userPrincipalName": mail,
        "proxyAddresses": [f"SMTP:{mail}"],
        "imAddresses": [mail],
        "otherMails": [],
        "mobilePhone": None,
        "employeeId": None,
        "onPremisesImmutableId": None,
        "onPremisesSamAccountName": None,
        "assignedLicenses": [],
        "assignedPlans": [],
    }
    row.pop("signInActivity", None)
    _put(estate, tenant, "users", row)
    _count_seats(estate, tenant)
    group = dice.pick(sorted(tenant.groups))
    members = [*tenant.members.get(group, []), {"@odata.type": USER, "id": key}]
    mutate(estate, "m365", tenant.id, "members", group, members)
    records = [Ref("m365", tenant.id, "users", key)]
    own = [number for number, contact in estate.autotask.contacts.items() if contact["companyID"] == company]
    if own and dice.chance(0.8):
        number = max(estate.autotask.contacts) + 1
        contact = estate.autotask.contacts[min(own)] | {
            "id": number,
            "firstName": first[0],
            "lastName": last[0],
            "emailAddress": mail,
            "emailAddress2": "",
            "mobilePhone": "",
            "isActive": 1,
            "note": "",
            "createDate": stamp(clock(estate), 3),
        }
        mutate(estate, "autotask", "", "Contacts", str(number), contact)
        records.append(Ref("autotask", "", "Contacts", str(number)))
    estate.links.people.append(Group(-1 if company is None else company, records))
    return 1


def _leave(estate: Estate, tenant: M365Tenant, dice: Dice) -> int:
    """Sign-in is blocked; the licences are taken back now and then only, and the MSP hears of it half of the time."""
    staff = _people(tenant, enabled=True)
    if len(staff) < 4:
        return 0
    row = tenant.users[dice.pick(staff)] | {"accountEnabled": False}
    _put(estate, tenant, "users", row | ({"assignedLicenses": []} if dice.chance(0.6) else {}))
    _count_seats(estate, tenant)
    if dice.chance(0.5):
        _tell_desk(estate, Ref("m365", tenant.id, "users", row["id"]))
    return 1


def _tell_desk(estate: Estate, user: Ref) -> None:
    """The contacts of a person who left become inactive."""
    for group in estate.links.people:
        if user in group.records:
            for ref in group.records:
                if ref.resource == "Contacts":
                    contact = estate.autotask.contacts[int(ref.id)]
                    mutate(estate, "autotask", "", "Contacts", ref.id, contact | {"isActive": 0})


def _rename(estate: Estate, tenant: M365Tenant, dice: Dice) -> int:
    """A new surname; the address stays, so the contact with the old name is the same person still."""
    staff = _people(tenant, enabled=True)
    if not staff:
        return 0
    row, last = tenant.users[dice.pick(staff)], dice.pick(LAST)[0]
    _put(estate, tenant, "users", row | {"surname": last, "displayName": f"{row['givenName']} {last}"})
    return 1


def _buy(estate: Estate, tenant: M365Tenant, dice: Dice) -> int:
    """A few seats of Business Premium more or fewer, and one person who gets one."""
    found = [row for row in tenant.subscribed_skus.values() if row["skuId"] == PREMIUM.id]
    if not found:
        return 0
    units: dict[str, Any] = found[0]["prepaidUnits"]
    bought = max(found[0]["consumedUnits"] + 1, units["enabled"] + dice.between(-2, 3))
    _put(estate, tenant, "subscribedSkus", found[0] | {"prepaidUnits": units | {"enabled": bought}})
    without = [key for key in _people(tenant, enabled=True) if not tenant.users[key]["assignedLicenses"]]
    if without:
        seat = {"disabledPlans": [], "skuId": PREMIUM.id}
        _put(estate, tenant, "users", tenant.users[dice.pick(without)] | {"assignedLicenses": [seat]})
        _count_seats(estate, tenant)
    return 1


def _delete(estate: Estate, tenant: M365Tenant, dice: Dice) -> int:
    """One who left long ago is deleted; contacts are kept."""
    gone = _people(tenant, enabled=False)
    if not gone:
        return 0
    mutate(estate, "m365", tenant.id, "users", dice.pick(gone), None)
    _count_seats(estate, tenant)
    return 1


def _reimage(estate: Estate, account: str, dice: Dice, now: datetime) -> int:
    """The machine registers anew under another id, and the old one is deleted with its alerts."""
    rows = estate.sophos.endpoints[account]
    before = midnight(estate.as_of) - ALIVE
    alive = sorted(key for key, row in rows.items() if row["type"] == "computer" and parse(row["lastSeenAt"]) > before)
    if not alive:
        return 0
    old, new = dice.pick(alive), dice.guid()
    row = rows[old] | {"id": new, "lastSeenAt": stamp(now - timedelta(hours=2), 3)}
    mutate(estate, "sophos", account, "endpoints", new, row)
    known = Ref("sophos", account, "endpoints", old)
    for group in estate.links.devices:
        if known in group.records:
            group.records.append(Ref("sophos", account, "endpoints", new))
    mutate(estate, "sophos", account, "endpoints", old, None)
    for key, alert in list(estate.sophos.alerts[account].items()):
        if alert.get("managedAgent", {}).get("id") == old:
            mutate(estate, "sophos", account, "alerts", key, None)
    return 1


def _count_seats(estate: Estate, tenant: M365Tenant) -> None:
    """Every product's consumed units are the users who have it."""
    for row in list(tenant.subscribed_skus.values()):
        used = sum(seat["skuId"] == row["skuId"] for user in tenant.users.values() for seat in user["assignedLicenses"])
        if used != row["consumedUnits"]:
            _put(estate, tenant, "subscribedSkus", row | {"consumedUnits": used})


_ACTS = {"leaver": _leave, "rename": _rename, "licences": _buy, "delete": _delete}
