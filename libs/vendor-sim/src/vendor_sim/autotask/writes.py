"""What the API user may write: tickets and notes on them. Nothing makes an externalID unique, as at the real one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vendor_sim.answers import Answer
from vendor_sim.autotask.errors import refuse
from vendor_sim.autotask.fields import PICKLISTS, SPELLING
from vendor_sim.estate import Estate, Record
from vendor_sim.moments import stamp
from vendor_sim.mutate import clock, mutate

COMPLETE = 5
_REQUIRED = ("companyID", "title", "priority", "status", "dueDateTime")
_NOTE_REQUIRED = ("title", "description", "noteType", "publish")
_REFERENCES = {"companyID": "Companies", "contactID": "Contacts", "configurationItemID": "ConfigurationItems"}
_LONGEST = {"title": 255, "description": 8_000, "externalID": 50}
_FIRST = 900_000


def create_ticket(estate: Estate, asked: dict[str, Any]) -> Answer:
    """POST /Tickets."""
    given = _spelled("Tickets", asked)
    missing = [name for name in _REQUIRED if name not in given]
    if missing:
        refuse(f"Missing Required Field: {missing[0]}.")
    if given.get("queueID") is None and given.get("assignedResourceID") is None:
        refuse("A Queue or an assigned resource is required.")
    _check(estate, given)
    number, now = max([_FIRST, *estate.autotask.tickets]) + 1, clock(estate)
    empty = dict.fromkeys(SPELLING["Tickets"].values())
    row = empty | {"externalID": "", "resolution": "", "userDefinedFields": []} | given
    row |= {
        "id": number,
        "ticketNumber": f"T{now:%Y%m%d}.{number % 10_000:04d}",
        "createDate": stamp(now, 3),
        **_completed({}, row, now),
    }
    mutate(estate, "autotask", "", "Tickets", str(number), row)
    return Answer(200, {"itemId": number})


def change_ticket(estate: Estate, asked: dict[str, Any]) -> Answer:
    """PATCH /Tickets: the id in the body, other fields as they are to be."""
    given = _spelled("Tickets", asked)
    before = estate.autotask.tickets.get(given.get("id", -1))
    if before is None:
        refuse("Value does not reference an existing entity for taskType . ")
    _check(estate, given)
    after = before | given
    mutate(estate, "autotask", "", "Tickets", str(before["id"]), after | _completed(before, after, clock(estate)))
    return Answer(200, {"itemId": before["id"]})


def create_note(estate: Estate, ticket: int, asked: dict[str, Any]) -> Answer:
    """POST /Tickets/{id}/Notes."""
    given = _spelled("TicketNotes", asked)
    missing = [name for name in _NOTE_REQUIRED if name not in given]
    if missing:
        refuse(f"Missing Required Field: {missing[0]}.")
    if ticket not in estate.autotask.tickets:
        refuse("Value does not reference an existing entity for taskType . ")
    notes = estate.autotask.ticket_notes
    number, now = max([0, *notes]) + 1, stamp(clock(estate), 3)
    notes[number] = given | {"id": number, "ticketID": ticket, "createDateTime": now, "lastActivityDate": now}
    row = estate.autotask.tickets[ticket]
    mutate(estate, "autotask", "", "Tickets", str(ticket), row | {"lastActivityDate": now})
    return Answer(200, {"itemId": number})


def _spelled(entity: str, asked: Mapping[str, Any]) -> Record:
    """The fields as they are stored; nulls and unknown names are refused, texts cut without a word."""
    given = {}
    for name, value in asked.items():
        if value is None:
            refuse(f"{name}: a null is not accepted.")
        spelled = SPELLING[entity].get(name.lower())
        if spelled is None:
            refuse(f"Unable to find {name} in the {entity} Entity.")
        given[spelled] = value[: _LONGEST.get(spelled, 32_000)] if isinstance(value, str) else value
    return given


def _check(estate: Estate, given: Mapping[str, Any]) -> None:
    for name, entity in _REFERENCES.items():
        if name in given and given[name] not in estate.autotask.table(entity):
            refuse(f"{name}: Value {given[name]} does not exist or is invalid")
    for (entity, name), values in PICKLISTS.items():
        if (
            entity == "Tickets"
            and name in given
            and given[name] not in {value for value, _, active in values if active}
        ):
            refuse(f"{name}: Value {given[name]} does not exist or is invalid")
    if ("assignedResourceID" in given) is not ("assignedResourceRoleID" in given):
        refuse("When assigning a Resource, you must assign both a assignedResourceID and assignedResourceRoleID.")


def _completed(before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> Record:
    """Completing a ticket fills its completion date, opening it again empties it."""
    if after.get("status") != COMPLETE:
        return {"completedDate": None}
    return {"completedDate": before.get("completedDate") or stamp(now.astimezone(UTC), 3)}
