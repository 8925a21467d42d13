"""Autotask Tickets → ticket."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from mspbyte_common.models import Ticket
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import ident, ident_or_none, label, text
from svc_processors.times import instant

_COMPLETE: Final = "5"
"""The status that means Complete at every MSP; of the others, theirs, only New (1) is fixed."""


def normalize(raw: Mapping[str, Any]) -> Ticket:
    """A ticket. Autotask empties completedDate when one is opened again."""
    record = Caseless(raw)
    status = label(record.get("status"))
    completed = instant(record.get("completedDate"))
    return Ticket(
        ticket_id=ident(record["id"]),
        number=text(record.get("ticketNumber")),
        title=text(record.get("title")),
        company_id=ident(record["companyID"]),
        contact_id=ident_or_none(record.get("contactID")),
        device_id=ident_or_none(record.get("configurationItemID")),
        contract_id=ident_or_none(record.get("contractID")),
        technician_id=ident_or_none(record.get("assignedResourceID")),
        state=_state(status, completed),
        status=status,
        priority=label(record.get("priority")),
        queue=label(record.get("queueID")),
        ticket_type=label(record.get("ticketType")),
        source=label(record.get("source")),
        created_at=instant(record.get("createDate")),
        due_at=instant(record.get("dueDateTime")),
        completed_at=completed,
        last_activity_at=instant(record.get("lastActivityDate")),
        external_id=text(record.get("externalID")),
    )


def _state(status: str | None, completed: datetime | None) -> Literal["open", "closed", "unknown"]:
    if status == _COMPLETE or completed is not None:
        return "closed"
    return "unknown" if status is None else "open"


NORMALIZER = Normalizer(vendor="autotask", resource="Tickets", kind=Ticket, version=1, normalize=normalize)
