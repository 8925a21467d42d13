"""People as Autotask holds them: contacts, with the letter case, blanks and gaps of hand-kept data."""

from datetime import datetime

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.estate import Record
from vendor_sim.moments import stamp
from vendor_sim.people import Person


def contact(number: int, client: Client, person: Person, dice: Dice, now: datetime) -> Record:
    """One contact row; `isActive` is 0 or 1 here although companies use a boolean."""
    last = person.old_last or person.last
    address = "" if person.no_email else _typed(_known_address(person, dice), dice)
    second = ""
    if address and person.kind == "member" and dice.chance(0.01):
        address, second = "", address
    created = dice.before(now, 100, 3000)
    mobile = ""
    if person.phone_only or (not person.no_email and dice.chance(0.3)):
        mobile = _respelled(person.mobile, dice)
    return {
        "id": number,
        "companyID": client.company_id,
        "companyLocationID": None,
        "firstName": person.first[0] + (" " if dice.chance(0.02) else ""),
        "lastName": last[0],
        "middleInitial": "" if dice.chance(0.5) else None,
        "namePrefix": None,
        "nameSuffix": None,
        "title": person.title if dice.chance(0.5) else "",
        "emailAddress": address if address or dice.chance(0.7) else None,
        "emailAddress2": second,
        "emailAddress3": "" if dice.chance(0.8) else None,
        "phone": client.phone if dice.chance(0.75) else "",
        "extension": "",
        "alternatePhone": "",
        "mobilePhone": mobile,
        "faxNumber": "",
        "addressLine": "",
        "addressLine1": "",
        "city": "",
        "state": "",
        "zipCode": "",
        "countryID": 81 if dice.chance(0.5) else None,
        "isActive": int(person.kind not in {"leaver", "former"} or dice.chance(0.2)),
        "primaryContact": False,
        "externalID": "",
        "note": "Ansprechpartner\r\nvormittags" if dice.chance(0.03) else "",
        "createDate": stamp(created, dice.pick((0, 2, 3)), "" if dice.chance(0.05) else "Z"),
        "lastActivityDate": stamp(dice.before(now, 0.1, 90), 3),
        "lastModifiedDate": stamp(dice.before(now, 0.1, 90), 3),
        "isOptedOutFromBulkEmail": False,
        "receivesEmailNotifications": False,
        "apiVendorID": None,
        "userDefinedFields": [],
    }


def _known_address(person: Person, dice: Dice) -> str:
    """The address the MSP wrote down: the one before a change of name, or now and then an alias."""
    if person.old_mail:
        return person.old_mail
    if person.aliases and dice.chance(0.25):
        return person.aliases[0]
    return person.mail


def _typed(address: str, dice: Dice) -> str:
    return dice.weighted(
        (
            (address, 0.86),
            (address.upper(), 0.03),
            (address.title(), 0.06),
            (address + " ", 0.03),
            (" " + address, 0.02),
        )
    )


def _respelled(mobile: str, dice: Dice) -> str:
    """`+49 1555 1234567` as people type it."""
    digits = mobile.replace(" ", "").removeprefix("+49")
    return dice.pick(
        (
            f"+49{digits}",
            f"0049 {digits[:4]} {digits[4:]}",
            f"0{digits[:4]}/{digits[4:]}",
            f"+49 (0) {digits[:4]} {digits[4:7]} {digits[7:]}",
        )
    )
