"""The stage `report`: makes the reports that a person or a schedule asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import PipelineError
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.ledger.perform import ATTEMPTS
from svc_workers.reports import store
from svc_workers.reports.document import REPORTS, document
from svc_workers.reports.estate import Estate
from svc_workers.reports.read import read
from svc_workers.reports.render import csv_of, html, json_of
from svc_workers.reports.report import Report

log = structlog.get_logger()


async def report(connection: Connection, item: Item) -> Sequence[Next]:
    """Makes each report that is still asked for. One that cannot be made says why; the others go on.

    What nobody foresaw is tried again as any work is; after the last attempt the report says so too.
    """
    for request in await store.requested(connection, item.entity_ids):
        try:
            async with connection.transaction():
                await _make(connection, request)
        except Exception as error:
            if not isinstance(error, PipelineError) and item.attempts + 1 < ATTEMPTS:
                raise
            log.exception("report_failed", report=str(request.id))
            await store.write_failed(connection, request.id, f"{type(error).__name__}: {error}")
    return []


async def _make(connection: Connection, request: store.Request) -> None:
    declared = REPORTS.get(request.name)
    if declared is None:
        message = f"this release has no report {request.name!r}: it has {', '.join(sorted(REPORTS))}"
        raise PipelineError(message)
    estate = await read(connection, request.client_id, request.at)
    page, numbers, table = await asyncio.to_thread(_rendered, declared, estate, fleet=request.client_id is None)
    await store.write_ready(connection, request.id, as_of=estate.at, html=page, json=numbers, csv=table)


def _rendered(declared: Report, estate: Estate, *, fleet: bool) -> tuple[str, dict[str, Any], str]:
    """In a thread of its own: counting and drawing take seconds, and the service has to stay responsive."""
    counted = document(declared, estate, fleet=fleet)
    return html(counted), json_of(counted), csv_of(counted)
