"""A workflow as a person writes it in YAML; its JSON schema is published as docs/workflow.schema.json.

Picklist values (queue, priority, status, source, ticket type) are the numbers the msp's own PSA gave them.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mspbyte_common.errors import UsageError
from mspbyte_common.findings import State
from mspbyte_common.workflows.clock import Quiet

Severity = Literal["critical", "high", "medium", "low", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low", "info")
"""The gravest first."""
Kind = Literal["ticket", "webhook", "mail"]
Mode = Literal["off", "approve", "automatic"]
MODES: Final[tuple[Mode, ...]] = ("off", "approve", "automatic")
"""The strictest first."""
COMPLETE: Final = 5
"""The one ticket status that means Complete in every Autotask database."""

Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Number = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """Whatever a workflow consists of: an unknown word is a mistake, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class When(Part):
    """Which findings are meant."""

    checks: tuple[str, ...] = ("*",)
    """Names of checks; `*` is every check."""
    severity: Severity = "info"
    """At least this grave."""
    states: tuple[State, ...] = ("open", "regressed")
    """In one of these states. What was told is followed until it clears, whatever stands here."""


class Triage(Part):
    """Where a ticket goes whose company is not known."""

    queue: Number
    """The queue a person looks at."""
    company: Number = 0
    """The PSA's number of the company it is filed under; 0 is the msp itself."""


class Ticket(Part):
    """One ticket in the PSA for each finding or group of findings: noted on change, closed when they clear."""

    action: Literal["ticket"]
    name: Name = "ticket"
    """Tells this action from the workflow's others. A renamed action begins anew."""
    per: Literal["finding", "check", "subject", "client"] = "finding"
    """What shares a ticket: nothing, the findings of one check at one client, of one record, or of one client."""
    queue: Number
    priority: dict[Severity, Number]
    """The priority for each severity; the gravest finding of the ticket counts."""
    status: Number = 1
    """The status of a new ticket; 1 is New everywhere."""
    closed_status: Number = COMPLETE
    """The status that closes it; 5 is Complete everywhere."""
    source: Number | None = None
    ticket_type: Number | None = None
    due_hours: Annotated[int, Field(ge=1, le=8_760)] = 24
    """Hours until it is due, from when it is decided."""
    note_type: Number = 1
    """The type of the notes on it."""
    publish: Number = 1
    """Who sees the notes; 1 is all Autotask users."""
    close: bool = True
    """Whether it is closed when its findings have cleared; else a note says so."""
    triage: Triage

    @field_validator("priority")
    @classmethod
    def _every_severity(cls, value: dict[Severity, int]) -> dict[Severity, int]:
        missing = [severity for severity in SEVERITIES if severity not in value]
        if missing:
            message = f"give a priority for {', '.join(missing)} too"
            raise ValueError(message)
        return value


class Webhook(Part):
    """One signed request for each event of a finding."""

    action: Literal["webhook"]
    name: Name = "webhook"
    channel: Name
    """Where to: a name in the channels file of svc-workers."""


class Digest(Part):
    """Collects what happened and tells it together."""

    at: Annotated[tuple[Time, ...], Field(min_length=1)]
    """Times of day, by the workflow's zone."""


class Mail(Part):
    """One mail for each event of a finding, or a digest of them."""

    action: Literal["mail"]
    name: Name = "mail"
    channel: Name
    """By which relay: a name in the channels file of svc-workers."""
    to: Annotated[tuple[Annotated[str, Field(pattern=r"^[^@\s,<>]+@[^@\s,<>]+$")], ...], Field(min_length=1)]
    digest: Digest | None = None


class QuietHours(Part):
    """When nothing begins: it waits for the end."""

    start: Annotated[Time, Field(alias="from")]
    until: Time
    weekends: bool = False
    """Saturdays and Sundays are quiet as a whole."""
    but: tuple[Severity, ...] = ("critical",)
    """Of these severities nothing waits."""


Action = Annotated[Ticket | Webhook | Mail, Field(discriminator="action")]


class Workflow(Part):
    """What is to follow from findings, of which clients, and when."""

    workflow: Name
    """Its name. Applying another one of the same name replaces it."""
    title: str = ""
    client: str | None = None
    """Only of this client: its id, company id or name."""
    group: str | None = None
    """Only of the clients of this group."""
    when: When = When()
    zone: str = "UTC"
    """The time zone of quiet hours and digests, as IANA names it: Europe/Berlin."""
    quiet: QuietHours | None = None
    approve: bool = False
    """A person approves each action first, also where the msp lets them run by themselves."""
    do: Annotated[tuple[Action, ...], Field(min_length=1)]

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            message = f"{value!r} is no time zone"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _one_scope_and_one_of_each_name(self) -> Workflow:
        if self.client is not None and self.group is not None:
            message = "give a client or a group, not both"
            raise ValueError(message)
        names = [action.name for action in self.do]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"two actions are called {', '.join(twice)}: give each a name of its own"
            raise ValueError(message)
        return self

    @property
    def clock(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.zone)

    def quiet_for(self, severity: Severity) -> Quiet | None:
        """The quiet hours that hold for a severity."""
        hours = self.quiet
        if hours is None or severity in hours.but:
            return None
        return Quiet(hours.start, hours.until, hours.weekends)


def workflow(document: Any) -> Workflow:
    """The workflow a document declares; UsageError with each mistake and its place."""
    try:
        return Workflow.model_validate(document)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'workflow'}: {one['msg']}" for one in error.errors())
        raise UsageError(f"the workflow does not fit: {said}.") from None


def declared(found: Workflow) -> dict[str, Any]:
    """The workflow as JSON holds it, what was not given included: a later release's defaults do not change it."""
    document: dict[str, Any] = found.model_dump(mode="json", by_alias=True)
    return document


def schema() -> dict[str, Any]:
    """The JSON schema of a workflow."""
    document = Workflow.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def stricter(*modes: Mode) -> Mode:
    """The strictest of several modes."""
    return min(modes, key=MODES.index)
