"""What the MSP charges: services, contracts, contract lines and their units per month."""

from collections.abc import Callable
from datetime import date

from vendor_sim.clients import Client
from vendor_sim.counts import (
    ENDPOINT_TYPES,
    PREMIUM_SERVICE,
    SERVER_SERVICE,
    WORKSTATION_SERVICE,
    premium_seats,
    protected,
)
from vendor_sim.dice import Dice
from vendor_sim.estate import Estate, Record
from vendor_sim.moments import add_months, day_stamp, month_end

HELPDESK, BACKUP = "Helpdesk Flat", "Backup per TB"
PRICES = {WORKSTATION_SERVICE: 4.5, SERVER_SERVICE: 9.0, PREMIUM_SERVICE: 20.6, HELPDESK: 39.0, BACKUP: 25.0}
"""Service name to unit price, EUR a month; ids are given in this order from 1."""
RECURRING = 7
_CERTAIN = {0: 3, 7: -2}
"""Client index modulo 12 to units too many or too few, so that small estates have both kinds of error."""
_Next = Callable[[str], int]


def services() -> dict[int, Record]:
    """The MSP's price list."""
    return {
        number: {
            "id": number,
            "name": name,
            "description": f"{name}\r\nje Einheit und Monat",
            "invoiceDescription": "",
            "unitPrice": price,
            "unitCost": round(price * 0.6, 2),
            "periodType": 2,
            "billingCodeID": 29_682_801,
            "isActive": True,
            "createDate": "2019-03-01T05:00:00Z",
            "lastModifiedDate": "2025-01-07T09:12:31.31Z",
            "vendorCompanyID": None,
            "userDefinedFields": [],
        }
        for number, (name, price) in enumerate(PRICES.items(), start=1)
    }


def add_contracts(estate: Estate, client: Client, dice: Dice, next_id: _Next) -> None:
    """One running contract, and for a third of the clients an ended one with the same lines.

    Units are equal in the month before, the month of and the month after `as_of`, so that the answer does not
    change while a run crosses midnight at the end of a month; farther months differ.
    """
    month = estate.as_of.replace(day=1)
    if dice.chance(0.33):
        ended = add_months(month, -dice.between(14, 20))
        _contract(estate, client, dice, next_id, (add_months(ended, -5), 6), expired=True)
    _contract(estate, client, dice, next_id, (add_months(month, -dice.between(3, 9)), 12), expired=False)


def _contract(
    estate: Estate, client: Client, dice: Dice, next_id: _Next, span: tuple[date, int], *, expired: bool
) -> None:
    """`span` is (first day of the first month, number of months)."""
    start, months = span
    number = next_id("Contracts")
    estate.autotask.contracts[number] = {
        "id": number,
        "companyID": client.company_id,
        "contractName": "Managed Workplace" if not expired else "Managed Workplace (alt)",
        "contractNumber": "",
        "contractType": RECURRING,
        "contractCategory": None,
        "contractPeriodType": "m",
        "startDate": day_stamp(start),
        "endDate": day_stamp(month_end(add_months(start, months - 1))),
        "status": 0 if expired and dice.chance(0.5) else 1,
        "isDefaultContract": False,
        "isCompliant": True,
        "billingPreference": 1,
        "billToCompanyID": None,
        "contactID": None,
        "contactName": "",
        "description": "",
        "setupFee": 0.0,
        "serviceLevelAgreementID": None,
        "timeReportingRequiresStartAndStopTimes": 1,
        "purchaseOrderNumber": "",
        "renewedContractID": None,
        "userDefinedFields": [],
    }
    for service_id, service in estate.autotask.services.items():
        units = _units(estate, client, dice, service["name"])
        if units is not None:
            line = _line(estate, number, service_id, next_id)
            _periods(estate, line, units, dice, next_id, start, months)


def _units(estate: Estate, client: Client, dice: Dice, name: str) -> int | None:
    """Units billed today for the service: mostly what is in use, else a few off; None if it is not sold."""
    if name == HELPDESK:
        return max(1, client.people_wanted - dice.between(0, 2))
    if name == BACKUP:
        return dice.between(1, 12) if dice.chance(0.5) else None
    if name == PREMIUM_SERVICE:
        actual = premium_seats(estate.m365[client.tenant_id]) if client.tenant_id else 0
        if not actual or not dice.chance(0.9):
            return None
    else:
        actual = protected(estate.sophos.endpoints.get(client.sophos_id or "", {}), ENDPOINT_TYPES[name], estate.as_of)
        certain = _CERTAIN.get(client.index % 12) if name == WORKSTATION_SERVICE and client.sophos_id else None
        if certain:
            return max(0, actual + certain)
        if not client.sophos_id or not dice.chance(0.92):
            return None
    return max(0, actual + dice.weighted(((0, 0.68), (-dice.between(1, 4), 0.18), (dice.between(1, 5), 0.14))))


def _line(estate: Estate, contract: int, service: int, next_id: _Next) -> Record:
    price = estate.autotask.services[service]["unitPrice"]
    number = next_id("ContractServices")
    line: Record = {
        "id": number,
        "contractID": contract,
        "serviceID": service,
        "unitPrice": price,
        "unitCost": round(price * 0.6, 2),
        "internalCurrencyUnitPrice": price,
        "internalCurrencyAdjustedPrice": price,
        "invoiceDescription": "",
        "internalDescription": None,
        "quoteItemID": None,
    }
    estate.autotask.contract_services[number] = line
    return line


def _periods(estate: Estate, line: Record, units: int, dice: Dice, next_id: _Next, start: date, months: int) -> None:
    today = estate.as_of.replace(day=1)
    for step in range(months):
        first = add_months(start, step)
        near = add_months(today, -1) <= first <= add_months(today, 1)
        billed = units if near else max(0, units + dice.weighted(((0, 0.4), (-2, 0.3), (3, 0.3))))
        number = next_id("ContractServiceUnits")
        estate.autotask.contract_service_units[number] = {
            "id": number,
            "contractID": line["contractID"],
            "contractServiceID": line["id"],
            "serviceID": line["serviceID"],
            "units": billed,
            "price": round(billed * line["unitPrice"], 2),
            "cost": round(billed * line["unitCost"], 2),
            "internalCurrencyPrice": round(billed * line["unitPrice"], 2),
            "startDate": day_stamp(first),
            "endDate": day_stamp(month_end(first)),
            "approveAndPostDate": day_stamp(month_end(first)) if first < add_months(today, -1) else None,
            "vendorCompanyID": None,
            "organizationalLevelAssociationID": None,
        }
