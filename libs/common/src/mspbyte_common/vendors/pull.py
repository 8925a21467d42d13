"""The one loop that reads a vendor's list, whichever vendor it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from mspbyte_common.errors import PagingBroken, SchemaDrift, Unavailable
from mspbyte_common.fault_points import reach
from mspbyte_common.hashing import digest
from mspbyte_common.vendors.endpoint import Ask, Body, Cursor, Endpoint, Record, Request

log = structlog.get_logger()


@dataclass(frozen=True)
class Page:
    """One page in hand.

    `number`: its place in the run. `following`: the request for the page after it; None: it is the last. `cursor`: the one
    its answer gave, if it did.
    """

    number: int
    records: list[Record]
    following: Request | None
    cursor: Cursor | None = None


Keep = Callable[[Page], Awaitable[None]]
"""Stores a page, its work and the run's place in one transaction."""


async def pull(
    endpoint: Endpoint,
    ask: Ask,
    keep: Keep,
    *,
    since: Cursor | None = None,
    place: dict[str, Any] | None,
    number: int,
) -> int:
    """Reads the list from `place` (None: from its start) to the vendor's terminal marker; returns the pages read in all.

    With `since` it is what changed since that cursor, not the whole list. Memory is bounded by a page: each is kept before
    the next is asked for. A list that names a page twice never ends, and one of positions whose length changes has shifted:
    both raise PagingBroken.
    """
    first, following = _way(endpoint, since)
    request: Request | None = Request.from_json(place) if place else first()
    asked: set[bytes] = set()

    async def fetch(request: Request) -> Body:
        return (await ask(request)).body

    while request is not None:
        mark = digest(request.to_json())
        if mark in asked:
            message = f"page {number + 1} of {endpoint.resource} is one that was read before"
            raise PagingBroken(message)
        asked.add(mark)
        reply = await ask(request)
        reach("adapter.page.fetched")
        records = _records(endpoint, request, reply.body)
        after = following(endpoint, request, reply.body)
        if endpoint.complete_page is not None and since is None and records:
            records = await endpoint.complete_page(records, fetch)
        cursor = endpoint.incremental.cursor(reply) if endpoint.incremental else None
        await keep(Page(number, records, after, cursor))
        number += 1
        request = after
    return number


async def mark_of(endpoint: Endpoint, ask: Ask) -> Cursor | None:
    """The cursor that starts before a full listing; None where the vendor gives none, or not to this account."""
    if endpoint.incremental is None or endpoint.incremental.mark is None:
        return None
    try:
        return endpoint.incremental.cursor(await ask(endpoint.incremental.mark))
    except Unavailable as error:
        log.warning("no_cursor", resource=endpoint.resource, error=str(error))
        return None


def _way(
    endpoint: Endpoint, since: Cursor | None
) -> tuple[Callable[[], Request], Callable[[Endpoint, Request, Body], Request | None]]:
    """(the first request, how it goes on) of the whole list, or of what changed since the cursor."""
    if since is None:
        return lambda: endpoint.paging.first(endpoint), _following
    if endpoint.incremental is None:
        message = f"{endpoint.resource} has no incremental listing"
        raise TypeError(message)
    incremental = endpoint.incremental
    return lambda: incremental.first(endpoint, since), incremental.following


def _records(endpoint: Endpoint, request: Request, body: Body) -> list[Record]:
    if endpoint.extract is not None:
        return endpoint.extract(request, body)
    records = body.get(endpoint.records)
    if not isinstance(records, list):
        found = "missing" if records is None else f"a {type(records).__name__}"
        message = f"the page's {endpoint.records!r} is {found}, not a list"
        raise SchemaDrift(message)
    for position, record in enumerate(records):
        if not isinstance(record, dict):
            message = f"{endpoint.records}[{position}] is a {type(record).__name__}, not an object"
            raise SchemaDrift(message)
    return records


def _following(endpoint: Endpoint, request: Request, body: Body) -> Request | None:
    """The next page's request; PagingBroken when a list of positions has another length than on the page before."""
    following = endpoint.paging.following(endpoint, request, body)
    total = endpoint.paging.total(body) if endpoint.paging.total is not None else None
    if request.total is not None and total is not None and request.total != total:
        message = f"{endpoint.resource} went from {request.total} to {total} records while it was read"
        raise PagingBroken(message)
    return replace(following, total=total) if following is not None else None
