"""Whether a run reads the whole list or what changed since a cursor; and what becomes of a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mspbyte_common.hashing import digest
from mspbyte_common.vendors.endpoint import Cursor, Endpoint, Record
from mspbyte_common.vendors.listings.store import Listing

MANUAL = "manual"
"""The trigger of a run a person asked for: it reads everything."""
ALMOST = 0.9
"""Of its interval: jobs are spread by jitter, and one that fires a little early need not wait for another round."""


def since(endpoint: Endpoint, listing: Listing, trigger: str) -> Cursor | None:
    """The cursor to go on from, or None: the list is read in full.

    It is read in full when a person asks, when its last full reading is older than its interval or waits for a second one
    to agree on deletions, and when there is no cursor, or one that is too old or was given for other questions.
    """
    incremental = endpoint.incremental
    if incremental is None or trigger == MANUAL or listing.held_ids:
        return None
    if listing.cursor is None or listing.complete_age is None or listing.current_age is None:
        return None
    if (
        listing.complete_age >= _full_seconds(endpoint, listing)
        or listing.current_age >= incremental.oldest.total_seconds()
    ):
        return None
    return listing.cursor["from"] if listing.cursor.get("shape") == shape(endpoint) else None


def is_asked(endpoint: Endpoint, listing: Listing, trigger: str) -> bool:
    """Whether the vendor is asked at all: a list it refuses is asked for again when the whole would be due, or by a person."""
    if listing.unavailable_age is None or trigger == MANUAL:
        return True
    return listing.unavailable_age >= _full_seconds(endpoint, listing) * ALMOST


def _full_seconds(endpoint: Endpoint, listing: Listing) -> float:
    return listing.full_seconds or endpoint.interval.total_seconds()


def kept(endpoint: Endpoint, cursor: Cursor | None) -> dict[str, Any] | None:
    """A cursor as it is stored: with the shape of the question it was given for."""
    return None if cursor is None else {"shape": shape(endpoint), "from": cursor}


def shape(endpoint: Endpoint) -> str:
    """Stands for what is asked: other fields need a new baseline, or their changes would be missed."""
    mark = endpoint.incremental.mark if endpoint.incremental else None
    return digest([endpoint.path, dict(endpoint.params), endpoint.body, mark.to_json() if mark else None]).hex()


def merged(
    endpoint: Endpoint, stored: Mapping[UUID, Record], told: Sequence[tuple[UUID, Record]]
) -> tuple[list[Record], list[UUID]]:
    """(records as they are now, ids of those that are gone), from what is stored and what the vendor tells, in its order.

    One record may be told several times: each is merged into what the one before it made.
    """
    if endpoint.incremental is None:
        return [record for _, record in told], []
    now: dict[UUID, Record | None] = {}
    for entity, record in told:
        now[entity] = endpoint.incremental.merge(now[entity] if entity in now else stored.get(entity), record)
    return (
        [record for record in now.values() if record is not None],
        [entity for entity, record in now.items() if record is None and entity in stored],
    )
