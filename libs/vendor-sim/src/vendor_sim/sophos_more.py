"""What else Sophos Central holds for a tenant: licences, directory users, firewalls and the account's health.

Drawn by dice of their own, so that the estate's other records are what they are without them.
"""

from datetime import datetime, timedelta
from typing import Any

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.estate import Record, SophosPartner
from vendor_sim.moments import stamp

GROUPS_SHOWN = 3
"""Groups embedded in a user; the rest is told by the total alone."""
_PRODUCTS = (("CIXA", "Intercept X Advanced"), ("SVRCIXA", "Intercept X Advanced for Server"), ("CMTR", "MDR"))
_GROUPS = ("Mitarbeiter", "Verwaltung", "VPN", "Drucker", "Archiv")


def add_more(sophos: SophosPartner, client: Client, dice: Dice, now: datetime) -> None:
    """Fill the tenant's lists; every fifth tenant's directory answers leave out `pages`."""
    tenant = client.sophos_id or ""
    sophos.licences[tenant] = _licences(sophos, client, dice, now)
    sophos.users[tenant] = {row["id"]: row for row in _users(client, dice, now)}
    people = list(sophos.users[tenant])
    for number, row in enumerate(sophos.alerts[tenant].values()):
        if "person" in row and people:
            row["person"] = {"id": people[number % len(people)]}
    sophos.firewalls[tenant] = {row["id"]: row for row in _firewalls(client, dice, now)}
    if client.index % 5 == 0:
        sophos.pages_missing.add(tenant)


def health_check(sophos: SophosPartner, tenant: str) -> Record:
    """The account's health, counted from its endpoints as they are; parts of products it lacks are absent or empty."""
    rows = list(sophos.endpoints.get(tenant, {}).values())
    endpoint: dict[str, Any] = {"protection": {}, "policy": {}, "exclusions": {}, "tamperProtection": {}}
    for kind in ("computer", "server"):
        own = [row for row in rows if row["type"] == kind]
        if not own:
            endpoint["protection"][kind] = {}
            continue
        bad = sum(len(row["assignedProducts"]) < 3 for row in own)
        off = sum(row.get("tamperProtectionEnabled") is False for row in own)
        policy = "threat-protection" if kind == "computer" else "server-threat-protection"
        endpoint["protection"][kind] = {"score": _score(bad, own), "total": len(own), "notFullyProtected": bad}
        endpoint["policy"][kind] = {policy: {"score": 100, "total": 1, "notOnRecommended": 0, "policies": []}}
        endpoint["tamperProtection"][kind] = {"score": _score(off, own), "total": len(own), "disabled": off}
    endpoint["tamperProtection"]["globalDetail"] = {"enabled": True, "score": 100}
    endpoint["exclusions"]["global"] = {
        "score": 100,
        "numberOfSecurityRisks": 0,
        "lockedByManagingAccount": False,
        "scanningExclusions": [],
    }
    body: Record = {"tenant": {"id": tenant, "name": sophos.tenants[tenant]["name"]}, "endpoint": endpoint}
    if sophos.firewalls.get(tenant):
        body["networkDevice"] = {"firewall": {"firewallAutomaticBackup": {"score": 100, "total": 1, "disabled": 0}}}
    return body


def _score(bad: int, rows: list[Record]) -> int:
    return round(100 * (1 - bad / len(rows)))


def _licences(sophos: SophosPartner, client: Client, dice: Dice, now: datetime) -> list[Record]:
    """A perpetual licence has no end, an unlimited one no quantity, and usage is not always told."""
    endpoints = sophos.endpoints.get(client.sophos_id or "", {}).values()
    rows = []
    for (code, name), kind in zip(_PRODUCTS[: 2 + dice.chance(0.3)], ("computer", "server", None), strict=False):
        used = sum(kind in {None, row["type"]} for row in endpoints)
        perpetual, unlimited = dice.chance(0.1), dice.chance(0.15)
        start = dice.before(now, 40, 300)
        row: Record = {
            "id": dice.guid(),
            "licenseIdentifier": f"L{dice.digits(10)}",
            "product": {"code": code, "genericCode": code} | ({"name": name} if dice.chance(0.9) else {}),
            "startDate": stamp(start)[:10],
            "perpetual": perpetual,
            "type": dice.pick(("term", "usage")),
            "unlimited": unlimited,
        }
        if not perpetual:
            row["endDate"] = stamp(start + timedelta(days=365))[:10]
        if not unlimited:
            row["quantity"] = used + dice.between(-1, 8) if used else 5
        if dice.chance(0.85):
            row["usage"] = {"current": {"count": used, "date": stamp(now)[:10]}}
        rows.append(row)
    return rows


def _users(client: Client, dice: Dice, now: datetime) -> list[Record]:
    groups = [{"id": dice.guid(), "name": name, "displayName": name} for name in _GROUPS]
    rows = []
    for person in client.people:
        if person.kind != "member" or not dice.chance(0.9):
            continue
        of = dice.sample(groups, dice.weighted(((0, 0.2), (1, 0.4), (2, 0.2), (5, 0.2))))
        row: Record = {
            "id": dice.guid(),
            "name": person.display_name,
            "firstName": person.first[0],
            "lastName": person.last[0] if dice.chance(0.97) else "",
            "groups": {"total": len(of), "itemsCount": len(of[:GROUPS_SHOWN]), "items": of[:GROUPS_SHOWN]},
            "tenant": {"id": client.sophos_id},
            "source": {"type": dice.pick(("custom", "activeDirectory", "azureActiveDirectory"))},
            "createdAt": stamp(dice.before(now, 30, 900), 3),
        }
        if dice.chance(0.9):
            row |= {"email": person.mail, "exchangeLogin": person.mail}
        if dice.chance(0.6):
            row["updatedAt"] = stamp(dice.before(now, 1, 29), 3)
        rows.append(row)
    return sorted(rows, key=lambda row: str(row["id"]))


def _firewalls(client: Client, dice: Dice, now: datetime) -> list[Record]:
    """None, one, or a pair of two rows."""
    count = dice.weighted(((0, 0.4), (1, 0.4), (2, 0.2)))
    cluster = dice.guid()
    rows = []
    for number in range(count):
        row: Record = {
            "id": dice.guid(),
            "serialNumber": f"C{dice.digits(4)}{dice.letters(9)}",
            "name": f"fw-{client.slug}",
            "hostname": f"fw{number + 1}.{client.domain}",
            "tenant": {"id": client.sophos_id},
            "externalIpv4Addresses": [f"198.51.100.{client.index % 250 + 1}"],
            "firmwareVersion": dice.pick(("SFVH_SO01_20.0.2", "SFVH_SO01_21.0.0")),
            "model": "XGS116_XN01_SFOS",
            "status": {"connected": dice.chance(0.9), "suspended": False},
            "stateChangedAt": stamp(dice.before(now, 1, 60), 3) if dice.chance(0.9) else "",
            "capabilities": [],
            "createdAt": stamp(dice.before(now, 200, 900), 3),
            "updatedAt": stamp(dice.before(now, 1, 90), 3),
        }
        names = ("managing", "reporting") if dice.chance(0.5) else ("managingStatus", "reportingStatus")
        row["status"] |= dict.fromkeys(names, dice.pick(("approved", "approvalPending")))
        if count == 2:
            role = "auxiliary" if number else "primary"
            row["cluster"] = {"id": cluster, "mode": "activePassive", "status": role, "peers": []}
        if dice.chance(0.5):
            row["geoLocation"] = {"latitude": "51.3397", "longitude": "12.3731"}
        rows.append(row)
    return sorted(rows, key=lambda row: str(row["id"]))
