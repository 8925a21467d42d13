"""What a verdict makes of a finding: open → resolved → regressed, with a person's acknowledging in between.

| stored                          | finding                      | ok, or subject gone | unknown |
|---------------------------------|------------------------------|---------------------|---------|
| none                            | open                         | -                   | -       |
| open, regressed                 | stays                        | resolved            | -       |
| acknowledged, suppressed        | stays                        | resolved            | -       |
| resolved                        | regressed                    | -                   | -       |

A new state or severity is an event; new evidence, title or client alone only rewrites the finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

import orjson

from mspbyte_common.ids import finding_id
from svc_workers.check import Check
from svc_workers.subject import Subject
from svc_workers.verdict import Finding, Ok, Severity, Verdict

State = Literal["open", "acknowledged", "suppressed", "resolved", "regressed"]


@dataclass(frozen=True)
class Judged:
    """One check's answer about one subject."""

    check: Check[Any, Any]
    subject: Subject[Any]
    verdict: Verdict


@dataclass(frozen=True)
class Standing:
    """A finding as its row holds it."""

    id: UUID
    check_name: str
    subject_id: UUID
    subject_kind: str
    client_id: UUID | None
    severity: Severity
    state: State
    title: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A finding to write. `event`: its state or severity is new."""

    finding: Standing
    event: bool


def changes(stored: Iterable[Standing], judged: Iterable[Judged], gone: Mapping[UUID, str]) -> list[Change]:
    """The findings that verdicts alter, in order of id; `gone` has why a subject is no longer there."""
    by_id = {standing.id: standing for standing in stored}
    after: list[Change] = []
    for answer in judged:
        key = finding_id(answer.check.name, answer.subject.id)
        change = _change(key, by_id.get(key), answer)
        if change is not None:
            after.append(change)
    after.extend(
        _resolved(standing, gone[standing.subject_id])
        for standing in by_id.values()
        if standing.subject_id in gone and standing.state != "resolved"
    )
    return sorted(after, key=lambda change: change.finding.id)


def _change(key: UUID, standing: Standing | None, answer: Judged) -> Change | None:
    match answer.verdict:
        case Finding() as said:
            new = _said(key, standing, answer, said)
            if new == standing:
                return None
            return Change(
                new, event=standing is None or (new.state, new.severity) != (standing.state, standing.severity)
            )
        case Ok(why=why) if standing is not None and standing.state != "resolved":
            return _resolved(standing, why or "the check found it in order")
        case _:
            return None


def _said(key: UUID, standing: Standing | None, answer: Judged, said: Finding) -> Standing:
    state: State = standing.state if standing else "open"
    return Standing(
        id=key,
        check_name=answer.check.name,
        subject_id=answer.subject.id,
        subject_kind=answer.subject.kind,
        client_id=answer.subject.client_id,
        severity=said.severity,
        state="regressed" if state == "resolved" else state,
        title=said.title or answer.check.title,
        evidence=as_json(said.evidence),
    )


def _resolved(standing: Standing, because: str) -> Change:
    return Change(
        replace(standing, state="resolved", evidence={**standing.evidence, "resolved_because": because}), event=True
    )


def as_json(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence as it reads back from the database: times, ids and decimals are text."""
    read: dict[str, Any] = orjson.loads(orjson.dumps(evidence, default=str))
    return read
