"""What a day brings in the PSA: tickets opened and worked off, and now and then a customer who leaves."""

from datetime import datetime, timedelta

from vendor_sim import service_desk
from vendor_sim.companies import CANCELLATION, CUSTOMER
from vendor_sim.dice import Dice
from vendor_sim.estate import Estate, Record
from vendor_sim.moments import stamp
from vendor_sim.mutate import mutate

ODDS = {"ticket": 0.5, "completion": 0.4, "departure": 0.015}


def play_desk(estate: Estate, now: datetime) -> dict[str, int]:
    """Move every customer on by a day; how often each thing happened. The MSP itself has tickets, and never leaves."""
    happened = dict.fromkeys(ODDS, 0)
    for key in sorted(estate.autotask.companies):
        company = estate.autotask.companies[key]
        if company["companyType"] != CUSTOMER or not company["isActive"]:
            continue
        dice = Dice(estate.seed, "desk", estate.days_played, key)
        if dice.chance(ODDS["ticket"]):
            happened["ticket"] += _open(estate, key, dice, now)
        if dice.chance(ODDS["completion"]):
            happened["completion"] += _complete(estate, key, dice, now)
        if key and dice.chance(ODDS["departure"]):
            happened["departure"] += _depart(estate, company)
    return happened


def _put(estate: Estate, entity: str, row: Record) -> None:
    mutate(estate, "autotask", "", entity, str(row["id"]), row)


def _open(estate: Estate, company: int, dice: Dice, now: datetime) -> int:
    own = [key for key, row in estate.autotask.contacts.items() if row["companyID"] == company and row["isActive"]]
    number = max(estate.autotask.tickets) + 2
    row = service_desk.ticket(number, company, dice.pick(own) if own else None, None, dice, now)
    opened, untouched = stamp(now, 2), dict.fromkeys(("completedByResourceID", "completedDate"))
    fresh = {"createDate": opened, "ticketNumber": f"T{now:%Y%m%d}.{number % 10_000:04d}", "resolution": ""}
    due = {"dueDateTime": stamp(now + timedelta(days=dice.between(1, 14)))}
    _put(estate, "Tickets", row | untouched | fresh | due | {"status": service_desk.NEW})
    return 1


def _complete(estate: Estate, company: int, dice: Dice, now: datetime) -> int:
    waiting = [
        key
        for key, row in estate.autotask.tickets.items()
        if row["companyID"] == company and row["status"] != service_desk.COMPLETE
    ]
    if not waiting:
        return 0
    row = estate.autotask.tickets[dice.pick(sorted(waiting))]
    done = {"status": service_desk.COMPLETE, "completedDate": stamp(now, 2), "resolution": "Erledigt"}
    _put(estate, "Tickets", row | done | {"completedByResourceID": row["assignedResourceID"]})
    return 1


def _depart(estate: Estate, company: Record) -> int:
    """The company and its people become inactive and its contracts end; its tenants are still there to be read."""
    _put(estate, "Companies", company | {"isActive": False, "companyType": CANCELLATION})
    for row in list(estate.autotask.contacts.values()):
        if row["companyID"] == company["id"] and row["isActive"]:
            _put(estate, "Contacts", row | {"isActive": 0})
    for row in list(estate.autotask.contracts.values()):
        if row["companyID"] == company["id"] and row["status"]:
            _put(estate, "Contracts", row | {"status": 0})
    return 1
