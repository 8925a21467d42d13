"""Machines as Autotask holds them, and the printers and batteries that exist nowhere else."""

from datetime import datetime

from vendor_sim.clients import Client
from vendor_sim.devices import Machine
from vendor_sim.dice import Dice
from vendor_sim.estate import Record
from vendor_sim.moments import day_stamp, stamp
from vendor_sim.spelling import bracketed, host, serial

WORKSTATION, SERVER, PRINTER, BATTERY = 1, 2, 3, 4
"""Values of the configurationItemType picklist."""


def for_machine(number: int, client: Client, machine: Machine, dice: Dice, now: datetime) -> Record:
    """The configuration item of a workstation or server; the RMM fields are filled for about half."""
    row = _row(number, client, dice, now)
    row["configurationItemType"] = SERVER if machine.kind == "server" else WORKSTATION
    row["referenceTitle"] = host(machine.host, dice)
    row["serialNumber"] = serial(machine.serial, dice)
    row["installDate"] = day_stamp(machine.born.date())
    if dice.chance(0.5):
        row["rmmDeviceID"] = 29_000_000 + dice.between(0, 999_999)
        row["rmmDeviceUID"] = dice.guid()
        row["rmmDeviceAuditHostname"] = host(machine.host, dice).strip()
        row["rmmDeviceAuditOperatingSystem"] = f"Microsoft {machine.platform}"
        row["rmmDeviceAuditIPAddress"] = f"10.{client.index % 200 + 1}.0.{dice.between(2, 250)}"
        if dice.chance(0.7):
            row["rmmDeviceAuditMacAddress"] = bracketed(machine.lan, dice)
    return row


def standalone(number: int, client: Client, dice: Dice, now: datetime, count: int) -> Record:
    """A printer or a battery; `count` numbers them within the client."""
    row = _row(number, client, dice, now)
    printer = dice.chance(0.7)
    row["configurationItemType"] = PRINTER if printer else BATTERY
    row["referenceTitle"] = f"{'PRN' if printer else 'USV'}-{count:02d}"
    row["serialNumber"] = f"{'VNB' if printer else 'AS'}{dice.letters(9)}"
    row["installDate"] = day_stamp(dice.before(now, 100, 1500).date())
    return row


def _row(number: int, client: Client, dice: Dice, now: datetime) -> Record:
    created = dice.before(now, 30, 1500)
    return {
        "id": number,
        "companyID": client.company_id,
        "companyLocationID": None,
        "configurationItemCategoryID": 2,
        "configurationItemType": WORKSTATION,
        "productID": 29_683_999,
        "referenceTitle": "",
        "referenceNumber": "" if dice.chance(0.5) else None,
        "serialNumber": None,
        "isActive": True,
        "installDate": None,
        "createDate": stamp(created, 3),
        "lastModifiedTime": stamp(dice.before(now, 0.1, 29), dice.pick((0, 3))),
        "contactID": None,
        "contractID": None,
        "contractServiceID": None,
        "serviceID": None,
        "location": "",
        "notes": "",
        "warrantyExpirationDate": None,
        "dailyCost": None,
        "vendorID": None,
        "apiVendorID": None,
        "dattoHostname": None,
        "dattoSerialNumber": None,
        "rmmDeviceID": None,
        "rmmDeviceUID": None,
        "rmmDeviceAuditHostname": None,
        "rmmDeviceAuditIPAddress": None,
        "rmmDeviceAuditMacAddress": None,
        "rmmDeviceAuditOperatingSystem": None,
        "userDefinedFields": [],
    }
