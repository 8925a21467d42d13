"""Microsoft on one port: `/{tenant}/oauth2/v2.0/token` and Graph under `/v1.0`."""

import uuid
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vendor_sim import admin
from vendor_sim.addresses import Addresses
from vendor_sim.answers import Answer
from vendor_sim.counters import Counters
from vendor_sim.estate import Estate
from vendor_sim.faults import Faults
from vendor_sim.gate import Gate, Vendor
from vendor_sim.limits import UNLIMITED, Call, Limits
from vendor_sim.m365.errors import CONTENT_TYPE, graph, oauth, of_status
from vendor_sim.m365.graph import Graph, split, template
from vendor_sim.mutate import clock
from vendor_sim.tokens import mint, subject

TOKEN_SECONDS = 3599
LARGEST_BATCH = 20
_DIAGNOSTIC = '{"ServerInfo":{"DataCenter":"Germany West Central","Slice":"E","Ring":"4","ScaleUnit":"001","RoleInstance":"FR1"}}'  # noqa: E501 # fmt: skip


def build(
    estate: Estate, faults: Faults, counters: Counters, addresses: Addresses, limits: Limits = UNLIMITED
) -> Starlette:
    """The app; next links carry `addresses.m365`."""
    api = Graph(estate, addresses.m365)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        return _token(estate, request.path_params["tenant"], form).response("application/json; charset=utf-8")

    async def get(request: Request) -> Response:
        tenant = subject(estate.seed, request.headers.get("authorization"))
        if tenant not in estate.m365:
            return _graph_response(of_status(401, None), request.headers)
        answer = api.get(tenant, request.path_params["path"], dict(request.query_params))
        return _graph_response(answer, request.headers)

    async def batch(request: Request) -> Response:
        tenant = subject(estate.seed, request.headers.get("authorization"))
        if tenant not in estate.m365:
            return _graph_response(of_status(401, None), request.headers)
        answer = _batch(api, faults, counters, limits, tenant, await request.body())
        return _graph_response(answer, request.headers)

    vendor = Vendor(
        name="m365",
        content_type=CONTENT_TYPE,
        template=template,
        account=lambda path, headers: _account(estate, path, headers),
        error=of_status,
    )
    return Starlette(
        routes=[
            *admin.routes(estate, faults, counters, limits),
            Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
            Route("/v1.0/$batch", batch, methods=["POST"]),
            Route("/v1.0/{path:path}", get, methods=["GET"]),
        ],
        middleware=[
            Middleware(
                Gate, vendor=vendor, faults=faults, counters=counters, limits=limits, clock=partial(clock, estate)
            )
        ],
    )


def _account(estate: Estate, path: str, headers: Headers) -> str | None:
    if path.endswith("/oauth2/v2.0/token"):
        return path.strip("/").partition("/")[0]
    return subject(estate.seed, headers.get("authorization"))


def _token(estate: Estate, name: str, form: dict[str, str]) -> Answer:
    """A token for the tenant named by id or verified domain."""
    secrets = estate.credentials
    tenant = estate.m365.get(name) or next((found for found in estate.m365.values() if name in found.domains), None)
    if form.get("grant_type") != "client_credentials" or "scope" not in form:
        return oauth(400, "invalid_request", 900144, "The request body must contain the following parameter: 'scope'.")
    if tenant is None:
        return oauth(400, "invalid_request", 90002, f"Tenant '{name}' not found.")
    application = form.get("client_id", "")
    if application != secrets.m365_client_id or not tenant.consented:
        message = f"Application with identifier '{application}' was not found in the directory '{tenant.id}'."
        return oauth(400, "unauthorized_client", 700016, message)
    if form.get("client_secret") != secrets.m365_client_secret:
        message = f"Invalid client secret provided for app '{application}'."
        return oauth(401, "invalid_client", 7000215, message)
    return Answer(
        200,
        {
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "ext_expires_in": TOKEN_SECONDS,
            "access_token": mint(estate.seed, tenant.id, TOKEN_SECONDS),
        },
    )


def _batch(api: Graph, faults: Faults, counters: Counters, limits: Limits, tenant: str, body: bytes) -> Answer:
    """Up to 20 requests; the outer answer is 200 whatever happens inside, and the order is not that of the asking."""
    try:
        asked: list[dict[str, Any]] = orjson.loads(body)["requests"]
    except (ValueError, KeyError, TypeError):
        return graph(400, "BadRequest", "Invalid batch payload format.")
    if len(asked) > LARGEST_BATCH or len({item.get("id") for item in asked}) != len(asked):
        return graph(400, "BadRequest", f"A batch holds at most {LARGEST_BATCH} requests with ids of their own.")
    answers = []
    for item in asked:
        path, query = split(item.get("url", ""))
        counters.requests[f"batch {item.get('method', 'GET')} {template('/v1.0/' + path.strip('/'))}"] += 1
        fault = faults.take("m365", f"/v1.0/{item.get('url', '').strip('/')}", tenant)
        permit = limits.admit(Call("m365", tenant, template("/v1.0/" + path.strip("/")), query))
        permit.release()
        if permit.refusal:
            counters.refused[permit.refusal.scope] += 1
            answer = Answer(permit.refusal.status, orjson.loads(permit.refusal.body), permit.refusal.headers)
        elif fault is not None and fault.status is not None:
            counters.faults += 1
            answer = of_status(fault.status, fault.retry_after)
        elif item.get("method", "").upper() != "GET":
            answer = graph(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        else:
            answer = api.get(tenant, path, query)
        headers = {**answer.headers, **permit.headers, "Content-Type": CONTENT_TYPE}
        answers.append({"id": item["id"], "status": answer.status, "headers": headers, "body": answer.body})
    return Answer(200, {"responses": answers[::-1]})


def _graph_response(answer: Answer, asked: Headers) -> Response:
    made = str(uuid.uuid4())
    answer.headers |= {
        "request-id": made,
        "client-request-id": asked.get("client-request-id", made),
        "x-ms-ags-diagnostic": _DIAGNOSTIC,
        "OData-Version": "4.0",
    }
    return answer.response(CONTENT_TYPE)
