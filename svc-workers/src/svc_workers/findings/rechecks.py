"""When a check must look again although nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from svc_workers.findings.lifecycle import Judged
from svc_workers.verdict import Unknown


@dataclass(frozen=True)
class Recheck:
    """A row of `recheck`: a time, a listing to wait for, or the bare reason why nothing is known."""

    subject_id: UUID
    check_name: str
    subject_kind: str
    client_id: UUID | None
    account_id: UUID
    why: str | None
    waits_for: str | None
    due_at: datetime | None


def rechecks(judged: Iterable[Judged], awaited: Mapping[tuple[UUID, str], datetime]) -> list[Recheck]:
    """One for each unknown verdict, and for each that time can change, or whose finding it can, by subject and check.

    `awaited`: when time changes the finding of a subject and check.
    """
    rows = [_recheck(answer, awaited.get((answer.subject.id, answer.check.name))) for answer in judged]
    return sorted((row for row in rows if row is not None), key=lambda row: (row.subject_id, row.check_name))


def _recheck(answer: Judged, moment: datetime | None) -> Recheck | None:
    verdict, subject = answer.verdict, answer.subject
    unknown = isinstance(verdict, Unknown)
    due_at = min((at for at in (verdict.recheck_at, moment) if at is not None), default=None)
    if not unknown and due_at is None:
        return None
    return Recheck(
        subject_id=subject.id,
        check_name=answer.check.name,
        subject_kind=subject.kind,
        client_id=subject.client_id,
        account_id=subject.account,
        why=verdict.why if isinstance(verdict, Unknown) else None,
        waits_for=verdict.waits_for if isinstance(verdict, Unknown) else None,
        due_at=due_at,
    )
