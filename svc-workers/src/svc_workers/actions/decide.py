"""What a workflow makes of findings as they stand now, and of what it has done already.

No event is remembered: the same finding looked at again changes nothing.

A ticket tells of findings (`told`). Findings that match raise it; those that clear leave it; it goes when none is left:

| its ticket                   | findings raise it | what it tells is new | all have cleared           |
|------------------------------|-------------------|----------------------|----------------------------|
| none, or of an episode ended | create            | -                    | -                          |
| proposed, queued             | -                 | written anew         | cancelled, ended           |
| under way, made              | -                 | note                 | note, close, ended         |
| failed                       | -                 | written anew         | cancelled, ended           |
| rejected by a person         | -                 | taken in, unsaid     | ended                      |

A ticket that a person closed at the PSA stays the findings' ticket until they clear: none is made beside it, and it is not
opened again. A finding that clears and returns begins another episode, with a ticket of its own.

A message (webhook, mail) is one for each event of a finding that matches, and for its clearing if it was told before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from mspbyte_common.findings import State
from mspbyte_common.ids import derive
from mspbyte_common.workflows.declaration import SEVERITIES, Severity, Ticket, Workflow

ActionState = Literal["proposed", "queued", "doing", "done", "failed", "rejected", "cancelled"]
CLEARED: Final[frozenset[State]] = frozenset({"resolved", "suppressed"})
UNBEGUN: Final[frozenset[ActionState]] = frozenset({"proposed", "queued"})
BEGUN: Final[frozenset[ActionState]] = frozenset({"doing", "done"})


@dataclass(frozen=True)
class Occurrence:
    """A finding as it stands, by its last event."""

    finding_id: UUID
    event_id: int
    check: str
    subject_id: UUID
    client_id: UUID | None
    state: State
    severity: Severity
    title: str


Told = Mapping[UUID, tuple[Severity, str]]
"""Finding → the severity and the title a ticket has told of it."""


@dataclass(frozen=True)
class Standing:
    """The latest ticket of a group. `number`: how many notes it has."""

    id: UUID
    episode: int
    state: ActionState
    told: Told
    ended: bool
    number: int = 0


@dataclass(frozen=True)
class Create:
    """A ticket to make."""

    id: UUID
    episode: int
    told: Told


@dataclass(frozen=True)
class Rewrite:
    """A ticket that was not begun tells of something else; `silent`: it never will be made, and nobody reads it."""

    id: UUID
    told: Told
    silent: bool


@dataclass(frozen=True)
class Note:
    """Something to say on a ticket: what it told and what is so now."""

    id: UUID
    about: UUID
    number: int
    before: Told
    told: Told


@dataclass(frozen=True)
class Close:
    """A ticket to close, after its last note."""

    id: UUID
    about: UUID
    number: int


@dataclass(frozen=True)
class End:
    """The findings of a ticket have cleared; `cancel`: it was not made yet and never will be."""

    id: UUID
    cancel: bool


TicketChange = Create | Rewrite | Note | Close | End


def raises(workflow: Workflow, one: Occurrence) -> bool:
    """Whether a finding is what the workflow speaks of."""
    when = workflow.when
    return (
        ("*" in when.checks or one.check in when.checks)
        and SEVERITIES.index(one.severity) <= SEVERITIES.index(when.severity)
        and one.state in when.states
    )


def gravest(severities: Iterable[Severity]) -> Severity:
    """The gravest of some severities."""
    return min(severities, key=SEVERITIES.index)


def group_of(action: Ticket, one: Occurrence) -> str:
    """What shares a ticket with this finding. What belongs to no client shares with nothing of another."""
    client = one.client_id or "no client"
    match action.per:
        case "finding":
            return str(one.finding_id)
        case "check":
            return f"{client}/{one.check}"
        case "subject":
            return str(one.subject_id)
        case "client":
            return str(client)


def ticket_changes(
    workflow_id: UUID,
    workflow: Workflow,
    action: Ticket,
    group: str,
    standing: Standing | None,
    occurrences: Sequence[Occurrence],
) -> list[TicketChange]:
    """What becomes of a group's ticket when these of its findings are looked at."""
    live = standing if standing is not None and not standing.ended else None
    told = _told(workflow, live.told if live else {}, occurrences)
    if live is None:
        if not told:
            return []
        episode = 0 if standing is None else standing.episode + 1
        return [Create(ticket_id(workflow_id, action.name, group, episode), episode, told)]
    if told == live.told:
        return []
    if not told:
        return _cleared(action, live)
    if live.state in BEGUN:
        number = live.number + 1
        return [Note(_part(live.id, number), live.id, number, live.told, told)]
    return [Rewrite(live.id, told, silent=live.state in {"rejected", "cancelled"})]


def ticket_id(workflow_id: UUID, name: str, group: str, episode: int) -> UUID:
    """A ticket's id: computed, so that whoever decides it decides the same one."""
    return derive("action", workflow_id, name, group, str(episode))


def message_id(workflow_id: UUID, name: str, event_id: int) -> UUID:
    """The id of what is said of one event of a finding."""
    return derive("action", workflow_id, name, "event", str(event_id))


def digest_id(workflow_id: UUID, name: str, due: str) -> UUID:
    """The id of a digest: of an action, due at a moment."""
    return derive("action", workflow_id, name, "digest", due)


def to_tell(workflow: Workflow, one: Occurrence, *, told_before: bool) -> bool:
    """Whether a message follows from a finding's last event."""
    return raises(workflow, one) or (told_before and one.state in CLEARED)


def _told(workflow: Workflow, before: Told, occurrences: Sequence[Occurrence]) -> dict[UUID, tuple[Severity, str]]:
    told = dict(before)
    for one in occurrences:
        if one.state in CLEARED:
            told.pop(one.finding_id, None)
        elif one.finding_id in told or raises(workflow, one):
            told[one.finding_id] = (one.severity, one.title)
    return told


def _cleared(action: Ticket, live: Standing) -> list[TicketChange]:
    """Until it is closed it may say why; what was never made is not made any more."""
    if live.state not in BEGUN:
        return [End(live.id, cancel=live.state not in {"rejected", "cancelled"})]
    number = live.number + 1
    changes: list[TicketChange] = [Note(_part(live.id, number), live.id, number, live.told, {})]
    if action.close:
        changes.append(Close(_part(live.id, number + 1), live.id, number + 1))
    return [*changes, End(live.id, cancel=False)]


def _part(ticket: UUID, number: int) -> UUID:
    return derive("action", ticket, str(number))
