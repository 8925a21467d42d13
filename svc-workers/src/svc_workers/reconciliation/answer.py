"""Answers reconciliations that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import PipelineError
from mspbyte_common.history import KEPT
from mspbyte_common.ledger.item import Item, Next
from svc_workers.inputs import store as inputs
from svc_workers.reconciliation import store
from svc_workers.reconciliation.document import document
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.reconciliation.surroundings import surroundings

AT_ONCE = 50
"""Clients whose things are in memory together."""


async def answer(connection: Connection, item: Item) -> Sequence[Next]:
    """Makes each reconciliation that is still asked for; one that cannot be made says why."""
    for request in await store.requested(connection, item.entity_ids):
        try:
            async with connection.transaction():
                made = await _made(connection, request)
        except PipelineError as error:
            await store.write_failed(connection, request.id, str(error))
        else:
            await store.write_ready(connection, request.id, made)
    return []


async def _made(connection: Connection, request: store.Request) -> dict[str, Any]:
    now = await inputs.now(connection)
    if request.at is not None and not now - KEPT <= request.at <= now:
        message = f"ask about a time of the last {KEPT // timedelta(days=1)} days: changes are kept for so long."
        raise PipelineError(message)
    clients = await store.every_client(connection) if request.client_id is None else [request.client_id]
    names = {row.id: row.name for row in await store.clients(connection, clients)}
    found = []
    for start in range(0, len(clients), AT_ONCE):
        around = await surroundings(connection, clients[start : start + AT_ONCE], request.at)
        found += [(names[client], reconcile(links)) for client, links in around.items()]
    return document(sorted(found, key=lambda one: one[0]))
