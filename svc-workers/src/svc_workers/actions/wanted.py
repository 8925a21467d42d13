"""The actions that should be there, and what becomes of those that are. Nothing is written: a dry run shows the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.effects.effect import key_of
from mspbyte_common.workflows.clock import loud_from, next_of
from mspbyte_common.workflows.declaration import SEVERITIES, Mail, Mode, Ticket, Webhook, stricter
from svc_workers.actions import store, ticket
from svc_workers.actions.decide import (
    ActionState,
    Close,
    Create,
    End,
    Note,
    Rewrite,
    TicketChange,
    Told,
    digest_id,
    gravest,
    group_of,
    message_id,
    ticket_changes,
    to_tell,
)
from svc_workers.actions.facts import Facts
from svc_workers.actions.message import message
from svc_workers.actions.store import Applied, Digested, Ended, New, Plan, Rewritten, TakenIn

NO_PSA = "the msp has no Autotask connection: mspctl connection add autotask"

Wanted = New | Rewritten | TakenIn | Ended | Digested


@dataclass(frozen=True)
class Group:
    """The findings that share a ticket: of one action of a workflow, by their group's key. `found`: those looked at now."""

    applied: Applied
    action: Ticket
    key: str
    mode: Mode
    found: list[Facts] = field(default_factory=list)

    @property
    def place(self) -> tuple[UUID, str, str]:
        """How its rows are found."""
        return self.applied.id, self.action.name, self.key


def mode_of(plan: Plan, applied: Applied, kind: str) -> Mode:
    """How an action is done: the strictest of the msp's switch, the kind's, and the workflow's own wish."""
    own: Mode = "approve" if applied.declaration.approve else "automatic"
    return stricter(plan.modes.get("all", "off"), plan.modes.get(kind, "off"), own)


async def wanted_tickets(
    connection: Connection, plan: Plan, facts: Mapping[UUID, Facts], now: datetime
) -> list[Wanted]:
    """What becomes of the tickets these findings have, or should have, a part in."""
    groups: dict[tuple[UUID, str, str], Group] = {}
    for group, one in _groups(plan, facts.values()):
        groups.setdefault(group.place, group).found.append(one)
    standing = await store.standing(connection, groups.keys())
    changes: list[tuple[Group, TicketChange]] = []
    for group in groups.values():
        occurrences = [one.occurrence for one in group.found]
        declaration, before = group.applied.declaration, standing.get(group.place)
        made = ticket_changes(group.applied.id, declaration, group.action, group.key, before, occurrences)
        changes += [(group, change) for change in made]
    told = {finding for _, change in changes if isinstance(change, Create | Rewrite) for finding in change.told}
    known = {**facts, **await store.facts(connection, told - facts.keys())}
    return [wanted for group, change in changes for wanted in _rows(group, change, known, now)]


async def wanted_messages(
    connection: Connection, plan: Plan, facts: Mapping[UUID, Facts], now: datetime
) -> list[Wanted]:
    """What is to be told of the last events of these findings."""
    before = await store.told_by(connection, list(facts))
    wanted: list[Wanted] = []
    for applied in plan.workflows:
        for action in applied.declaration.do:
            if isinstance(action, Ticket):
                continue
            mode = mode_of(plan, applied, action.action)
            if mode == "off":
                continue
            told = [
                one
                for one in facts.values()
                if applied.covers(one.occurrence.client_id, plan.groups)
                and to_tell(
                    applied.declaration,
                    one.occurrence,
                    told_before=(applied.id, action.name, one.occurrence.finding_id) in before,
                )
            ]
            if isinstance(action, Mail) and action.digest is not None:
                wanted += [await _digest(connection, applied, action, mode, told, now)] if told else []
            else:
                wanted += [_message(applied, action, mode, one, now) for one in told]
    return wanted


def _groups(plan: Plan, facts: Collection[Facts]) -> Iterator[tuple[Group, Facts]]:
    for applied in plan.workflows:
        mode = mode_of(plan, applied, "ticket")
        for action in applied.declaration.do:
            if isinstance(action, Ticket) and mode != "off":
                for one in facts:
                    if applied.covers(one.occurrence.client_id, plan.groups):
                        yield Group(applied, action, group_of(action, one.occurrence), mode), one


