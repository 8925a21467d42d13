"""Sophos Central: one app for identity and the partner API, and one for each data region."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vendor_sim import admin
from vendor_sim.addresses import Addresses
from vendor_sim.answers import Answer, Refused
from vendor_sim.counters import Counters
from vendor_sim.estate import Estate, Record
from vendor_sim.faults import Faults
from vendor_sim.gate import Gate, Vendor
from vendor_sim.limits import UNLIMITED, Limits
from vendor_sim.mutate import clock
from vendor_sim.sophos import further
from vendor_sim.sophos.errors import CONTENT_TYPE, error, identity, of_status
from vendor_sim.sophos.paging import keyed, numbered, raised_between, size_of
from vendor_sim.tokens import mint, subject

TOKEN_SECONDS = 3600
TENANTS_DEFAULT, TENANTS_MOST = 50, 100
ENDPOINTS_DEFAULT, ENDPOINTS_MOST, ENDPOINTS_MOST_FULL = 50, 500, 100
ALERTS_DEFAULT, ALERTS_MOST = 50, 100
_BASIC = ("id", "type", "tenant", "hostname", "os", "health", "lastSeenAt")
_FULL_ONLY = ("serialNumber", "lastOsUpdateAt", "lastAgentUpdateAt", "cloned", "tamperProtectionSupported")
_Answers = Callable[[Request], Answer]


def build(
    estate: Estate,
    faults: Faults,
    counters: Counters,
    addresses: Addresses,
    limits: Limits = UNLIMITED,
    region: str | None = None,
) -> Starlette:
    """The global app, or with `region` that data region's; tenant rows carry `addresses.region(...)`."""

    def here(request: Request) -> str:
        return _tenant(estate, request, region)

    def anywhere(request: Request) -> str:
        return _tenant(estate, request, None, everywhere=True)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        return _token(estate, form).response(CONTENT_TYPE)

    def whoami(_: Request) -> Answer:
        partner = estate.sophos.partner_id
        shown = partner.upper() if estate.seed % 2 else partner
        return Answer(200, {"id": shown, "idType": "partner", "apiHosts": {"global": f"{addresses.sophos}/"}})

    def tenants(request: Request) -> Answer:
        if request.headers.get("x-partner-id", "").lower() != estate.sophos.partner_id:
            return error(403 if "x-partner-id" in request.headers else 400, "X-Partner-ID is required")
        rows = [_addressed(row, addresses) for row in estate.sophos.tenants.values()]
        return numbered(request.query_params, rows, TENANTS_DEFAULT, TENANTS_MOST)

    def endpoints(request: Request) -> Answer:
        return _endpoints(request.query_params, estate.sophos.endpoints[here(request)])

    def alerts(request: Request) -> Answer:
        rows = raised_between(request.query_params, estate.sophos.alerts[here(request)])
        size = size_of(request.query_params, ALERTS_DEFAULT, ALERTS_MOST)
        return keyed(request.query_params, rows, size, ALERTS_MOST, decimal=True)

    if region is None:
        own = [
            Route(
                "/licenses/v1/licenses", _signed_in(estate, further.licences(estate.sophos, anywhere)), methods=["GET"]
            ),
            Route("/api/v2/oauth2/token", token, methods=["POST"]),
            Route("/whoami/v1", _signed_in(estate, whoami), methods=["GET"]),
            Route("/partner/v1/tenants", _signed_in(estate, tenants), methods=["GET"]),
        ]
    else:
        own = [
            Route("/endpoint/v1/endpoints", _signed_in(estate, endpoints), methods=["GET"]),
            Route("/common/v1/alerts", _signed_in(estate, alerts), methods=["GET"]),
            *(
                Route(path, _signed_in(estate, make(estate.sophos, here)), methods=["GET"])
                for path, make in further.REGIONAL.items()
            ),
        ]
    vendor = Vendor(
        name="sophos",
        content_type=CONTENT_TYPE,
        template=lambda path: path,
        account=_account,
        error=of_status,
    )
    return Starlette(
        routes=[*admin.routes(estate, faults, counters, limits), *own, Route("/{path:path}", _not_found)],
        middleware=[
            Middleware(
                Gate, vendor=vendor, faults=faults, counters=counters, limits=limits, clock=partial(clock, estate)
            )
        ],
    )


def _account(_path: str, headers: Headers) -> str | None:
    return headers.get("x-tenant-id", "").lower() or None


async def _not_found(_: Request) -> Response:
    return error(404).response(CONTENT_TYPE)


def _signed_in(estate: Estate, answers: _Answers) -> Callable[[Request], Awaitable[Response]]:
    """The handler behind a valid bearer token; what it refuses is answered."""

    async def handle(request: Request) -> Response:
        if subject(estate.seed, request.headers.get("authorization")) != estate.credentials.sophos_client_id:
            return error(401).response(CONTENT_TYPE)
        try:
            return answers(request).response(CONTENT_TYPE)
        except Refused as refused:
            return refused.answer.response(CONTENT_TYPE)

    return handle


def _token(estate: Estate, form: Mapping[str, str]) -> Answer:
    """One token for all tenants; `errorCode` is there on success too."""
    secrets = estate.credentials
    if form.get("grant_type") != "client_credentials" or form.get("scope") != "token":
        return identity(400, "customer.validation", "Bad Request")
    if form.get("client_id") != secrets.sophos_client_id:
        return identity(401, "oauth.client_app_does_not_exist", "Unauthorized")
    if form.get("client_secret") != secrets.sophos_client_secret:
        return identity(401, "oauth.invalid_client_secret", "Unauthorized")
    body = {
        "access_token": mint(estate.seed, secrets.sophos_client_id, TOKEN_SECONDS),
        "errorCode": "success",
        "expires_in": TOKEN_SECONDS,
        "message": "OK",
        "refresh_token": str(uuid.uuid4()),
        "token_type": "bearer",
        "trackingId": str(uuid.uuid4()),
    }
    return Answer(200, body)


def _addressed(row: Record, addresses: Addresses) -> Record:
    return row | {"apiHost": addresses.region(row["dataRegion"])} if "apiHost" in row else row


def _tenant(estate: Estate, request: Request, region: str | None, *, everywhere: bool = False) -> str:
    """The tenant the request names, if this region holds it (or `everywhere`) and its customer lets the partner in."""
    asked = request.headers.get("x-tenant-id", "").lower()
    row = estate.sophos.tenants.get(asked)
    if not asked:
        raise Refused(error(400, "X-Tenant-ID is required"))
    if row is None or (row.get("dataRegion") != region and not everywhere) or not estate.sophos.reachable(asked):
        raise Refused(error(403))
    return asked


def _endpoints(query: Mapping[str, str], rows: dict[str, Record]) -> Answer:
    view = query.get("view", "summary")
    most = ENDPOINTS_MOST_FULL if view == "full" else ENDPOINTS_MOST
    answer = keyed(query, rows, size_of(query, ENDPOINTS_DEFAULT, most), most, decimal=False)
    if view == "basic":
        answer.body["items"] = [{name: row[name] for name in _BASIC if name in row} for row in answer.body["items"]]
    elif view == "summary":
        answer.body["items"] = [
            {name: value for name, value in row.items() if name not in _FULL_ONLY} for row in answer.body["items"]
        ]
    elif view != "full":
        raise Refused(error(400, "view must be basic, summary or full"))
    return answer
