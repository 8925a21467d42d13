"""The stage `evaluate`: runs the checks a change is about and keeps findings and rechecks true to their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from prometheus_client import Counter

from mspbyte_common.db.engine import Connection
from mspbyte_common.fault_points import reach
from mspbyte_common.ledger.item import BATCH, Item, Next, batches
from svc_workers.actions import store as actions
from svc_workers.check import Check
from svc_workers.expansion.expand import expand
from svc_workers.findings import store as findings
from svc_workers.findings.lifecycle import NO_ACCOUNT_OF, Judged, awaited, changes
from svc_workers.findings.rechecks import rechecks
from svc_workers.inputs import store as inputs
from svc_workers.inputs.gather import gather
from svc_workers.links import Links
from svc_workers.scopes import store as scopes
from svc_workers.scopes.scoped import Scoped, with_params
from svc_workers.shipped import CHECKS, checks_of
from svc_workers.subject import Subject
from svc_workers.verdict import Finding, Ok, Unknown, Verdict

SETTLING = timedelta(seconds=3)
"""How long records that are on their way to be linked are given before a check that needs them looks again."""

VERDICTS = Counter("mspbyte_verdicts_total", "Answers of checks", ["check", "answer"])


async def evaluate(connection: Connection, item: Item) -> Sequence[Next]:
    """Evaluates what the item is about; more subjects than one batch holds become work of their own.

    Of two evaluations that share a client the second starts to read when the first has committed, so it sees all that
    the first saw. Listings wait with becoming complete until no evaluation is under way: whoever found one incomplete
    has left its recheck by then.
    """
    await inputs.lock_freshness(connection, item.msp_id)
    subjects = sorted(await expand(connection, item))
    reach("workers.subjects.known")
    if len(subjects) > BATCH:
        return list(batches("evaluate", "recheck", item.account_id, subjects))
    return await _judge(connection, item, subjects) if subjects else []


def verdict_of(
    check: Check[Any, Any], subject: Subject[Any], links: Links, scoped: Scoped, said: Mapping[str, Any] | None = None
) -> Verdict:
    """The check's answer with the parameters that hold for the subject, and `said`; where it is excepted, that it is.

    Of several records of one thing the leading one is judged, for all, unless the check is about each. One that waits for
    records on their way is asked for again in a moment; one that waits for a list the account does not have says why it has
    none. A finding says which of the check's vendors the client has no account of: it was made without them.
    """
    if subject.merged_into is not None and not check.each_record:
        return Ok(why=f"it is one thing with record {subject.merged_into}, which is judged for both")
    exempt = scoped.exemption(check, subject, links.now)
    if exempt is not None:
        return Ok(exempt.expires_at, f"excepted until {exempt.expires_at:%Y-%m-%d} by {exempt.author}: {exempt.reason}")
    verdict = check.verdict(subject, links, with_params(scoped.params(check, subject), said or {}))
    if isinstance(verdict, Finding) and (lacking := links.lacking(check.needs)):
        return replace(verdict, evidence={**verdict.evidence, NO_ACCOUNT_OF: lacking})
    if not isinstance(verdict, Unknown) or verdict.waits_for is None:
        return verdict
    if links.settles(verdict.waits_for):
        return replace(verdict, recheck_at=links.now + SETTLING)
    unavailable = links.unavailable(verdict.waits_for)
    return verdict if unavailable is None else replace(verdict, why=f"no {verdict.waits_for}: {unavailable}")


async def _judge(connection: Connection, item: Item, subjects: Sequence[UUID]) -> Sequence[Next]:
    await inputs.lock_clients(connection, subjects)
    reach("workers.clients.locked")
    unlinked = await inputs.being_linked(connection, subjects)
    ids = [subject for subject in subjects if subject not in unlinked]
    batch = await gather(connection, ids, list(CHECKS.values()))
    scoped = await scopes.scoped(connection)
    judged = [
        Judged(check, subject, verdict_of(check, subject, links, scoped), links.vendors)
        for subject, links in ((subject, batch.links(subject)) for subject in batch.subjects)
        for check in checks_of(subject.kind)
    ]
    reach("workers.checks.answered")
    stored = await findings.findings_of(connection, ids)
    changed = changes(stored, judged, batch.gone, batch.now)
    await findings.write_findings(connection, item, changed)
    reach("workers.findings.written")
    await findings.replace_rechecks(connection, item.msp_id, ids, rechecks(judged, awaited(stored, changed)))
    reach("workers.rechecks.written")
    for answer in judged:
        VERDICTS.labels(answer.check.name, type(answer.verdict).__name__.lower()).inc()
    news = [change.finding.id for change in changed if change.event]
    return list(batches("act", "finding", item.account_id, news)) if news and await actions.acts(connection) else []
