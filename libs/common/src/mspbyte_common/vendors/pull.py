"""The one loop that reads a vendor's list, whichever vendor it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mspbyte_common.errors import PagingBroken, SchemaDrift
from mspbyte_common.hashing import digest
from mspbyte_common.vendors.endpoint import Body, Endpoint, Fetch, Record, Request


@dataclass(frozen=True)
class Page:
    """One page in hand: its place in the run, its records, and the request for the one after it (None: it is the last)."""

    number: int
    records: list[Record]
    following: Request | None


Keep = Callable[[Page], Awaitable[None]]
"""Stores a page, its work and the run's place in one transaction."""


async def pull(endpoint: Endpoint, fetch: Fetch, keep: Keep, *, place: dict[str, Any] | None, number: int) -> int:
    """Reads the list from `place` (None: from its start) to the vendor's terminal marker; returns the pages read in all.

    Memory is bounded by a page: each is kept before the next is asked for. A list that names a page twice never ends and
    raises PagingBroken.
    """
    request: Request | None = Request.from_json(place) if place else endpoint.paging.first(endpoint)
    asked: set[bytes] = set()
    while request is not None:
        mark = digest(request.to_json())
        if mark in asked:
            message = f"page {number + 1} of {endpoint.resource} is one that was read before"
            raise PagingBroken(message)
        asked.add(mark)
        body = await fetch(request)
        records = _records(endpoint, body)
        following = endpoint.paging.following(endpoint, request, body)
        if endpoint.complete_page is not None and records:
            records = await endpoint.complete_page(records, fetch)
        await keep(Page(number, records, following))
        number += 1
        request = following
    return number


def _records(endpoint: Endpoint, body: Body) -> list[Record]:
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
