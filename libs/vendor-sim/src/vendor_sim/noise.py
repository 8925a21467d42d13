"""Hand-kept data as it is at worse places: on top of what every estate has, applied to one that is complete.

By dice of its own, so that the records it does not touch are those of the estate without noise.
"""

from collections.abc import Callable
from typing import Literal

from vendor_sim.dice import Dice
from vendor_sim.estate import Estate, Group, Record, Ref
from vendor_sim.names import FIRST, LAST

Noise = Literal["none", "some", "much"]
SCALE: dict[Noise, float] = {"none": 0.0, "some": 1.0, "much": 3.0}

Act = Callable[[Estate, Group, Ref, Record, Dice], None]


def disturb(estate: Estate, noise: Noise) -> None:
    """Let things go wrong, each about as often as its odds say, thrice as often with `much`."""
    scale = SCALE[noise]
    if not scale:
        return
    dice = Dice(estate.seed, "noise")
    for groups, acts in ((list(estate.links.devices), _DEVICES), (list(estate.links.people), _PEOPLE)):
        for group in groups:
            for resource, odds, act in acts:
                for ref in [ref for ref in group.records if ref.resource == resource]:
                    if dice.chance(odds * scale):
                        act(estate, group, ref, _row(estate, ref), dice)


def _row(estate: Estate, ref: Ref) -> Record:
    if ref.vendor == "autotask":
        return estate.autotask.table(ref.resource)[int(ref.id)]
    return estate.sophos.endpoints[ref.account][ref.id]


def _serial_missing(_estate: Estate, _group: Group, _ref: Ref, row: Record, _dice: Dice) -> None:
    row["serialNumber"] = ""


def _serial_mistyped(_estate: Estate, _group: Group, _ref: Ref, row: Record, dice: Dice) -> None:
    """Two neighbouring characters change places."""
    serial = row.get("serialNumber") or ""
    if len(serial) > 4:
        at = dice.between(0, len(serial) - 2)
        row["serialNumber"] = serial[:at] + serial[at + 1] + serial[at] + serial[at + 2 :]


def _name_outdated(_estate: Estate, _group: Group, _ref: Ref, row: Record, dice: Dice) -> None:
    """The machine was renamed, the item was not."""
    row["referenceTitle"] = f"PC-{dice.letters(6)}"
    row["rmmDeviceAuditHostname"] = None


def _other_machine(estate: Estate, group: Group, ref: Ref, row: Record, dice: Dice) -> None:
    """The item is that of the machine which had the name before: nothing else knows it."""
    row["serialNumber"] = dice.letters(9) if dice.chance(0.6) else ""
    row["rmmDeviceAuditMacAddress"] = None
    group.records.remove(ref)
    estate.links.devices.append(Group(group.company_id, [ref]))


def _predecessor(estate: Estate, group: Group, _ref: Ref, row: Record, dice: Dice) -> None:
    """The item of the machine before, kept beside that of its successor of the same name."""
    number = max(estate.autotask.configuration_items) + 1
    serial = dice.letters(9) if dice.chance(0.6) else ""
    old = {"id": number, "serialNumber": serial, "rmmDeviceAuditMacAddress": None, "isActive": dice.chance(0.5)}
    estate.autotask.configuration_items[number] = row | old
    only = Ref("autotask", "", "ConfigurationItems", str(number))
    estate.links.devices.append(Group(group.company_id, [only]))


def _dock(_estate: Estate, group: Group, _ref: Ref, row: Record, _dice: Dice) -> None:
    """One of three docking stations that the client's machines take turns at."""
    row["macAddresses"] = [*row["macAddresses"], f"00:E0:4C:68:{group.company_id % 256:02X}:{len(row['id']) % 3:02X}"]


def _endpoint_serial_missing(_estate: Estate, _group: Group, _ref: Ref, row: Record, _dice: Dice) -> None:
    row.pop("serialNumber", None)


def _mail_missing(_estate: Estate, _group: Group, _ref: Ref, row: Record, _dice: Dice) -> None:
    row["emailAddress"] = ""


def _mail_unknown(_estate: Estate, _group: Group, _ref: Ref, row: Record, dice: Dice) -> None:
    """An address the directory does not know: a private one, or one that was given up."""
    row["emailAddress"] = f"{dice.pick(FIRST)[1]}.{dice.pick(LAST)[1]}{dice.digits(3)}@mailbox.example"


def _mail_of_all(_estate: Estate, _group: Group, _ref: Ref, row: Record, _dice: Dice) -> None:
    """The address of the company in place of the person's."""
    domain = (row["emailAddress"] or "").strip().partition("@")[2]
    if domain:
        row["emailAddress"] = f"info@{domain}"


def _duplicate(estate: Estate, group: Group, _ref: Ref, row: Record, _dice: Dice) -> None:
    """The same person as a second contact."""
    number = max(estate.autotask.contacts) + 1
    estate.autotask.contacts[number] = row | {"id": number}
    group.records.append(Ref("autotask", "", "Contacts", str(number)))


_DEVICES: tuple[tuple[str, float, Act], ...] = (
    ("ConfigurationItems", 0.05, _serial_missing),
    ("ConfigurationItems", 0.01, _serial_mistyped),
    ("ConfigurationItems", 0.03, _name_outdated),
    ("ConfigurationItems", 0.01, _predecessor),
    ("ConfigurationItems", 0.01, _other_machine),
    ("endpoints", 0.05, _endpoint_serial_missing),
    ("endpoints", 0.05, _dock),
)
_PEOPLE: tuple[tuple[str, float, Act], ...] = (
    ("Contacts", 0.005, _mail_missing),
    ("Contacts", 0.005, _mail_unknown),
    ("Contacts", 0.005, _mail_of_all),
    ("Contacts", 0.005, _duplicate),
)
