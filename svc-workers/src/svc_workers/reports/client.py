"""The stage `report`: makes the client reports that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import PipelineError
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.ledger.perform import ATTEMPTS
from mspbyte_common.models import Licence
from svc_workers.inputs import store as inputs
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.reconciliation.surroundings import surroundings
from svc_workers.reports import store
from svc_workers.reports.freshness import Freshness
from svc_workers.reports.numbers import SKUS, Facts, numbers
from svc_workers.reports.render import html, table

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
    facts = await _facts(connection, request.client_id)
    counted = numbers(facts)
    await store.write_ready(
        connection, request.id, as_of=facts.now, html=html(counted), numbers=counted, csv=table(counted)
    )


async def _facts(connection: Connection, client_id: UUID) -> Facts:
    client = await store.client(connection, client_id)
    if client is None:
        message = f"there is no client {client_id}"
        raise PipelineError(message)
    owned = await inputs.of_clients(connection, [client_id], [Licence.NAME], ["/".join(SKUS)])
    return Facts(
        now=await inputs.now(connection),
        client=client,
        freshness=Freshness(await store.sources(connection, client_id)),
        people=await store.people(connection, client_id),
        devices=await store.devices(connection, client_id),
        same_devices=await store.same_devices(connection, client_id),
        licences=[Licence.model_validate_json(row.data) for row in owned if row.data is not None],
        reconciliation=reconcile((await surroundings(connection, [client_id]))[client_id]),
        findings=await store.findings(connection, client_id),
    )
