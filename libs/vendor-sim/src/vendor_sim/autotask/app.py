"""Autotask on one port: zone lookup for anyone, the REST API for the MSP's API user. Paths ignore letter case."""

from collections.abc import Mapping
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import quote

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vendor_sim import admin
from vendor_sim.addresses import Addresses
from vendor_sim.answers import Answer, Refused
from vendor_sim.autotask import metadata
from vendor_sim.autotask.errors import CONTENT_TYPE, error, of_status, refuse, routing, unauthorized
from vendor_sim.autotask.fields import FIELDS
from vendor_sim.autotask.query import page_size, predicate, projection
from vendor_sim.autotask.writes import change_ticket, create_note, create_ticket
from vendor_sim.counters import Counters
from vendor_sim.estate import Estate, Record
from vendor_sim.faults import Faults
from vendor_sim.gate import Gate, Vendor
from vendor_sim.limits import UNLIMITED, Limits
from vendor_sim.mutate import clock

ROOT = "/ATServicesRest/V1.0"
_ENTITIES = {entity.lower(): entity for entity in FIELDS}
_WORDS = (
    "ATServicesRest",
    "V1.0",
    "zoneInformation",
    "ThresholdInformation",
    "versionInformation",
    "entityInformation",
    "fields",
    "Notes",
    "query",
    "count",
    "next",
)
_SPELLED = {name.lower(): name for name in (*_WORDS, *FIELDS)}
REQUEST_THRESHOLD = 10_000


def build(
    estate: Estate, faults: Faults, counters: Counters, addresses: Addresses, limits: Limits = UNLIMITED
) -> Starlette:
    """The app; the zone and next pages carry `addresses.autotask`."""
    api = _Api(estate, counters, limits, addresses.autotask)

    async def answer(request: Request) -> Response:
        try:
            return api.answer(request, await request.body()).response(CONTENT_TYPE)
        except Refused as refused:
            return refused.answer.response(CONTENT_TYPE)

    vendor = Vendor(
        name="autotask",
        content_type=CONTENT_TYPE,
        template=template,
        account=lambda _path, _headers: "",
        error=of_status,
    )
    return Starlette(
        routes=[
            *admin.routes(estate, faults, counters, limits),
            Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ],
        middleware=[
            Middleware(
                Gate, vendor=vendor, faults=faults, counters=counters, limits=limits, clock=partial(clock, estate)
            )
        ],
    )


def template(path: str) -> str:
    """The route of a path in the vendor's spelling, ids replaced by `{id}`."""
    parts = [_SPELLED.get(part.lower(), part) for part in path.strip("/").split("/")]
    return "/" + "/".join("{id}" if part.isdecimal() else part for part in parts)


