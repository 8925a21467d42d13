"""svc-workers: checks and reports."""

from __future__ import annotations

from collections.abc import Sequence

from mspbyte_common.db.engine import Connection
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.service import run, stages
from svc_workers.evaluate import evaluate
from svc_workers.reconciliation.answer import answer
from svc_workers.reports.document import REPORTS
from svc_workers.reports.make import report
from svc_workers.reports.store import declare_reports
from svc_workers.scopes.store import declare_checks
from svc_workers.shipped import CHECKS
from svc_workers.trials.trial import trial


async def asked(connection: Connection, item: Item) -> Sequence[Next]:
    """The stage `report`: what was asked for, a report, the dry run of a check or a reconciliation."""
    return await {"trial": trial, "reconciliation": answer}.get(item.kind, report)(connection, item)


async def declare(connection: Connection) -> None:
    """Writes down which checks and reports this release has."""
    await declare_checks(connection, CHECKS.values())
    await declare_reports(connection, [(one.name, one.title, one.lead) for one in REPORTS.values()])


def main() -> None:
    """Serves the stages `evaluate` and `report` until told to stop."""
    run("svc-workers", stages({"evaluate": evaluate, "report": asked}, declare=declare))
