"""Tickets, their notes and their closing: each once, whatever was sent before and not answered.

Autotask has no idempotency key. A ticket carries ours in `externalID`, which may be asked for and need not be unique; a note
ends with it. Whoever takes up an action that may have been sent looks for its effect first. That is sure only once an earlier
request can have no effect any more: Autotask ends a request after five minutes (REST API, server execution time-out), we give
one up after two. A ticket that a person closed is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.effects.effect import Effect, Manner, Result
from mspbyte_common.effects.writer import Writes
from mspbyte_common.errors import RequestInvalid, SchemaDrift
from mspbyte_common.fault_points import reach
from mspbyte_common.vendors.endpoint import Ask, Request

GIVEN_UP: Final = 120.0
SERVER_GIVES_UP: Final = 300.0
SETTLED: Final = GIVEN_UP + SERVER_GIVES_UP
TRIES: Final = 6

COMPLETE: Final = 5
TICKETS: Final = "V1.0/Tickets"
NOTES: Final = "V1.0/Tickets/{ticket}/Notes"
SHAPES: Final[Mapping[str, tuple[str, str, frozenset[str]]]] = {
    "ticket_create": (
        "POST",
        TICKETS,
        frozenset(
            {
                *("companyID", "queueID", "title", "description", "priority", "status", "dueDateTime", "externalID"),
                *("contactID", "configurationItemID", "source", "ticketType"),
            }
        ),
    ),
    "ticket_note": ("POST", NOTES, frozenset({"title", "description", "noteType", "publish"})),
    "ticket_close": ("PATCH", TICKETS, frozenset({"id", "status"})),
}
"""What an action of a kind may ask for: method, path and fields, and nothing else."""
FOUND_MOST: Final = 500


async def create(ask: Ask, effect: Effect) -> Result:
    """Makes the ticket, unless it is there."""
    body = _body(effect)
    if effect.uncertain:
        number = await _made(ask, effect.key)
        reach("tickets.create.looked")
        if number is not None:
            return Result("found by its externalID: an earlier attempt had made it", number)
    if body.get("externalID") != effect.key:
        raise RequestInvalid("the ticket does not carry its own key")
    reach("tickets.create.asked")
    reply = await ask(Request("POST", TICKETS, {}, body))
    reach("tickets.create.answered")
    return Result("made", _number(reply.body))


async def note(ask: Ask, effect: Effect) -> Result:
    """Says something on the ticket, unless it was said, or a person has closed the ticket."""
    body, number = _body(effect), _about(effect)
    left = _left_alone(await _ticket(ask, number))
    reach("tickets.note.read")
    if left is not None:
        return Result(left)
    if effect.key not in str(body.get("description")):
        raise RequestInvalid("the note does not carry its own key")
    if effect.uncertain:
        said = await _said(ask, number, effect.key)
        reach("tickets.note.looked")
        if said is not None:
            return Result("found by its key: an earlier attempt had said it", said)
    reach("tickets.note.asked")
    reply = await ask(Request("POST", NOTES.format(ticket=number), {}, body))
    reach("tickets.note.answered")
    return Result("said", _number(reply.body))


async def close(ask: Ask, effect: Effect) -> Result:
    """Closes the ticket, unless it is closed. Closing twice is closing once: nothing has to be looked for."""
    body, number = _body(effect), _about(effect)
    left = _left_alone(await _ticket(ask, number))
    reach("tickets.close.read")
    if left is not None:
        return Result(left)
    reach("tickets.close.asked")
    await ask(Request("PATCH", TICKETS, {}, {**body, "id": int(number)}))
    reach("tickets.close.answered")
    return Result("closed", number)


WRITES: Final = Writes(
    stage="ticket",
    resource="Tickets",
    perform={"ticket_create": create, "ticket_note": note, "ticket_close": close},
    manner=Manner(seconds=GIVEN_UP, settled=SETTLED, tries=TRIES, pause=lambda _tried: SETTLED),
)


def _body(effect: Effect) -> dict[str, Any]:
    """The body of an action's request, if it is one an action of its kind may have."""
    method, path, fields = SHAPES[effect.kind]
    asked = effect.request
    body = asked.get("body")
    if (
        (asked.get("method"), asked.get("path")) != (method, path)
        or not isinstance(body, dict)
        or not body.keys() <= fields
    ):
        message = f"an action {effect.kind} may not ask for this"
        raise RequestInvalid(message)
    return body


def _about(effect: Effect) -> str:
    if effect.about is None or not effect.about.isdecimal():
        raise RequestInvalid("the ticket has no number")
    return effect.about


async def _made(ask: Ask, key: str) -> str | None:
    """The number of the ticket with this key, the first where there are several."""
    asked = {
        "MaxRecords": FOUND_MOST,
        "IncludeFields": ["id"],
        "filter": [{"op": "eq", "field": "externalID", "value": key}],
    }
    found = _items((await ask(Request("POST", f"{TICKETS}/query", {}, asked))).body)
    return str(min(int(row["id"]) for row in found)) if found else None


async def _said(ask: Ask, number: str, key: str) -> str | None:
    """The number of the ticket's note with this key. Whether a text may be searched is not published, so notes are read."""
    last = -1
    while True:
        asked = {
            "MaxRecords": FOUND_MOST,
            "filter": [
                {"op": "gt", "field": "id", "value": last},
                {"op": "eq", "field": "ticketID", "value": int(number)},
            ],
        }
        found = _items((await ask(Request("POST", "V1.0/TicketNotes/query", {}, asked))).body)
        for row in found:
            if key in str(row.get("description")):
                return str(row["id"])
        if len(found) < FOUND_MOST:
            return None
        last = max(int(row["id"]) for row in found)


async def _ticket(ask: Ask, number: str) -> dict[str, Any] | None:
    """The ticket as it is; None when it is gone.

    A query tells that for certain: asked for one record that is gone, Autotask answers null or 404, by different accounts.
    """
    asked = {"MaxRecords": 1, "filter": [{"op": "eq", "field": "id", "value": int(number)}]}
    found = _items((await ask(Request("POST", f"{TICKETS}/query", {}, asked))).body)
    return found[0] if found else None


def _left_alone(ticket: dict[str, Any] | None) -> str | None:
    """Why nothing is done to the ticket any more; None: it is open. Completing fills completedDate, reopening empties it."""
    if ticket is None:
        return "nothing to do: the ticket is gone"
    if ticket.get("status") == COMPLETE or ticket.get("completedDate"):
        return "nothing to do: the ticket is closed"
    return None


def _items(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = body.get("items")
    if not isinstance(items, list) or not all(
        isinstance(one, dict) and isinstance(one.get("id"), int) for one in items
    ):
        raise SchemaDrift("the answer has no items with ids")
    return items


def _number(body: Mapping[str, Any]) -> str:
    number = body.get("itemId")
    if not isinstance(number, int):
        raise SchemaDrift("the answer has no itemId")
    return str(number)
