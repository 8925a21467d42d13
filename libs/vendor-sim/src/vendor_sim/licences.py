"""Microsoft 365 subscriptions: what a client bought, and who has a seat. Identifiers are Microsoft's public ones."""

from typing import NamedTuple

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.estate import Record
from vendor_sim.people import Person


class Sku(NamedTuple):
    """A product: its GUID, its part number, and its main service plan (GUID, name)."""

    id: str
    part_number: str
    plan_id: str
    plan: str


_EXCHANGE_S = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"
PREMIUM = Sku("cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "SPB", _EXCHANGE_S, "EXCHANGE_S_STANDARD")
STANDARD = Sku("f245ecc8-75af-4f8e-b61f-27d8114de5f3", "O365_BUSINESS_PREMIUM", _EXCHANGE_S, "EXCHANGE_S_STANDARD")
BASIC = Sku("3b555118-da6a-4418-894f-7df1e2096870", "O365_BUSINESS_ESSENTIALS", _EXCHANGE_S, "EXCHANGE_S_STANDARD")
EXCHANGE = Sku("4b9405b0-7788-4568-add1-99614e613b69", "EXCHANGESTANDARD", _EXCHANGE_S, "EXCHANGE_S_STANDARD")
VISIO = Sku("c5928f49-12ba-48f7-ada3-0d743a3601d5", "VISIOCLIENT", "663a804f-1c30-4ff0-9915-9db84f0d1cea", "VISIO_CLIENT_SUBSCRIPTION")  # noqa: E501 # fmt: skip
FLOW = Sku("f30db892-07e9-47e9-837c-80727f46fd3d", "FLOW_FREE", "50e68c76-46c6-4674-81f9-75456511b170", "FLOW_P2_VIRAL")
POWER_BI = Sku("a403ebcc-fae0-4ca2-8c8c-7a907fd6c235", "POWER_BI_STANDARD", "2049e525-b859-401b-b2a0-e0a31c4b1fe4", "BI_AZURE_P0")  # noqa: E501 # fmt: skip
TEAMS = Sku(
    "710779e8-3d4a-4c88-adb9-386c958d1fdf", "TEAMS_EXPLORATORY", "57ff2da0-773e-42df-b2af-ffb7a2317929", "TEAMS1"
)
FREE_PART_NUMBERS = frozenset(
    {
        "FLOW_FREE",
        "POWER_BI_STANDARD",
        "TEAMS_EXPLORATORY",
        "MICROSOFT_BUSINESS_CENTER",
        "WINDOWS_STORE",
        "RIGHTSMANAGEMENT_ADHOC",
    }
)
"""Products without a price: they never make a finding."""


def assign(client: Client, dice: Dice) -> None:
    """Give every person of the tenant their products (`Person.skus`, GUIDs)."""
    mostly = dice.weighted(((PREMIUM, 0.65), (STANDARD, 0.25), (BASIC, 0.1)))
    for person in client.people:
        person.skus = [sku.id for sku in _products(person, mostly, dice)]


def _products(person: Person, mostly: Sku, dice: Dice) -> list[Sku]:
    if person.kind == "member":
        office = dice.weighted(((mostly, 0.74), (PREMIUM, 0.08), (EXCHANGE, 0.12), (None, 0.06)))
        extra = [
            sku for sku, odds in ((FLOW, 0.2), (POWER_BI, 0.15), (TEAMS, 0.03), (VISIO, 0.03)) if dice.chance(odds)
        ]
        return [*([office] if office else []), *extra]
    if person.kind == "leaver":
        return dice.weighted((([], 0.55), ([mostly], 0.25), ([FLOW], 0.12), ([EXCHANGE, FLOW], 0.08)))
    if person.kind == "shared" and dice.chance(0.1):
        return [EXCHANGE]
    return []


def subscribed(client: Client, dice: Dice) -> dict[str, Record]:
    """The tenant's subscribedSkus rows by id; `consumedUnits` is the number of people with the product."""
    rows: dict[str, Record] = {}
    for sku in (PREMIUM, STANDARD, BASIC, EXCHANGE, VISIO, FLOW, POWER_BI, TEAMS):
        used = sum(sku.id in person.skus for person in client.people)
        if used or dice.chance(0.1):
            row = _row(client, sku, used, _bought(sku, used, dice), dice)
            rows[row["id"]] = row
    if dice.chance(0.15):
        project = Sku(
            "53818b1b-4a27-454b-8896-0dba576410e6", "PROJECTPROFESSIONAL", dice.guid(), "PROJECT_CLIENT_SUBSCRIPTION"
        )
        row = _row(client, project, 0, 0, dice)
        row["capabilityStatus"] = "Suspended"
        row["prepaidUnits"]["suspended"] = dice.between(3, 25)
        rows[row["id"]] = row
    return rows


def _bought(sku: Sku, used: int, dice: Dice) -> int:
    """Seats bought: mostly what is used, at times far too many, rarely one too few."""
    if sku.part_number in FREE_PART_NUMBERS:
        return 10_000
    spare = dice.weighted(((0, 0.5), (1, 0.15), (2, 0.15), (3 + used // 5, 0.12), (5 + used // 3, 0.05), (-1, 0.03)))
    return max(used + spare, 0)


def _row(client: Client, sku: Sku, used: int, bought: int, dice: Dice) -> Record:
    prepaid: Record = {"enabled": bought, "suspended": 0, "warning": 0}
    if dice.chance(0.7):
        prepaid["lockedOut"] = 0
    return {
        "id": f"{client.tenant_id}_{sku.id}",
        "accountId": client.tenant_id,
        "accountName": client.slug,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": used,
        "prepaidUnits": prepaid,
        "servicePlans": [
            {
                "servicePlanId": sku.plan_id,
                "servicePlanName": sku.plan,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            }
        ],
        "skuId": sku.id,
        "skuPartNumber": sku.part_number,
        "subscriptionIds": [dice.guid()],
    }
