"""A crowd: as many further users of one directory as are asked for, each about 1.15 kB as a listing sends it.

They are colleagues of those who are there: the licences and departments are theirs, names and addresses are their own. The
change log is not told, as of a directory that was always this large: a full listing has them, a delta query does not.
"""

from vendor_sim.dice import Dice
from vendor_sim.estate import Estate, Record

DISABLED_PLANS = 15
"""Service plans switched off in a licence, so that a record has the size of a real one."""


def add_crowd(estate: Estate, account: str, number: int) -> None:
    """Adds the users to the tenant. KeyError if there is none of that id."""
    tenant = estate.m365[account]
    dice = Dice(estate.seed, "crowd", account)
    examples = [row for row in tenant.users.values() if row["userType"] != "Guest"]
    plans = [dice.guid() for _ in range(DISABLED_PLANS)]
    came = [_user(examples[place % len(examples)], dice.guid(), place, plans) for place in range(number)]
    tenant.users |= {row["id"]: row for row in came}
    tenant.users = dict(sorted(tenant.users.items()))  # a listing is by id: what stands in order is sorted fast


def _user(example: Record, identifier: str, place: int, plans: list[str]) -> Record:
    domain = str(example["userPrincipalName"]).partition("@")[2].lower()
    name = f"crowd.{place:06d}"
    address = f"{name}@{domain}"
    return example | {
        "id": identifier,
        "displayName": f"{example['displayName']} {place}",
        "userPrincipalName": address,
        "mail": address,
        "mailNickname": name,
        "otherMails": [],
        "proxyAddresses": [f"SMTP:{address}"],
        "imAddresses": [address],
        "assignedLicenses": [
            {"disabledPlans": plans, "skuId": licence["skuId"]} for licence in example["assignedLicenses"][:1]
        ],
        "onPremisesSamAccountName": None,
    }
