"""What the MSP's people work on, and who they are."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from mspbyte_common.models.kind import Kind


class Ticket(Kind):
    """A piece of work for a company."""

    NAME: ClassVar[str] = "ticket"
    VOLATILE: ClassVar[frozenset[str]] = frozenset({"last_activity_at"})

    ticket_id: str
    number: str | None
    title: str | None
    company_id: str
    contact_id: str | None
    device_id: str | None
    """The PSA's id of the configuration item it is about."""
    contract_id: str | None
    technician_id: str | None
    state: Literal["open", "closed", "unknown"]
    status: str | None
    """This and the four below are picklist values of the MSP's own; what they are called, the labels tell."""
    priority: str | None
    queue: str | None
    ticket_type: str | None
    source: str | None
    created_at: datetime | None
    due_at: datetime | None
    completed_at: datetime | None
    last_activity_at: datetime | None
    external_id: str | None
    """The id another system gave it."""


class Technician(Kind):
    """A person who works for the MSP, or the user of an integration."""

    NAME: ClassVar[str] = "technician"

    technician_id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    active: bool | None
    integration: bool | None
    """An API user, not a person."""


class PicklistValue(Kind):
    """What one value of a picklist is called at this MSP."""

    NAME: ClassVar[str] = "picklist_value"

    entity: str
    field: str
    value: str
    label: str
    active: bool | None
    """Values that are no longer offered still stand in old records."""
    parent_value: str | None