def _rows(group: Group, change: TicketChange, known: Mapping[UUID, Facts], now: datetime) -> Iterator[Wanted]:
    """The rows a change of a ticket is."""
    one = group.found[0]
    match change:
        case Create(action_id, episode, told):
            yield _create(group, action_id, episode, _of(told, known), now)
        case Rewrite(action_id, told, silent):
            if silent:
                yield TakenIn(action_id, told)
            else:
                found = _of(told, known)
                request = ticket.create(group.action, found, key_of(action_id), now)
                yield Rewritten(action_id, told, request, ticket.summary_of(found))
        case Note(action_id, about, number, before, told):
            request = ticket.note(group.action, before, told, key_of(action_id))
            yield TakenIn(about, told)
            yield New(
                id=action_id,
                workflow_id=group.applied.id,
                name=group.action.name,
                kind="ticket_note",
                state="queued",
                group=group.key,
                findings=before.keys() | told.keys(),
                told=told,
                summary=str(request["body"]["title"]),
                request=request,
                client_id=one.occurrence.client_id,
                account_id=one.psa_account_id,
                about_id=about,
                number=number,
            )
        case Close(action_id, about, number):
            yield New(
                id=action_id,
                workflow_id=group.applied.id,
                name=group.action.name,
                kind="ticket_close",
                state="queued",
                group=group.key,
                findings=[cleared.occurrence.finding_id for cleared in group.found],
                told={},
                summary="Close the ticket",
                request=ticket.close(group.action),
                client_id=one.occurrence.client_id,
                account_id=one.psa_account_id,
                about_id=about,
                number=number,
            )
        case End(action_id, cancel):
            yield Ended(action_id, cancel)


def _create(group: Group, action_id: UUID, episode: int, found: list[Facts], now: datetime) -> New:
    first = found[0]
    reachable = first.psa_account_id is not None
    begins: ActionState = "proposed" if group.mode == "approve" else "queued"
    return New(
        id=action_id,
        workflow_id=group.applied.id,
        name=group.action.name,
        kind="ticket_create",
        state=begins if reachable else "failed",
        group=group.key,
        findings=[one.occurrence.finding_id for one in found],
        told={one.occurrence.finding_id: (one.occurrence.severity, one.occurrence.title) for one in found},
        summary=ticket.summary_of(found),
        request=ticket.create(group.action, found, key_of(action_id), now),
        client_id=first.occurrence.client_id,
        account_id=first.psa_account_id,
        due_at=_due(group.applied, found, now) if reachable else None,
        episode=episode,
        error=None if reachable else NO_PSA,
    )


def _message(applied: Applied, action: Webhook | Mail, mode: Mode, one: Facts, now: datetime) -> New:
    action_id = message_id(applied.id, action.name, one.occurrence.event_id)
    said = message(applied.declaration.workflow, one, key_of(action_id)).model_dump(mode="json")
    request = (
        {"channel": action.channel, "message": said}
        if isinstance(action, Webhook)
        else {"channel": action.channel, "to": list(action.to), "messages": [said]}
    )
    return New(
        id=action_id,
        workflow_id=applied.id,
        name=action.name,
        kind=action.action,
        state="proposed" if mode == "approve" else "queued",
        group=str(one.occurrence.finding_id),
        findings=[one.occurrence.finding_id],
        told={},
        summary=f"{one.occurrence.state}: {ticket.summary_of([one])}",
        request=request,
        client_id=one.occurrence.client_id,
        account_id=None,
        due_at=_due(applied, [one], now),
    )


async def _digest(
    connection: Connection, applied: Applied, action: Mail, mode: Mode, told: list[Facts], now: datetime
) -> New | Digested:
    """The digest that is collected now, with these findings. Each event stands in it once."""
    assert action.digest is not None  # noqa: S101 - asked for digests alone
    due = next_of(now, applied.declaration.clock, action.digest.at)
    action_id = digest_id(applied.id, action.name, due.isoformat())
    collected = await store.digest(connection, action_id)
    messages = list(collected["messages"]) if collected else []
    there = {one["id"] for one in messages}
    for one in told:
        key = key_of(message_id(applied.id, action.name, one.occurrence.event_id))
        if key not in there:
            messages.append(message(applied.declaration.workflow, one, key).model_dump(mode="json"))
    request = {"channel": action.channel, "to": list(action.to), "messages": messages}
    findings, summary = [one.occurrence.finding_id for one in told], f"Digest of {len(messages)} events"
    if collected:
        return Digested(action_id, findings, request, summary)
    return New(
        id=action_id,
        workflow_id=applied.id,
        name=action.name,
        kind="mail",
        state="proposed" if mode == "approve" else "queued",
        group=due.isoformat(),
        findings=findings,
        told={},
        summary=summary,
        request=request,
        client_id=None,
        account_id=None,
        due_at=_due(applied, told, due) or due,
    )


def _due(applied: Applied, found: Collection[Facts], now: datetime) -> datetime | None:
    """When quiet hours let it begin; None: at once."""
    workflow = applied.declaration
    quiet = workflow.quiet_for(gravest(one.occurrence.severity for one in found))
    moment = loud_from(now, workflow.clock, quiet)
    return moment if moment > now else None


def _of(told: Told, known: Mapping[UUID, Facts]) -> list[Facts]:
    """What is known of the findings a ticket tells of, the gravest first."""
    found = [known[finding] for finding in told if finding in known]
    return sorted(found, key=lambda one: (_rank(one), str(one.occurrence.finding_id)))


def _rank(one: Facts) -> int:
    return SEVERITIES.index(one.occurrence.severity)
