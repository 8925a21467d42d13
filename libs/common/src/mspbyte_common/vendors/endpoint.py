"""A vendor's list as data: what an adapter declares, and all it needs to know about a resource."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

Record = dict[str, Any]
Body = dict[str, Any]
Cursor = dict[str, Any]
"""A place between runs, in the vendor's own terms: what `Incremental.first` needs to ask for what changed since."""


@dataclass(frozen=True)
class Request:
    """A request for a page. It can be stored as JSON: the place within a run is the request for its next page.

    `url` is a path on the endpoint's host, or an absolute address that the vendor gave (and that is checked against the
    hosts of the connection before anything is sent there). `total` is not sent: how many records the list had on the page
    before, where it is one of positions.
    """

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    total: int | None = None

    def to_json(self) -> dict[str, Any]:
        """What `run.page_token` keeps."""
        place = {"method": self.method, "url": self.url, "params": dict(self.params), "body": self.body}
        return place if self.total is None else {**place, "total": self.total}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Request:
        """The request that `run.page_token` kept."""
        return cls(value["method"], value["url"], value["params"], value["body"], value.get("total"))


@dataclass(frozen=True)
class Reply:
    """A successful answer: its JSON object, and the vendor's clock when it was given (None: it did not say)."""

    body: Body
    at: datetime | None


class Ask(Protocol):
    """Sends one request to the vendor within its budget; returns the successful answer, or raises."""

    def __call__(self, request: Request) -> Awaitable[Reply]:
        """Send it."""


class Fetch(Protocol):
    """As `Ask`, for those who want no more than the answer's JSON object."""

    def __call__(self, request: Request) -> Awaitable[Body]:
        """Send it."""


@dataclass(frozen=True)
class Paging:
    """How a list goes on: two pure functions.

    `following` gets the endpoint, the request just answered and its body; it returns the request for the next page, or
    None on the vendor's own terminal marker, and raises SchemaDrift when the body has neither.

    `total` is given for a list whose places are positions: a record that goes while it is read shifts those behind it onto
    pages that were read before. It tells how many records the vendor says the list has, None when it does not.
    """

    first: Callable[[Endpoint], Request]
    following: Callable[[Endpoint, Request, Body], Request | None]
    total: Callable[[Body], int | None] | None = None


@dataclass(frozen=True)
class Incremental:
    """How a list tells what changed since a cursor.

    `interval`: how often it is asked; the endpoint's own says how often the list is read in full. `mark`: the request sent
    before a full listing for the cursor that starts there; None where the listing's own answers give one. `cursor` reads
    one from an answer, or returns None; of those a run is given it keeps the first, and only once it is complete. `first`
    and `following` as in Paging, from a cursor on. `merge` gets the record stored (None: none, or it was deleted) and the
    one the vendor tells; it returns the record as a full listing would send it, or None when it is gone. A cursor that was
    not moved for `oldest` is not used.
    """

    interval: timedelta
    oldest: timedelta
    cursor: Callable[[Reply], Cursor | None]
    first: Callable[[Endpoint, Cursor], Request]
    following: Callable[[Endpoint, Request, Body], Request | None]
    merge: Callable[[Record | None, Record], Record | None]
    mark: Request | None = None


@dataclass(frozen=True)
class Accounts:
    """For a list whose records are accounts: how to know one.

    `settings` of a record are merged into the account's; `unreachable` tells from the merged ones why there is no way to
    the account, or None.
    """

    external_id: Callable[[Record], str | None]
    name: Callable[[Record], str | None]
    settings: Callable[[Record], dict[str, Any]]
    unreachable: Callable[[Mapping[str, Any]], str | None]


def by(name: str) -> Callable[[Record], str | None]:
    """The record's id is the value of one field. Zero is an id; an empty string is none."""

    def read(record: Record) -> str | None:
        value = record.get(name)
        return None if value is None or value == "" else str(value)

    return read


BY_ID = by("id")
Extract = Callable[[Request, Body], list[Record]]


def whole(_request: Request, body: Body) -> list[Record]:
    """The answer is itself the one record."""
    return [body]


@dataclass(frozen=True)
class Endpoint:
    """One vendor list.

    `records`: the body's key that holds the page's records; where there is none, `extract` finds them instead.
    `host`: which of the session's hosts serves it.
    `volatile`: fields that move without meaning. `level`: 'root' lists are read once per connection, 'tenant' lists for
    each account. `complete_page` adds to a full listing's records what the vendor keeps elsewhere (a group's members);
    what an `incremental` one tells is completed by its `merge`.
    `needs`: the permission, role or licence without which the vendor refuses the list, in words a person understands.
    `essential`: an account that refuses the list is nothing to us and stops; any other list is then unavailable, alone.
    """

    resource: str
    kind: str
    path: str
    records: str
    paging: Paging
    interval: timedelta
    extract: Extract | None = None
    host: str = "default"
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    record_id: Callable[[Record], str | None] = BY_ID
    volatile: frozenset[str] = frozenset()
    level: Literal["root", "tenant"] = "tenant"
    priority: int = 5
    accounts: Accounts | None = None
    complete_page: Callable[[list[Record], Fetch], Awaitable[list[Record]]] | None = None
    incremental: Incremental | None = None
    needs: str = ""
    essential: bool = False
