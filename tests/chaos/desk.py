"""The PSA's desk: a workflow that has tickets made of what was found, and the tickets as the PSA has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import orjson

from mspbyte_common.trace import new_traceparent
from mspbyte_common.workflows.declaration import declared, workflow
from mspctl.actions.store import set_mode
from mspctl.findings.store import write_event, write_state
from mspctl.store import Database
from mspctl.workflows import store

AUTHOR: Final = "a person"
WORKFLOW: Final = workflow(
    {
        "workflow": "desk",
        "do": [
            {
                "action": "ticket",
                "per": "check",
                "queue": 29_682_833,
                "priority": {"critical": 4, "high": 1, "medium": 2, "low": 3, "info": 3},
                "source": 8,
                "triage": {"queue": 29_682_969},
            }
        ],
    }
)
TICKET_SAYS: Final = (
    *("externalID", "companyID", "queueID", "title", "description", "priority", "status"),
    *("contactID", "configurationItemID", "source"),
)
NOTE_SAYS: Final = ("title", "description", "noteType", "publish")
"""What was asked for. Numbers and times are the PSA's, as they came."""


def have_tickets_made(operator: Database) -> None:
    """Applies the workflow to all that stands, and turns the switches."""
    with operator.transaction() as connection:
        store.put(connection, operator.msp, WORKFLOW.workflow, "global", None, declared(WORKFLOW), AUTHOR)
        for kind in ("all", "ticket"):
            set_mode(connection, operator.msp, kind, "automatic", AUTHOR)
        store.take_up_standing(connection, new_traceparent())


def put_away(operator: Database, *, every: int) -> None:
    """Puts away one of so many of the findings that stand, so that their tickets are noted or closed."""
    until = datetime.now(UTC) + timedelta(days=30)
    with operator.transaction() as connection:
        standing = connection.execute("SELECT id, state FROM finding WHERE state <> 'resolved' ORDER BY id").fetchall()
        for row in standing[::every]:
            if row["state"] != "suppressed":
                write_state(connection, row["id"], "suppressed", until, AUTHOR)
                write_event(connection, row["id"], AUTHOR, "not now")
        store.take_up_standing(connection, new_traceparent())


def at_the_psa(known: Mapping[str, Any]) -> dict[str, Sequence[tuple[str, str]]]:
    """(key, content) of our tickets and of the notes on them, by the PSA's own interface; the key of each is ours."""
    psa = known["autotask"]
    headers = {"UserName": psa["username"], "Secret": psa["secret"], "ApiIntegrationCode": psa["integration_code"]}
    base = f"{psa['zone_lookup']}/ATServicesRest/V1.0"
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
        tickets = _all(client, "Tickets", {"op": "beginsWith", "field": "externalID", "value": "mspbyte-"})
        notes = _all(client, "TicketNotes", {"op": "gt", "field": "id", "value": 0})
    keys = {row["id"]: row["externalID"] for row in tickets}
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    found["psa ticket"] = sorted((row["externalID"], _said(row, TICKET_SAYS)) for row in tickets)
    found["psa note"] = sorted(
        (row["description"].rpartition("\n")[2], f"{keys[row['ticketID']]} {_said(row, NOTE_SAYS)}") for row in notes
    )
    return dict(found)


def _all(client: httpx.Client, entity: str, condition: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    last = 0
    while True:
        asked = {"MaxRecords": 500, "filter": [condition, {"op": "gt", "field": "id", "value": last}]}
        answer = client.post(f"/{entity}/query", json=asked)
        answer.raise_for_status()
        rows = answer.json()["items"]
        found += rows
        if len(rows) < 500:
            return found
        last = max(row["id"] for row in rows)


def _said(row: Mapping[str, Any], fields: Sequence[str]) -> str:
    return orjson.dumps({name: row.get(name) for name in fields}, option=orjson.OPT_SORT_KEYS).decode()
