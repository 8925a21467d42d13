"""A vendor's list as data: what an adapter declares, and all it needs to know about a resource."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

Record = dict[str, Any]
Body = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A request for a page. It can be stored as JSON: the place within a run is the request for its next page.

    `url` is a path on the endpoint's host, or an absolute address that the vendor gave (and that is checked against the
    hosts of the connection before anything is sent there).
    """

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """What `run.page_token` keeps."""
        return {"method": self.method, "url": self.url, "params": dict(self.params), "body": self.body}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Request:
        """The request that `run.page_token` kept."""
        return cls(value["method"], value["url"], value["params"], value["body"])


class Fetch(Protocol):
    """Sends one request to the vendor within its budget; returns the JSON object of a successful answer, or raises."""

    def __call__(self, request: Request) -> Awaitable[Body]:
        """Send it."""


@dataclass(frozen=True)
class Paging:
    """How a list goes on: two pure functions.

    `following` gets the endpoint, the request just answered and its body; it returns the request for the next page, or
    None on the vendor's own terminal marker, and raises SchemaDrift when the body has neither.
    """

    first: Callable[[Endpoint], Request]
    following: Callable[[Endpoint, Request, Body], Request | None]


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


@dataclass(frozen=True)
class Endpoint:
    """One vendor list.

    `records`: the body's key that holds the page's records. `host`: which of the session's hosts serves it.
    `volatile`: fields that move without meaning. `level`: 'root' lists are read once per connection, 'tenant' lists for
    each account. `complete_page` adds to a page's records what the vendor keeps elsewhere (a group's members).
    """

    resource: str
    kind: str
    path: str
    records: str
    paging: Paging
    interval: timedelta
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
