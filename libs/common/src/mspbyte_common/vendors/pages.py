"""The ways vendors page, each a pair of pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mspbyte_common.errors import PagingBroken, SchemaDrift
from mspbyte_common.vendors.addresses import origin
from mspbyte_common.vendors.endpoint import Body, Endpoint, Paging, Request


def _first(endpoint: Endpoint) -> Request:
    return Request(endpoint.method, endpoint.path, endpoint.params, endpoint.body)


def unpaged() -> Paging:
    """The whole list is one page."""
    return Paging(_first, lambda _endpoint, _request, _body: None)


def one_each(paths: Sequence[str]) -> Paging:
    """A page for each of these paths."""

    def following(endpoint: Endpoint, request: Request, _body: Body) -> Request | None:
        place = paths.index(request.url) + 1
        return Request(endpoint.method, paths[place], endpoint.params) if place < len(paths) else None

    return Paging(lambda endpoint: Request(endpoint.method, paths[0], endpoint.params), following)


def next_link(name: str) -> Paging:
    """The body carries the next page's address; the last page carries none. A page may be empty and still go on."""

    def following(_endpoint: Endpoint, _request: Request, body: Body) -> Request | None:
        link = body.get(name)
        if link is None:
            return None
        if not isinstance(link, str) or not link:
            message = f"{name} is not an address"
            raise SchemaDrift(message)
        if ":" in link.partition("/")[0] or link.startswith("//"):
            origin(link)
        return Request("GET", link)

    return Paging(_first, following)


def key_after(*, parameter: str = "pageFromKey", key: str = "nextKey", positions: bool = False) -> Paging:
    """`pages.<key>` is handed back as a parameter; the last page has none (Sophos endpoints and alerts).

    `positions`: the keys are no ids but places, which shift (alerts, whose keys are decimal digits).
    """

    def following(endpoint: Endpoint, _request: Request, body: Body) -> Request | None:
        pages = _pages(body)
        token = pages.get(key)
        if token is None:
            return None
        return Request(endpoint.method, endpoint.path, {**endpoint.params, parameter: str(token)})

    return Paging(_first, following, _items if positions else None)


MOST_UNCOUNTED = 1_000
"""A list that says nowhere how many pages it has must end before this one."""


def page_number(*, parameter: str = "page", counted: bool = True) -> Paging:
    """Pages count from one; `pages.total` says how many (Sophos, asked with pageTotal=true).

    A list that is not always `counted` (Sophos's directory) ends with an empty page where `pages` is missing: a short page
    proves nothing, and one past the end is empty.
    """

    def first(endpoint: Endpoint) -> Request:
        return Request(endpoint.method, endpoint.path, {**endpoint.params, parameter: "1"})

    def following(endpoint: Endpoint, request: Request, body: Body) -> Request | None:
        current = int(request.params[parameter])
        if not counted and body.get("pages") is None:
            return _uncounted(endpoint, request, body, current)
        pages = _pages(body)
        if pages.get("current") not in (None, current):
            message = f"asked for page {current}, got page {pages['current']}"
            raise SchemaDrift(message)
        total = pages.get("total")
        if not isinstance(total, int):
            message = "pages.total is missing: the end of the list cannot be proved"
            raise SchemaDrift(message)
        if current >= total:
            return None
        return Request(endpoint.method, endpoint.path, {**endpoint.params, parameter: str(current + 1)})

    def _uncounted(endpoint: Endpoint, request: Request, body: Body, current: int) -> Request | None:
        if body.get(endpoint.records) == []:
            return None
        if current >= MOST_UNCOUNTED:
            message = f"page {current} of {endpoint.resource} is not empty, and nothing says how many there are"
            raise PagingBroken(message)
        return Request(endpoint.method, endpoint.path, {**request.params, parameter: str(current + 1)})

    return Paging(first, following, _items)


def id_after(*, size: int, start: int = -1) -> Paging:
    """Autotask: ask for ids above the last one seen, in pages of `size`; a short page is the last.

    Ids start above -1, because 0 is the MSP's own company. The vendor orders by id; a page that does not is refused.
    """

    def following(endpoint: Endpoint, asked: Request, body: Body) -> Request | None:
        items = body[endpoint.records]
        if len(items) < size:
            return None
        condition, *others = (asked.body or {})["filter"]
        last = int(condition["value"])
        ids = [item.get("id") for item in items]
        if not all(isinstance(value, int) for value in ids) or ids != sorted(ids) or ids[0] <= last:
            message = "items are not in ascending order of id above the one asked for"
            raise SchemaDrift(message)
        return above(endpoint, ids[-1], size, others)

    return Paging(lambda endpoint: above(endpoint, start, size), following)


def above(endpoint: Endpoint, last: int, size: int, others: Sequence[Mapping[str, Any]] = ()) -> Request:
    """Autotask's query for records with an id above `last` that meet the other conditions too, beside the list's own body."""
    condition = {"op": "gt", "field": "id", "value": last}
    asked = {**(endpoint.body or {}), "MaxRecords": size, "filter": [condition, *others]}
    return Request("POST", endpoint.path, {}, asked)


def _items(body: Body) -> int | None:
    """How many records the whole list has, where the page says so."""
    pages = body.get("pages")
    items = pages.get("items") if isinstance(pages, dict) else None
    return items if isinstance(items, int) else None


def _pages(body: Body) -> dict[str, Any]:
    pages = body.get("pages")
    if not isinstance(pages, dict):
        message = "pages is missing: the end of the list cannot be proved"
        raise SchemaDrift(message)
    return pages
