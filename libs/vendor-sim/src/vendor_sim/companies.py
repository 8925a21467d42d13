"""Autotask companies: the MSP, its clients, and the prospects, vendors and former clients beside them."""

from datetime import datetime

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.estate import Record
from vendor_sim.moments import stamp
from vendor_sim.names import CITIES

CUSTOMER, LEAD, PROSPECT, DEAD, CANCELLATION, VENDOR = 1, 2, 3, 4, 6, 7
"""Values of the companyType picklist."""
_OTHERS = (
    ("Papier Kontor AG", VENDOR, True),
    ("Distribution Süd GmbH", VENDOR, True),
    ("Café Morgenrot e.K.", PROSPECT, True),
    ("Autohaus Talblick GmbH", CANCELLATION, False),
    ("Optik Sonnenschein", LEAD, True),
    ("Verlag am Markt GmbH", DEAD, False),
)


def others(first_id: int, clients: int, dice: Dice, now: datetime) -> list[Record]:
    """Companies without any tenant: about one for every six clients, at least three."""
    return [
        _company(
            first_id + 11 * number,
            name if number < len(_OTHERS) else f"{name} {number // len(_OTHERS) + 1}",
            kind,
            "",
            dice,
            now,
            active=active,
        )
        for number in range(max(3, clients // 6))
        for name, kind, active in (_OTHERS[number % len(_OTHERS)],)
    ]


def for_client(client: Client, dice: Dice, now: datetime) -> Record:
    """The client's company row; its web address names the domain for most."""
    row = _company(client.company_id, client.name, CUSTOMER, client.phone, dice, now, active=True)
    row["webAddress"] = dice.pick((f"www.{client.domain}", f"https://{client.domain}/", f"www.{client.domain}", ""))
    row["companyNumber"] = f"K{client.index + 10_001}"
    return row


def _company(number: int, name: str, kind: int, phone: str, dice: Dice, now: datetime, *, active: bool) -> Record:
    city, postal = dice.pick(CITIES)
    return {
        "id": number,
        "companyName": name,
        "companyNumber": "",
        "companyType": kind,
        "companyCategoryID": 1,
        "classification": None,
        "isActive": active,
        "ownerResourceID": 29_682_885,
        "parentCompanyID": None,
        "phone": phone,
        "alternatePhone1": "",
        "alternatePhone2": "",
        "fax": "",
        "webAddress": "",
        "address1": f"Hauptstraße {dice.between(1, 180)}",
        "address2": "",
        "city": city,
        "state": "",
        "postalCode": postal,
        "countryID": 81,
        "territoryID": None,
        "marketSegmentID": None,
        "currencyID": 1,
        "taxID": "",
        "isTaxExempt": False,
        "isClientPortalActive": dice.chance(0.5),
        "createDate": stamp(dice.before(now, 400, 4000), dice.pick((0, 2, 3)), "" if dice.chance(0.1) else "Z"),
        "createdByResourceID": 29_682_885,
        "lastActivityDate": stamp(dice.before(now, 0.1, 60), 2),
        "lastTrackedModifiedDateTime": stamp(dice.before(now, 1, 300), 3) if dice.chance(0.6) else None,
        "invoiceTemplateID": 102,
        "purchaseOrderTemplateID": None,
        "sicCode": "",
        "stockMarket": "",
        "stockSymbol": "",
        "userDefinedFields": [{"name": "M365 Tenant", "value": None}, {"name": "Seats", "value": "12.0000"}],
    }