class _Api:
    """Everything below the root, over the one database."""

    def __init__(self, estate: Estate, counters: Counters, limits: Limits, base: str) -> None:
        self._estate = estate
        self._secrets = estate.credentials
        self._counters = counters
        self._limits = limits
        self._base = base
        self._tables: dict[str, dict[int, Record]] = {entity: estate.autotask.table(entity) for entity in FIELDS}

    def answer(self, request: Request, body: bytes) -> Answer:  # noqa: PLR0911 - one return for each kind of route
        """Any request; raises Refused for a bad query."""
        parts = request.url.path.strip("/").lower().split("/")
        if parts[:1] != ["atservicesrest"]:
            return routing(404, "No HTTP resource was found that matches the request URI.")
        if parts[1:] == ["versioninformation"]:
            return Answer(200, {"apiVersions": ["1.0"]})
        if parts[1:] == ["v1.0", "zoneinformation"]:
            return self._zone(request.query_params.get("user", ""))
        refused = self._sign_in(request.headers)
        if refused:
            return refused
        if parts[1:] == ["v1.0", "thresholdinformation"]:
            return self._threshold()
        if len(parts) < 3 or parts[1] != "v1.0" or parts[2] not in _ENTITIES:
            return routing(404, "No HTTP resource was found that matches the request URI.")
        return self._entity(_ENTITIES[parts[2]], parts[3:], request, body)

    def _zone(self, user: str) -> Answer:
        if user.lower() != self._secrets.autotask_username.lower():
            return error("Zone information could not be determined")
        url = f"{self._base}/ATServicesRest/"
        return Answer(200, {"zoneName": "Germany", "url": url, "webUrl": f"{self._base}/", "ci": 20264})

    def _sign_in(self, headers: Mapping[str, str]) -> Answer | None:
        """None for the API user; 401 with an empty body for others; 500 for a wrong integration code."""
        secrets = self._secrets
        user, secret = headers.get("username", ""), headers.get("secret", "")
        if user.lower() != secrets.autotask_username.lower() or secret != secrets.autotask_secret:
            return unauthorized()
        if headers.get("apiintegrationcode") != secrets.autotask_integration_code:
            return error("IntegrationCode is invalid")
        return None

    def _threshold(self) -> Answer:
        allowed, used = self._limits.threshold() or (REQUEST_THRESHOLD, sum(self._counters.requests.values()))
        return Answer(
            200,
            {
                "externalRequestThreshold": allowed,
                "requestThresholdTimeframe": 60,
                "currentTimeframeRequestCount": used,
            },
        )

    def _entity(  # noqa: PLR0911 - one return for each kind of route
        self, entity: str, rest: list[str], request: Request, body: bytes
    ) -> Answer:
        method = request.method
        if rest == ["entityinformation"] and method == "GET":
            return Answer(200, metadata.information(entity))
        if rest == ["entityinformation", "fields"] and method == "GET":
            return Answer(200, metadata.fields(entity))
        if len(rest) == 1 and rest[0].lstrip("-").isdecimal() and method == "GET":
            return Answer(200, {"item": self._tables[entity].get(int(rest[0]))})
        if entity == "Tickets" and method in {"POST", "PATCH"} and not rest:
            return (create_ticket if method == "POST" else change_ticket)(self._estate, _json(body))
        if entity == "Tickets" and method == "POST" and len(rest) == 2 and rest[0].isdecimal() and rest[1] == "notes":
            return create_note(self._estate, int(rest[0]), _json(body))
        if rest not in (["query"], ["query", "count"], ["query", "next"]):
            return routing(404, "No HTTP resource was found that matches the request URI.")
        search = request.query_params.get("search")
        wrong_way = rest[-1] == "next" and (search is None) is (method == "GET")
        if method not in {"GET", "POST"} or wrong_way:
            return routing(405, f"The requested resource does not support http method '{method}'.")
        asked = _json(search.encode() if method == "GET" and search else body)
        matches = predicate(entity, asked)
        if rest[-1] == "count":
            return Answer(200, {"queryCount": sum(map(matches, self._tables[entity].values()))})
        paging = _json(request.query_params.get("paging", "{}").encode())
        after = paging.get("nextIds", [None])[0] if rest[-1] == "next" else None
        found = (
            row for key, row in sorted(self._tables[entity].items()) if (after is None or key > after) and matches(row)
        )
        rows = list(islice(found, page_size(asked) + 1))
        return self._page(entity, asked, rows, after, search if method == "GET" else None)

    def _page(
        self, entity: str, asked: dict[str, Any], rows: list[Record], after: int | None, search: str | None
    ) -> Answer:
        """One page in id order; the next page's address must be asked for in the way this one was."""
        size, keep = page_size(asked), projection(entity, asked)
        following = None
        if len(rows) > size:
            paging = {
                "pageSize": size,
                "previousIds": [-1 if after is None else after],
                "nextIds": [rows[size - 1]["id"]],
            }
            following = f"{self._base}{ROOT}/{entity}/query/next?paging={quote(orjson.dumps(paging).decode())}"
            if search is not None:
                following += f"&search={quote(search)}"
        items = [keep(row) for row in rows[:size]]
        details = {"count": len(items), "requestCount": size, "prevPageUrl": None, "nextPageUrl": following}
        return Answer(200, {"items": items, "pageDetails": details})


def _json(text: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(text)
    except ValueError:
        refuse("Invalid query syntax.")
    if not isinstance(content, dict):
        refuse("Invalid query syntax.")
    return content
