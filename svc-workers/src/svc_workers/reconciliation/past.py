"""What was known of clients at a time: records with their changes since undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from mspbyte_common.db.engine import Connection
from mspbyte_common.errors import PipelineError
from mspbyte_common.history import as_of
from svc_workers.reconciliation import store
from svc_workers.reconciliation.store import PastRow
from svc_workers.subject import MODELS, Subject


async def things(
    connection: Connection, clients: Sequence[UUID], kinds: Sequence[str], needs: Sequence[str], at: datetime
) -> dict[UUID | None, tuple[Subject[Any], ...]]:
    """By client, what it had at a time, each thing once; what belonged to none is under None.

    Volatile fields, such as when a machine was last seen, are those of today: of them nothing is kept but the last. Which
    records are one thing within a vendor is known as of today only; of those that were there the first leads.
    """
    rows = await store.past_rows(connection, clients, kinds, needs, at)
    later = await store.changes_since(connection, [row.id for row in rows], at)
    there: dict[UUID | None, dict[UUID, tuple[int, Subject[Any]]]] = defaultdict(dict)
    for row in rows:
        past = as_of(
            row.data, str(row.client_id) if row.client_id else None, deleted=row.deleted, later=later.get(row.id, ())
        )
        if past.document is not None and not past.deleted:
            client = UUID(past.client_id) if past.client_id else None
            thing, place = row.merged_id or row.id, row.place or 0
            known = there[client].get(thing)
            if known is None or place < known[0]:
                there[client][thing] = place, _subject(row, client, past.document, at)
    return {client: _in_order(one for _, one in found.values()) for client, found in there.items()}


def _subject(row: PastRow, client: UUID | None, document: dict[str, Any], at: datetime) -> Subject[Any]:
    try:
        model = MODELS[row.kind].model_validate_json(orjson.dumps(document))
    except ValidationError as error:
        message = f"record {row.id} as of {at:%Y-%m-%d %H:%M} is none that this release reads: {error}"
        raise PipelineError(message) from error
    return Subject(row.id, row.kind, row.vendor, row.resource, row.external_id, row.account_id, client, model)


def _in_order(found: Iterable[Subject[Any]]) -> tuple[Subject[Any], ...]:
    return tuple(sorted(found, key=lambda one: one.id))
