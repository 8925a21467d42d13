"""What Sophos Central holds: tenants, endpoints, alerts. A value it does not have is a missing key, never null."""

import base64
from datetime import datetime

from vendor_sim.clients import Client
from vendor_sim.devices import Machine
from vendor_sim.dice import Dice
from vendor_sim.estate import Record
from vendor_sim.moments import stamp
from vendor_sim.spelling import colons, host, serial

_SERVICES = ("Sophos Endpoint Defense Service", "Sophos File Scanner Service", "Sophos MCS Agent", "Sophos MCS Client")
_ALERTS = (
    (
        "malware",
        "high",
        "Event::Endpoint::Threat::CleanupFailed",
        "Manual cleanup required: 'EICAR-AV-Test'",
        "clearThreat",
    ),
    ("protection", "high", "Event::Endpoint::SavDisabled", "Real time protection disabled", "acknowledge"),
    ("updating", "low", "Event::Endpoint::OutOfDate", "Computer is out of date", "acknowledge"),
    ("policy", "medium", "Event::Endpoint::NonCompliant", "Policy non-compliance: Real-time protection", "acknowledge"),
    ("pua", "medium", "Event::Endpoint::CorePuaDetection", "PUA detected: 'Install Core'", "cleanPua"),
)


def tenant(client: Client, partner_id: str, dice: Dice) -> Record:
    """One row of the partner's tenant list; without `apiHost` while it is being provisioned."""
    row: Record = {
        "id": client.sophos_id,
        "showAs": client.short,
        "name": client.name,
        "dataGeography": "DE" if client.region == "eu01" else "US",
        "dataRegion": client.region,
        "billingType": dice.weighted((("usage", 0.6), ("term", 0.35), ("trial", 0.05))),
        "partner": {"id": partner_id},
        "status": "active",
    }
    if client.api_host:
        row["apiHost"] = f"https://api-{client.region}.central.sophos.com"
    if dice.chance(0.05):
        row["organization"] = {"id": dice.guid()}
    return row


def endpoint(client: Client, machine: Machine, dice: Dice, *, seen: datetime | None = None) -> Record:
    """One endpoint in view=full. `seen` makes the row an old installation of a machine re-imaged since."""
    server, moment = machine.kind == "server", seen or machine.seen
    health = dice.weighted((("good", 0.88), ("suspicious", 0.07), ("bad", 0.05)))
    macs = [mac for mac in (machine.lan, machine.wifi, *machine.shared_macs) if mac]
    row: Record = {
        "id": dice.guid(),
        "type": "server" if server else "computer",
        "tenant": {"id": client.sophos_id},
        "hostname": host(machine.host, dice).strip(),
        "os": _os(machine),
        "ipv4Addresses": [f"10.{client.index % 200 + 1}.{dice.between(0, 9)}.{dice.between(2, 250)}"],
        "macAddresses": [colons(mac) for mac in macs],
        "tamperProtectionSupported": True,
        "tamperProtectionEnabled": bool(seen) or not dice.chance(0.03),
        "assignedProducts": _products(dice),
        "lastSeenAt": stamp(moment, 3, "" if dice.chance(0.02) else "Z"),
        "lastAgentUpdateAt": stamp(dice.before(moment, 1, 30), 3),
        "isolation": {"status": "notIsolated", "adminIsolated": False, "selfIsolated": False},
        "cloned": False,
        "online": not machine.stale and not seen and dice.chance(0.6),
    }
    if not dice.chance(0.02):
        row["health"] = {
            "overall": health,
            "threats": {"status": health if dice.chance(0.5) else "good"},
            "services": {
                "status": "good",
                "serviceDetails": [{"name": name, "status": "running"} for name in _SERVICES],
            },
        }
    if dice.chance(0.9):
        number = serial(machine.serial, dice, damaged=0.03)
        if number:
            row["serialNumber"] = number.strip()
    if machine.platform == "Windows":
        row["lastOsUpdateAt"] = stamp(dice.before(moment, 1, 30), 3)
        row["encryption"] = {"volumes": [{"volumeId": f"\\\\?\\Volume{{{dice.guid()}}}\\", "status": "encrypted"}]}
    _extras(row, client, machine, dice)
    return row


def _extras(row: Record, client: Client, machine: Machine, dice: Dice) -> None:
    """Keys that only some endpoints have."""
    if dice.chance(0.4):
        row["ipv6Addresses"] = [f"fe80::{dice.hexes(4).lower()}:{dice.hexes(4).lower()}"]
    if dice.chance(0.3):
        row["group"] = {"id": dice.guid(), "name": "Server" if machine.kind == "server" else "Clients"}
    if machine.owner:
        login = f"{client.slug[:3].upper()}\\{machine.owner.first[1][0]}{machine.owner.last[1]}"
        row["associatedPerson"] = {"viaLogin": login} | (
            {"name": machine.owner.display_name} if dice.chance(0.8) else {}
        )
    if machine.kind == "server":
        row["lockdown"] = {"status": "notInstalled", "updateStatus": "notInstalled"}
    if machine.platform == "Linux":
        row["tamperProtectionSupported"] = row["tamperProtectionEnabled"] = False
    elif dice.chance(0.05):
        del row["tamperProtectionSupported"]


def alert(client: Client, subject: Record, dice: Dice, now: datetime) -> Record:
    """One open alert about the endpoint."""
    category, severity, kind, text, action = dice.pick(_ALERTS)
    row: Record = {
        "id": dice.guid(),
        "allowedActions": [action],
        "category": category,
        "description": text,
        "groupKey": base64.b64encode(f"1,{kind},{dice.digits(2)}".encode()).decode(),
        "product": "server" if subject["type"] == "server" else "endpoint",
        "raisedAt": stamp(dice.before(now, 0.1, 60), 3, "" if dice.chance(0.05) else "Z"),
        "severity": severity,
        "tenant": {"id": client.sophos_id, "name": client.name},
        "type": kind,
    }
    if dice.chance(0.95):
        row["managedAgent"] = {"id": subject["id"], "type": subject["type"]} if dice.chance(0.97) else {}
    if dice.chance(0.6):
        row["person"] = {"id": dice.guid()}
    return row


def _os(machine: Machine) -> Record:
    server = machine.kind == "server"
    if machine.platform == "macOS":
        return {"isServer": False, "platform": "macOS", "name": "macOS Sonoma", "majorVersion": 14, "minorVersion": 7}
    if machine.platform == "Linux":
        return {
            "isServer": True,
            "platform": "linux",
            "name": "Ubuntu 22.04.5 LTS",
            "majorVersion": 22,
            "minorVersion": 4,
        }
    name, build = ("Windows Server 2022 Standard", 20348) if server else ("Windows 11 Pro", 26200)
    return {
        "isServer": server,
        "platform": "windows",
        "name": name,
        "majorVersion": 10,
        "minorVersion": 0,
        "build": build,
    }


def _products(dice: Dice) -> list[Record]:
    products: list[Record] = [
        {"code": code, "version": version, "status": "installed"}
        for code, version in (("coreAgent", "2024.3.2"), ("endpointProtection", "2024.3.2"), ("interceptX", "2024.3.2"))
    ]
    if dice.chance(0.1):
        del products[2]["version"]
    return products
