"""Labelled places where a process may be made to die, so that a test can show what then becomes of the work in hand.

Nothing happens at any of them unless a test has armed it (`MSPBYTE_FAULT_POINTS`). An armed one ends its process as
`kill -9` does: nothing is rolled back, closed or told by us.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mspbyte_common.errors import UsageError

POINTS: Final[Mapping[str, str]] = {
    # the loop
    "loop.message.taken": "The broker handed a message out; nothing was done yet.",
    "loop.message.done": "What the message asked for is committed and announced; the broker was not told.",
    "loop.message.answered": "The message is acknowledged, or put back for later.",
    "service.words.declared": "A service wrote down what it derives by which version, and takes no work yet.",
    # the ledger
    "ledger.start.counted": "That a row is started again is committed; the row is not locked yet.",
    "ledger.work.locked": "The row is locked; its step has not begun.",
    "ledger.work.handled": "The step is written; what follows from it is not.",
    "ledger.following.written": "The step and what follows are written; the row is still there.",
    "ledger.work.finished": "Step, what follows and the deletion of the row are written; nothing is committed.",
    "ledger.work.committed": "All of it is committed; what follows is not announced, the message not acknowledged.",
    "ledger.work.announced": "What follows is announced; the message is not acknowledged.",
    "ledger.attempt.failed": "The step failed and was rolled back; the failure is not noted.",
    "ledger.work.postponed": "The failed attempt is noted, and when the next begins; nothing is committed.",
    "ledger.work.split": "A failing row was replaced by its halves; nothing is committed.",
    "ledger.work.buried": "A failing record was moved to the dead letters; nothing is committed.",
    # the scheduler
    "scheduler.jobs.made": "Jobs of new accounts are written; nothing is committed.",
    "scheduler.jobs.claimed": "Due jobs are locked; nothing is decided.",
    "scheduler.jobs.moved": "The next instants of due jobs are written; what becomes of those that have come is not.",
    "scheduler.instants.written": "What becomes of due jobs' instants is written; nothing is committed.",
    "scheduler.instants.committed": "Instants and runs are committed; none is announced.",
    "scheduler.runs.chosen": "Which runs have their turn is known; none is marked.",
    "scheduler.runs.marked": "Runs are marked as announced; nothing is committed.",
    "scheduler.runs.committed": "Runs are committed as announced; the broker was not told.",
    "scheduler.run.announced": "A run is announced; others that are marked are not.",
    "scheduler.runs.recovered": "Runs whose lease ended are given back; nothing is committed.",
    "scheduler.losses.marked": "Work the broker lost is marked as announced once more; nothing is committed.",
    "scheduler.sweep.committed": "What is to be announced again is committed; the broker was not told.",
    "scheduler.rechecks.written": "Rechecks that are due became work; nothing is committed.",
    "scheduler.rechecks.committed": "That work is committed and not announced.",
    "scheduler.actions.handed_out": "An action whose moment has come became work; nothing is committed.",
    "scheduler.actions.committed": "That work is committed and not announced.",
    "scheduler.retention.dropped": "What is past its time is deleted; nothing is committed.",
    # adapters: a run
    "adapter.lists.registered": "The adapter's lists are made known; it takes no runs yet.",
    "adapter.run.claimed": "The run is leased to this process; the vendor was not asked.",
    "adapter.credential.read": "The connection's secret is decrypted in memory.",
    "adapter.run.begun": "How the list is read, and its starting cursor, are committed; no page is.",
    "adapter.list.read": "Every page is stored; the listing is not certified.",
    "adapter.listing.compared": "What the listing no longer has is known; nothing of it is written.",
    "adapter.records.tombstoned": "Records the listing lacks are marked deleted; nothing is committed.",
    "adapter.listing.certified": "The listing is certified; nothing is committed.",
    "adapter.reach.written": "Which accounts can be reached is written; nothing is committed.",
    "adapter.run.finished": "The run has ended; nothing is committed.",
    "adapter.run.committed": "Listing, run and what follows are committed; nothing is announced.",
    "adapter.run.announced": "What follows from the whole listing is announced.",
    "adapter.lease.renewed": "The lease of a run in hand was just renewed.",
    "adapter.failure.known": "The run failed; nothing is noted.",
    "adapter.failure.written": "What becomes of the failed run is written; nothing is committed.",
    "adapter.failure.committed": "What becomes of the failed run is committed; what follows is not announced.",
    # adapters: a page
    "adapter.request.permitted": "A permit of the budget is used; the request was not sent.",
    "adapter.request.answered": "The vendor answered; nobody has looked at it.",
    "adapter.token.minted": "The vendor issued a token; nobody holds it yet.",
    "adapter.page.fetched": "A page is in memory; nothing of it is stored.",
    "adapter.place.moved": "The run stands past the page; its records are not written, nothing is committed.",
    "adapter.page.noted": "What the page carried is noted; its records are not written, nothing is committed.",
    "adapter.records.written": "The page's records are written; nothing is committed.",
    "adapter.accounts.written": "The accounts a page names are written; nothing is committed.",
    "adapter.work.written": "The work that follows from a page is written; nothing is committed.",
    "adapter.page.stored": "The page, its records and its work are committed; nothing is announced.",
    "adapter.page.announced": "The page's work is announced; the next page was not asked for.",
    # adapters: the shared budget
    "budget.slice.charged": "Permits are charged to the shared budget; nothing is committed.",
    "budget.slice.leased": "A slice of permits is committed; none of it is used.",
    "budget.refusal.told": "The other replicas were told of a refusal; the database was not.",
    "budget.refusal.stored": "A refusal is committed; the rate is not lowered.",
    # processors
    "processors.records.locked": "A batch of records is locked.",
    "processors.records.mapped": "normalized_data is written; nothing is committed.",
    "processors.records.released": "Records that fit left quarantine; nothing is committed.",
    "processors.shapes.watched": "What the batch looked like is learned; nothing is committed.",
    # resolvers
    "resolvers.accounts.locked": "The batch's accounts are locked.",
    "resolvers.clients.known": "New clients are named; the records do not have them yet.",
    "resolvers.records.written": "Repaired records are written; their keys are not.",
    "resolvers.keys.written": "Keys are written; issues are not, nothing is committed.",
    "resolvers.issues.written": "Issues are written; nothing is committed.",
    "resolvers.things.regrouped": "Records that are one thing are merged; nothing is committed.",
    # linkers
    "linkers.work.claimed": "The batch's keys are claimed and its scopes locked.",
    "linkers.edges.known": "Which edges come and go is known; nothing is written.",
    "linkers.edges.written": "Edges are written; clusters are not.",
    "linkers.clusters.written": "A relation's clusters are true to its edges; nothing is committed.",
    # workers
    "workers.subjects.known": "Whom the work is about is known; nothing is locked.",
    "workers.clients.locked": "The subjects' clients are locked.",
    "workers.checks.answered": "Every check has answered; nothing is written.",
    "workers.findings.written": "Findings and their events are written; nothing is committed.",
    "workers.rechecks.written": "When to look again is written; nothing is committed.",
    # actions: what follows from findings
    "actions.msp.locked": "The msp's actions are locked; no finding was looked at.",
    "actions.wanted.known": "Which actions are wanted is known; none is written.",
    "actions.action.inserted": "An action is written; its audit is not.",
    "actions.ticket.ended": "A ticket is marked as ended; its audit is not written.",
    "actions.change.written": "An action or a change of one is written with its audit; nothing is committed.",
    # actions: carried out
    "effects.action.claimed": "An action is marked as in hand; its audit is not written.",
    "effects.claims.written": "The claim, its audit and the deletion of the work are written; nothing is committed.",
    "effects.claims.committed": "The claim is committed; nothing was sent.",
    "effects.attempt.begun": "The attempt begins; nothing was sent.",
    "effects.attempt.made": "The effect is there; nothing of it is noted.",
    "effects.end.marked": "The action is marked as done; its audit is not written.",
    "effects.end.written": "The end, its audit and what follows are written; nothing is committed.",
    "effects.end.committed": "The end is committed; what follows is not announced.",
    "effects.failure.known": "The attempt failed or was not answered; nothing is noted.",
    "effects.failure.marked": "The action is put off; its audit is not written.",
    "effects.failure.written": "What becomes of the failed attempt is written; nothing is committed.",
    "effects.failure.committed": "What becomes of the failed attempt is committed; what follows is not announced.",
    # actions: at the PSA
    "tickets.create.looked": "The PSA was asked whether an earlier attempt made the ticket; nothing was done about it.",
    "tickets.create.asked": "The request for a ticket is about to be sent.",
    "tickets.create.answered": "The PSA said that it made the ticket; nobody has noted its number.",
    "tickets.note.read": "The ticket a note belongs to was read.",
    "tickets.note.looked": "The PSA was asked whether an earlier attempt wrote the note; nothing was done about it.",
    "tickets.note.asked": "The request for a note is about to be sent.",
    "tickets.note.answered": "The PSA said that it took the note; nobody has noted that.",
    "tickets.close.read": "The ticket to close was read.",
    "tickets.close.asked": "The request to close is about to be sent.",
    "tickets.close.answered": "The PSA said that the ticket is closed; nobody has noted that.",
}
"""Every label, and what is true at that moment. `make docs` writes them to docs/fault-points.md."""


@dataclass(frozen=True)
class Armed:
    """At which pass of which points this process dies. A file in `witness` says that a point has had its death.

    All replicas share `witness`, so a point ends one process of the fleet, and the one started in its place lives.
    """

    passes: Mapping[str, int]
    witness: Path
    seen: Counter[str] = field(default_factory=Counter)

    def passed(self, label: str) -> None:
        """Ends the process if this is the pass."""
        at = self.passes.get(label)
        if at is None:
            return
        self.seen[label] += 1
        if self.seen[label] < at:
            return
        try:
            (self.witness / label).touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


_armed: Armed | None = None


def reach(label: str) -> None:
    """The process is at this point. Costs a comparison when nothing is armed."""
    if _armed is not None:
        _armed.passed(label)


def arm(points: str, witness: Path | None) -> None:
    """Arms `label` or `label:pass`, separated by commas; none for an empty text. UsageError for what is no point."""
    global _armed  # noqa: PLW0603 - one per process, set once where the process starts
    if not points:
        _armed = None
        return
    if witness is None:
        message = (
            "MSPBYTE_FAULT_POINTS needs MSPBYTE_FAULT_WITNESS, a directory: without it a process would die for ever."
        )
        raise UsageError(message)
    passes = {}
    for one in points.split(","):
        label, _, number = one.strip().partition(":")
        if label not in POINTS or not (number or "1").isdecimal():
            message = (
                f"MSPBYTE_FAULT_POINTS: there is no fault point {one.strip()!r}; docs/fault-points.md has them all."
            )
            raise UsageError(message)
        passes[label] = int(number or "1")
    _armed = Armed(passes, witness)
