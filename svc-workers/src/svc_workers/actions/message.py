"""What webhooks and mails say of a finding: version 1, docs/webhook.schema.json. Fields may be added, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mspbyte_common.findings import State
from mspbyte_common.workflows.declaration import Severity
from svc_workers.actions.facts import Facts


class Part(BaseModel):
    """What a message consists of."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Client(Part):
    """The customer it is about."""

    id: UUID
    name: str | None
    company_id: str | None
    """The PSA's number of the company."""


class Subject(Part):
    """The record it is about."""

    id: UUID
    kind: str
    name: str


class Finding(Part):
    """A finding as it stood when the message was decided."""

    id: UUID
    check: str
    state: State
    severity: Severity
    title: str
    why: str
    remedy: str
    opened_at: datetime
    client: Client | None
    """None where it is not known."""
    subject: Subject
    evidence: dict[str, Any]
    """What the check saw; its names depend on the check."""


class Message(Part):
    """One event of a finding. A message that comes twice has the same id."""

    version: Literal["1"] = "1"
    id: str
    """The idempotency key; also the header `webhook-id`."""
    type: str = Field(pattern=r"^finding\.[a-z]+$")
    """`finding.` and its state."""
    at: datetime
    """When the finding came into this state."""
    workflow: str
    finding: Finding


def message(workflow: str, facts: Facts, key: str) -> Message:
    """What is said of a finding."""
    one = facts.occurrence
    client = (
        Client(id=one.client_id, name=facts.client_name, company_id=facts.company_id)
        if one.client_id is not None
        else None
    )
    return Message(
        id=key,
        type=f"finding.{one.state}",
        at=facts.at,
        workflow=workflow,
        finding=Finding(
            id=one.finding_id,
            check=one.check,
            state=one.state,
            severity=one.severity,
            title=one.title,
            why=facts.why,
            remedy=facts.remedy,
            opened_at=facts.opened_at,
            client=client,
            subject=Subject(id=one.subject_id, kind=facts.subject_kind, name=facts.subject_name),
            evidence=dict(facts.evidence),
        ),
    )


def schema() -> dict[str, Any]:
    """The JSON schema of a message."""
    document = Message.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}
