"""What a verdict makes of a finding.

| stored                 | finding                                   | ok, or subject gone | unknown            |
|------------------------|-------------------------------------------|---------------------|--------------------|
| none                   | open                                      | -                   | -                  |
| open, regressed        | stays                                     | resolved            | -                  |
| acknowledged           | stays                                     | resolved            | -                  |
| suppressed             | stays, open once its time is over         | resolved            | open once it is over |
| resolved               | regressed                                 | -                   | -                  |
| resolved by a person   | regressed if it says anything new         | resolved            | -                  |

A finding made without a vendor of which the client has an account by now stands on nothing once everything was read and
only a person could tell (unknown that waits for no list): it is resolved, as it would not be opened now.

What a person does to it stands in `mspbyte_common/findings.py`. A finding that came back RETURNS times within WINDOW
flaps: content verdicts resolve it only after QUIET. A new state or severity is an event; new evidence, title or client
alone only rewrites the finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from mspbyte_common.findings import QUIET, RETURNS, State
from mspbyte_common.ids import finding_id
from svc_workers.check import Check
from svc_workers.subject import Subject
from svc_workers.verdict import Finding, Ok, Severity, Unknown, Verdict

BECAUSE = "resolved_because"
NO_ACCOUNT_OF = "no_account_of"
"""In evidence: the vendors the check reads and the client has no account of. It is no part of what the finding says."""


@dataclass(frozen=True)
class Judged:
    """One check's answer about one subject, whose client has accounts of these vendors."""

    check: Check[Any, Any]
    subject: Subject[Any]
    verdict: Verdict
    vendors: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Standing:
    """A finding as its row holds it. `returns`: how often it came back lately."""

    id: UUID
    check_name: str
    subject_id: UUID
    subject_kind: str
    client_id: UUID | None
    severity: Severity
    state: State
    title: str
    evidence: Mapping[str, Any]
    suppressed_until: datetime | None = None
    resolved_by: str | None = None
    quiet_since: datetime | None = None
    returns: int = 0

    def told(self) -> tuple[Any, ...]:
        """What it says, whatever became of it."""
        said = {key: value for key, value in self.evidence.items() if key not in {BECAUSE, NO_ACCOUNT_OF}}
        return self.severity, self.title, said

    def outdated(self, vendors: frozenset[str]) -> list[str]:
        """The vendors it was made without although the client has accounts of theirs by now."""
        return sorted(vendors.intersection(self.evidence.get(NO_ACCOUNT_OF, ())))


@dataclass(frozen=True)
class Change:
    """A finding to write. `event`: its state or severity is new."""

    finding: Standing
    event: bool


def changes(
    stored: Iterable[Standing], judged: Iterable[Judged], gone: Mapping[UUID, str], now: datetime
) -> list[Change]:
    """The findings that verdicts alter, in order of id; `gone` has why a subject is no longer there."""
    known = {(standing.check_name, standing.subject_id): standing for standing in stored}
    after: list[Change] = []
    for answer in judged:
        before = known.get((answer.check.name, answer.subject.id))
        new = _after(before, answer, now)
        if new is not None and new != before:
            event = before is None or (new.state, new.severity) != (before.state, before.severity)
            after.append(Change(new, event))
    after.extend(
        Change(_resolved(standing, gone[standing.subject_id]), event=True)
        for standing in known.values()
        if standing.subject_id in gone and standing.state != "resolved"
    )
    return sorted(after, key=lambda change: change.finding.id)


def awaited(stored: Iterable[Standing], changed: Iterable[Change]) -> dict[tuple[UUID, str], datetime]:
    """When time alone changes a finding: (subject, check) → the end of a suppression, or of the quiet one that flaps needs."""
    current = {standing.id: standing for standing in stored} | {change.finding.id: change.finding for change in changed}
    found = {}
    for standing in current.values():
        moment = standing.quiet_since + QUIET if standing.quiet_since else standing.suppressed_until
        if moment is not None and standing.state != "resolved":
            found[standing.subject_id, standing.check_name] = moment
    return found


def _after(before: Standing | None, answer: Judged, now: datetime) -> Standing | None:
    standing = before and _lifted(before, now)
    match answer.verdict:
        case Finding() as said:
            return _said(standing, answer, said)
        case Ok() as content:
            return standing and _content(standing, content, now)
        case Unknown() as puzzled:
            return standing and _puzzled(standing, puzzled, answer.vendors)


def _lifted(standing: Standing, now: datetime) -> Standing:
    """A suppression ends by itself."""
    over = standing.suppressed_until is not None and standing.suppressed_until <= now
    return replace(standing, state="open", suppressed_until=None) if over else standing


def _said(standing: Standing | None, answer: Judged, said: Finding) -> Standing:
    new = Standing(
        id=finding_id(answer.check.name, answer.subject.id),
        check_name=answer.check.name,
        subject_id=answer.subject.id,
        subject_kind=answer.subject.kind,
        client_id=answer.subject.client_id,
        severity=said.severity,
        state="open",
        title=said.title or answer.check.title,
        evidence=as_json(said.evidence),
    )
    if standing is None:
        return new
    if standing.state == "resolved":
        known = standing.resolved_by is not None and standing.told() == new.told()
        return standing if known else replace(new, state="regressed", returns=standing.returns)
    return replace(new, state=standing.state, suppressed_until=standing.suppressed_until, returns=standing.returns)


def _content(standing: Standing, content: Ok, now: datetime) -> Standing:
    """A person's word no longer matters once the check is content: if it finds it again, it has come back."""
    if standing.state == "resolved":
        return replace(standing, resolved_by=None)
    flaps = standing.returns >= RETURNS and content.why is None
    if flaps and standing.quiet_since is None:
        return replace(standing, quiet_since=now)
    if flaps and standing.quiet_since is not None and now < standing.quiet_since + QUIET:
        return standing
    return _resolved(standing, content.why or "the check found it in order")


def _puzzled(standing: Standing, puzzled: Unknown, vendors: frozenset[str]) -> Standing:
    outdated = standing.outdated(vendors)
    if not outdated or puzzled.waits_for is not None or standing.state == "resolved":
        return standing
    return _resolved(standing, f"it was made without {' and '.join(outdated)}; with it, nobody can tell: {puzzled.why}")


def _resolved(standing: Standing, because: str) -> Standing:
    return replace(
        standing,
        state="resolved",
        suppressed_until=None,
        quiet_since=None,
        resolved_by=None,
        evidence={**standing.evidence, BECAUSE: because},
    )


def as_json(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence as it reads back from the database: times, ids and decimals are text."""
    read: dict[str, Any] = orjson.loads(orjson.dumps(evidence, default=str))
    return read
