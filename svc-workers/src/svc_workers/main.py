"""Wires svc-workers: checks, reports, what follows from findings, and messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mspbyte_common.db.engine import Connection
from mspbyte_common.effects.carry_out import receive_effects
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.service import Service, run, stages
from mspbyte_common.vendors.transport import open_transport
from svc_workers.actions import trial as workflows
from svc_workers.actions.act import act
from svc_workers.evaluate import evaluate
from svc_workers.notify.notify import MANNER, WorkersSettings, performer
from svc_workers.reconciliation.answer import answer
from svc_workers.reports.document import REPORTS
from svc_workers.reports.make import report
from svc_workers.reports.store import declare_reports
from svc_workers.scopes.store import declare_checks
from svc_workers.shipped import CHECKS
from svc_workers.trials.trial import trial

ASKED = {"trial": trial, "reconciliation": answer, "workflow": workflows.trial}


async def asked(connection: Connection, item: Item) -> Sequence[Next]:
    """The stage `report`: what a person asked for: a report, a reconciliation, the dry run of a check or a workflow."""
    return await ASKED.get(item.kind, report)(connection, item)


async def declare(connection: Connection) -> None:
    """Writes down which checks and reports this release has."""
    await declare_checks(connection, CHECKS.values())
    await declare_reports(connection, [(one.name, one.title, one.lead) for one in REPORTS.values()])


async def body(service: Service) -> None:
    """Does the stages `evaluate`, `act` and `report` in the database, and `notify` outside of it."""
    settings = service.settings
    if not isinstance(settings, WorkersSettings):
        message = f"{service.name} needs WorkersSettings"
        raise TypeError(message)
    inside = stages({"evaluate": evaluate, "act": act, "report": asked}, declare=declare)
    async with open_transport(allow_loopback_http=settings.allow_loopback_http) as transport:
        receive = receive_effects(service, "notify", performer(service, transport, settings), MANNER)
        await asyncio.gather(inside(service), service.consume("STAGES", "notify", receive, hands=2))


def main() -> None:
    """Serves its stages until told to stop."""
    run("svc-workers", body, settings=WorkersSettings)
