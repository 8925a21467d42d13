"""Several services sold as one: contract lines that name a bundle, with units per month of their own."""

from vendor_sim.dice import Dice
from vendor_sim.estate import Estate, Record
from vendor_sim.moments import add_months, day_stamp, month_end, parse

FIRST_LINE, FIRST_UNIT = 29_690_001, 29_790_001
_BUNDLES = ((41, 29.0), (42, 54.0))
"""(serviceBundleID, price)."""


def add_bundles(estate: Estate, contract: Record, seats: int, dice: Dice) -> None:
    """Now and then one bundle on the contract, one unit row for each of its months."""
    if not dice.chance(0.4):
        return
    bundle, price = dice.pick(_BUNDLES)
    lines, periods = estate.autotask.contract_service_bundles, estate.autotask.contract_service_bundle_units
    line = FIRST_LINE + len(lines)
    lines[line] = {
        "id": line,
        "adjustedPrice": price,
        "contractID": contract["id"],
        "internalCurrencyAdjustedPrice": price,
        "internalCurrencyUnitPrice": price,
        "internalDescription": None,
        "invoiceDescription": "",
        "quoteItemID": None,
        "serviceBundleID": bundle,
        "unitPrice": price,
    }
    month, last = parse(contract["startDate"]).date(), parse(contract["endDate"]).date()
    units = max(1, seats // 3 + dice.between(-1, 2))
    while month <= last:
        number = FIRST_UNIT + len(periods)
        periods[number] = {
            "id": number,
            "approveAndPostDate": None,
            "contractID": contract["id"],
            "contractServiceBundleID": line,
            "cost": round(units * price * 0.6, 2),
            "endDate": day_stamp(month_end(month)),
            "internalCurrencyPrice": round(units * price, 2),
            "organizationalLevelAssociationID": None,
            "price": round(units * price, 2),
            "serviceBundleID": bundle,
            "startDate": day_stamp(month),
            "units": units,
        }
        month = add_months(month, 1)
