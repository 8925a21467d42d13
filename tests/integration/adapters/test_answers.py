"""Answers come through: served page by page at the vendors' own addresses, fetched, stored, normalized or quarantined.

The shipped ones (tests/data) are synthetic; the vendors' published answers stand outside this repository, in the folder
MSPBYTE_SAMPLES names, and are skipped without it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.integration.adapters.conftest import Bench, Wire, new_bench

from mspbyte_common.ledger.perform import perform
from svc_adapter_autotask.endpoints import LABELLED
from svc_processors.process import process

ROOT = Path(__file__).parents[3]
SAMPLES = Path(os.environ.get("MSPBYTE_SAMPLES") or ROOT.parent / "shared" / "vendors" / "samples")
SHIPPED = sorted(path.relative_to(ROOT / "tests" / "data") for path in (ROOT / "tests" / "data").rglob("*.json"))

PUBLISHED: dict[str, tuple[list[str], list[str]]] = {
    "m365/organization": (["m365/organization-list.json"], []),
    "m365/domains": (["m365/domain-list.json"], []),
    "m365/users": (["m365/user-list.json", "m365/user-list.2.json"], ["$.id", "$.id"]),
    "m365/users in three pages": ([f"m365/concept.delta-query-users.{page}.json" for page in (1, 2, 3)], []),
    "m365/groups": (["m365/group-list.json"], []),
    "m365/subscribedSkus": (["m365/subscribedsku-list.json"], []),
    "m365/devices": (["m365/device-list.json"], ["$.id"]),
    "m365/managedDevices": (["m365/intune-devices-manageddevice-get.json"], []),
    "m365/delegatedAdminRelationships": (["m365/tenantrelationship-list-delegatedadminrelationships.json"], []),
    "autotask/Companies": (
        ["autotask/companies.query.json", "autotask/apigrate.companies.query.includefields.0.json"],
        [],
    ),
    "m365/directoryRoles": (["m365/directoryrole-list.json"], []),
    "m365/conditionalAccessPolicies": (["m365/conditionalaccessroot-list-policies.json"], []),
    "m365/securityDefaults": (["m365/identitysecuritydefaultsenforcementpolicy-get.json"], []),
    "m365/userRegistrationDetails": (["m365/authenticationmethodsroot-list-userregistrationdetails.json"], []),
    "m365/secureScores": (["m365/securescore-get.json"], []),
    "autotask/Contacts": (["autotask/contacts.query.json"], []),
    "autotask/Tickets": (["autotask/tickets.query.json"], []),
    "sophos/tenants": (["sophos/xsoar.partner.tenant.json"], []),
    "sophos/endpoints": (["sophos/xsoar.endpoints.json", "sophos/r7.endpoint-groups.endpoints.json"], []),
    "sophos/alerts": (["sophos/xsoar.common.alerts.json"], []),
}
"""(answers served one page each, paths at fault of the records that do not fit), by vendor and resource."""


def _records(path: Path) -> list[dict[str, Any]]:
    answer = orjson.loads(path.read_bytes())
    lists = (answer.get("value"), answer.get("items")) if isinstance(answer, dict) else (answer,)
    found = next((one for one in lists if isinstance(one, list | dict)), answer)
    return found if isinstance(found, list) else [found]


def _vendors(pages: list[list[dict[str, Any]]]) -> Starlette:
    """All three vendors, each list of which has these pages."""

    async def token(_request: Request) -> Response:
        return JSONResponse({"access_token": "t", "expires_in": 3599, "token_type": "Bearer", "errorCode": "success"})

    async def whoami(_request: Request) -> Response:
        return JSONResponse({"id": "A-PARTNER", "idType": "partner", "apiHosts": {}})

    async def zone(_request: Request) -> Response:
        return JSONResponse({"url": "https://webservices3.autotask.net/atservicesrest/", "zoneName": "a zone"})

    async def threshold(_request: Request) -> Response:
        told = {"externalRequestThreshold": 10_000, "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": 9}
        return JSONResponse(told)

    async def batch(request: Request) -> Response:
        asked = (await request.json())["requests"]
        members = {"value": [{"@odata.type": "#microsoft.graph.user", "id": "11111111-2222-3333-4444-555555555555"}]}
        return JSONResponse({"responses": [{"id": one["id"], "status": 200, "body": members} for one in asked]})

    async def autotask(request: Request) -> Response:
        last = (await request.json())["filter"][0]["value"]
        rows = sorted((row for page in pages for row in page), key=lambda row: row["id"])
        return JSONResponse({"items": [row for row in rows if row["id"] > last], "pageDetails": {}})

    async def picklists(request: Request) -> Response:
        own = [row for page in pages for row in page if row["entity"] == request.path_params["entity"]]
        values = [{name: row[name] for name in row if name not in {"entity", "field"}} for row in own]
        return JSONResponse({"fields": [{"name": own[0]["field"], "picklistValues": values}] if own else []})

    async def alone(_request: Request) -> Response:
        return JSONResponse(pages[0][0])

    async def licences(_request: Request) -> Response:
        return JSONResponse({"licenses": pages[0]})

    async def graph(request: Request) -> Response:
        number = int(request.query_params.get("$skiptoken", 0))
        body: dict[str, Any] = {"value": pages[number]}
        if number + 1 < len(pages):
            body["@odata.nextLink"] = f"https://graph.microsoft.com{request.url.path}?$skiptoken={number + 1}"
        return Response(json.dumps(body), media_type="application/json")

    async def sophos(request: Request) -> Response:
        by_number = "page" in request.query_params
        number = int(request.query_params.get("pageFromKey", request.query_params.get("page", 1)))
        place: dict[str, Any] = {"size": 50, "maxSize": 100}
        if by_number:
            place |= {"current": number, "total": len(pages)}
        elif number < len(pages):
            place["nextKey"] = str(number + 1)
        return JSONResponse({"items": pages[number - 1], "pages": place})

    return Starlette(
        routes=[
            Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
            Route("/api/v2/oauth2/token", token, methods=["POST"]),
            Route("/whoami/v1", whoami),
            Route("/atservicesrest/v1.0/zoneInformation", zone),
            Route("/{path:path}/ThresholdInformation", threshold),
            Route("/atservicesrest/V1.0/{entity}/query", autotask, methods=["POST"]),
            Route("/atservicesrest/V1.0/{entity}/entityInformation/fields", picklists),
            Route("/v1.0/$batch", batch, methods=["POST"]),
            Route("/v1.0/policies/identitySecurityDefaultsEnforcementPolicy", alone),
            Route("/account-health-check/v1/health-check", alone),
            Route("/licenses/v1/licenses", licences),
            Route("/v1.0/{path:path}", graph),
            Route("/{path:path}", sophos),
        ]
    )


async def _come_through(database, vendor: str, resource: str, pages: list[list[dict[str, Any]]]) -> Bench:
    """Serves, fetches and processes the pages."""
    async with httpx.AsyncClient(mounts={"all://": Wire(_vendors(pages))}, trust_env=False) as http:
        bench = await new_bench(database, SimpleNamespace(http=http))  # type: ignore[arg-type]
        bench.connect(
            vendor,
            {"client_id": "c", "username": "u@example.test", "partner_tenant_id": "p"},
            {"client_secret": "s", "secret": "s", "integration_code": "i"},
            "root",
        )
        account = bench.roots[vendor]
        if vendor == "sophos" and resource != "tenants":
            account = bench.account(vendor, "a-tenant", api_host="https://api-eu01.central.sophos.com")
        run = await bench.read(vendor, account, resource)
        assert (run["state"], run["error"], run["pages"]) == (
            "succeeded",
            None,
            {"autotask": 1, "picklists": len(LABELLED)}.get(
                resource if resource == "picklists" else vendor, len(pages)
            ),
        )
    pool = await database.pool("svc_processors")
    for (number,) in database.execute("SELECT id FROM work WHERE stage = 'process'"):
        assert (await perform(pool, bench.msp, number, process)).outcome == "done"
    return bench


def _outcome(database) -> tuple[int, list[str]]:
    [(normalized,)] = database.execute("SELECT count(*) FROM entity WHERE normalized_data IS NOT NULL")
    return normalized, [row[0] for row in database.execute("SELECT path FROM quarantine ORDER BY path")]


@pytest.mark.parametrize("file", SHIPPED, ids=str)
async def test_a_shipped_answer_comes_through_to_normalized_entities(database, file: Path) -> None:
    records = _records(ROOT / "tests" / "data" / file)
    await _come_through(
        database, file.parts[0], file.stem, [records[:1], records[1:]] if len(records) > 1 else [records]
    )
    assert _outcome(database) == (len(records), [])


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="MSPBYTE_SAMPLES names no folder")
@pytest.mark.parametrize("name", PUBLISHED)
async def test_a_published_answer_comes_through_or_is_quarantined_with_its_path(database, name: str) -> None:
    vendor, resource = name.split(" ", maxsplit=1)[0].split("/")
    files, misfits = PUBLISHED[name]
    pages = [_records(SAMPLES / file) for file in files]
    await _come_through(database, vendor, resource, pages)
    assert _outcome(database) == (len({orjson.dumps(row) for page in pages for row in page}) - len(misfits), misfits)


@pytest.fixture
async def misfit(database) -> Bench:
    """A bench with one record in quarantine."""
    records = _records(ROOT / "tests" / "data" / "m365" / "users.json")
    return await _come_through(database, "m365", "users", [[*records, {**records[0], "id": "x", "displayName": 4711}]])


async def test_a_record_that_does_not_fit_is_kept_and_the_page_goes_on(database, misfit: Bench) -> None:
    normalized, paths = _outcome(database)
    assert (normalized, paths) == (1, ["$.displayName"])
    assert database.execute("SELECT raw_data ->> 'displayName' FROM entity WHERE normalized_data IS NULL") == [
        ("4711",)
    ]
    assert database.execute("SELECT count(*) FROM dead_letter") == [(0,)]


async def test_a_record_that_fits_again_leaves_quarantine(database, misfit: Bench) -> None:
    [(entity,)] = database.execute("SELECT entity_id FROM quarantine")
    database.execute('UPDATE entity SET raw_data = raw_data || \'{"displayName": "Mended"}\' WHERE id = %s', entity)
    database.execute(
        "INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent) VALUES (%s, 'process', 'identity', %s, '00-0-0-01')",
        misfit.msp,
        [entity],
    )
    [(number,)] = database.execute("SELECT id FROM work WHERE stage = 'process'")
    await perform(await database.pool("svc_processors"), misfit.msp, number, process)
    assert _outcome(database) == (2, [])
    assert database.execute("SELECT stage, entity_ids FROM work ORDER BY id DESC LIMIT 1") == [("resolve", [entity])]


async def test_a_record_that_our_own_libraries_cannot_write_costs_none_of_its_page(database) -> None:
    [person] = _records(ROOT / "tests" / "data" / "m365" / "users.json")
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"value": [deep]}
    page = [
        person,
        {**person, "id": "deep", "onPremisesExtensionAttributes": deep},
        {**person, "id": "deep where it is read", "assignedLicenses": deep},
        {**person, "id": "half a character", "displayName": "Ida \ud83d"},
    ]
    await _come_through(database, "m365", "users", [page, [{**person, "id": "next"}]])
    assert _outcome(database) == (4, ["$.assignedLicenses"])
    named = "SELECT normalized_data ->> 'display_name' FROM entity WHERE external_id = 'half a character'"
    assert database.execute(named) == [("Ida \ufffd",)]
    whole = "SELECT length(raw_data::text) > 300 * 12 FROM entity WHERE external_id LIKE 'deep%'"
    assert database.execute(whole) == [(True,), (True,)]
