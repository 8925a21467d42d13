"""Tickets, notes and closings as Autotask's REST API takes them: the exact requests, but for the ticket's own number.

Required of a ticket: company, title, priority, status, due time, queue; explicit nulls are refused (REST API, Tickets).
`{ticket}` stands for the number Autotask gives the ticket; the adapter puts it in, and sends nothing that looks otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from mspbyte_common.workflows.declaration import Ticket
from svc_workers.actions.decide import Told, gravest
from svc_workers.actions.facts import Facts

TITLE_MOST: Final = 255
DESCRIPTION_MOST: Final = 8_000
"""Autotask cuts longer texts off without a word."""
NOTE_TITLE_MOST: Final = 250
LISTED_MOST: Final = 50
EVIDENCE_MOST: Final = 300
"""Characters of one piece of evidence."""


def summary_of(told: Sequence[Facts]) -> str:
    """One line that says what a ticket is about."""
    first = told[0]
    if len(told) == 1:
        return _cut(f"{first.occurrence.title}: {first.subject_name}", TITLE_MOST)
    titles = {one.check_title for one in told}
    what = next(iter(titles)) if len(titles) == 1 else "findings"
    return _cut(f"{len(told)} x {what}: {first.client_name or 'client not known'}", TITLE_MOST)


def create(action: Ticket, told: Sequence[Facts], key: str, now: datetime) -> dict[str, Any]:
    """The ticket for these findings, which are of one client or of none. What was not told apart is left out."""
    company = told[0].company_id
    body: dict[str, Any] = {
        "companyID": action.triage.company if company is None else int(company),
        "queueID": action.triage.queue if company is None else action.queue,
        "title": summary_of(told),
        "description": _cut(_description(told), DESCRIPTION_MOST),
        "priority": action.priority[gravest(one.occurrence.severity for one in told)],
        "status": action.status,
        "dueDateTime": f"{(now + timedelta(hours=action.due_hours)):%Y-%m-%dT%H:%M:%SZ}",
        "externalID": key,
    }
    known = company is not None
    optional = {
        "contactID": _only(one.contact_id for one in told) if known else None,
        "configurationItemID": _only(one.device_id for one in told) if known else None,
        "source": action.source,
        "ticketType": action.ticket_type,
    }
    body |= {name: int(value) for name, value in optional.items() if value is not None}
    return {"method": "POST", "path": "V1.0/Tickets", "body": body}


def note(action: Ticket, before: Told, told: Told, key: str) -> dict[str, Any]:
    """What is new on a ticket. The key at its end is how it is found again."""
    lines = [f"Cleared: {title}" for finding, (_, title) in before.items() if finding not in told]
    for finding, (severity, title) in told.items():
        if finding not in before:
            lines.append(f"New: {title} ({severity})")
        elif before[finding] != told[finding]:
            lines.append(f"Now {severity}, before {before[finding][0]}: {title}")
    if not told:
        lines.append("Everything this ticket was about has cleared.")
    title = "All clear" if not told else "Changed"
    text = "\n".join(
        lines[:LISTED_MOST] + ([f"and {len(lines) - LISTED_MOST} more"] if len(lines) > LISTED_MOST else [])
    )
    body = {
        "title": _cut(f"MSPByte: {title}", NOTE_TITLE_MOST),
        "description": f"{_cut(text, DESCRIPTION_MOST)}\n\n{key}",
        "noteType": action.note_type,
        "publish": action.publish,
    }
    return {"method": "POST", "path": "V1.0/Tickets/{ticket}/Notes", "body": body}


def close(action: Ticket) -> dict[str, Any]:
    """The one field that closes a ticket: nothing else of it is touched."""
    return {"method": "PATCH", "path": "V1.0/Tickets", "body": {"id": "{ticket}", "status": action.closed_status}}


def _description(told: Sequence[Facts]) -> str:
    first = told[0]
    head = [first.why, f"What to do: {first.remedy}"] if len({one.occurrence.check for one in told}) == 1 else []
    client = f"Client: {first.client_name}" if first.client_name else "The client is not known."
    return "\n\n".join([client, *head, *(_about(one) for one in told[:LISTED_MOST])])


def _about(one: Facts) -> str:
    lines = [f"{one.occurrence.severity}: {one.occurrence.title}", f"{one.subject_kind}: {one.subject_name}"]
    lines += [f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in one.evidence.items()]
    return "\n".join([*lines, f"finding: {one.occurrence.finding_id}"])


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return _cut(text, EVIDENCE_MOST)


def _only(values: Iterable[str | None]) -> str | None:
    """The one value all have."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
