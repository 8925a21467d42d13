"""What a check would open and close with other parameters; no finding is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from mspbyte_common.db.engine import Connection
from mspbyte_common.findings import STANDING
from mspbyte_common.ids import finding_id
from mspbyte_common.ledger.item import BATCH, Item, Next
from svc_workers.check import Check
from svc_workers.evaluate import verdict_of
from svc_workers.inputs.gather import gather
from svc_workers.scopes import store as scopes
from svc_workers.shipped import CHECKS
from svc_workers.subject import Subject
from svc_workers.trials import store
from svc_workers.verdict import Finding, Ok, Verdict

SHOWN = 1000
"""Subjects listed each way; all are counted."""


async def trial(connection: Connection, item: Item) -> Sequence[Next]:
    """Makes each dry run that is still asked for."""
    for request in await store.requested(connection, item.entity_ids):
        check = CHECKS.get(request.check_name)
        if check is None:
            await store.write_failed(connection, request.id, f"there is no check {request.check_name}")
            continue
        unknown = sorted(set(request.params) - {field.name for field in fields(check.params)})
        if unknown:
            await store.write_failed(connection, request.id, f"{check.name} has no parameter {', '.join(unknown)}")
            continue
        await store.write_ready(connection, request.id, await _tried(connection, check, request))
    return []


async def _tried(connection: Connection, check: Check[Any, Any], request: store.Request) -> dict[str, Any]:
    ids = await store.subjects(connection, check.kind.NAME, request.client_id)
    scoped = await scopes.scoped(connection)
    standing = await store.standing(connection, check.name)
    counts = {"judged": 0, "findings": 0, "ok": 0, "unknown": 0, "would_open": 0, "would_close": 0}
    opens: list[dict[str, Any]] = []
    closes: list[dict[str, Any]] = []
    for start in range(0, len(ids), BATCH):
        batch = await gather(connection, ids[start : start + BATCH], [check])
        for subject in batch.subjects:
            verdict = verdict_of(check, subject, batch.links(subject), scoped, request.params)
            stood = standing.get(finding_id(check.name, subject.id))
            counts["judged"] += 1
            counts["findings" if isinstance(verdict, Finding) else "ok" if isinstance(verdict, Ok) else "unknown"] += 1
            if isinstance(verdict, Finding) and stood not in STANDING:
                opens.append(_row(check, subject, verdict))
            elif isinstance(verdict, Ok) and stood in STANDING:
                closes.append(_row(check, subject, verdict))
    counts |= {"would_open": len(opens), "would_close": len(closes)}
    return {**counts, "opens": opens[:SHOWN], "closes": closes[:SHOWN]}


def _row(check: Check[Any, Any], subject: Subject[Any], verdict: Verdict) -> dict[str, Any]:
    return {
        "subject_id": str(subject.id),
        "external_id": subject.external_id,
        "client_id": str(subject.client_id) if subject.client_id else None,
        "severity": verdict.severity if isinstance(verdict, Finding) else None,
        "title": (verdict.title if isinstance(verdict, Finding) else None) or check.title,
    }
