"""Sophos Central: sign-in, the tenant list, regions, and key paging."""

import base64
from typing import Any

import httpx
import orjson
import pytest

from vendor_sim.in_memory import World


def readable(world: World) -> list[str]:
    """The tenants whose endpoints can be read."""
    return [tenant for tenant in world.estate.sophos.tenants if world.estate.sophos.reachable(tenant)]


def host(world: World, tenant: str) -> str:
    """The base URL of the tenant's region."""
    return world.at.region(world.estate.sophos.tenants[tenant]["dataRegion"])


async def pages(world: World, tenant: str, path: str) -> list[dict[str, Any]]:
    """All pages of a key-paged listing."""
    headers, found, url = await world.sophos_headers(tenant), [], httpx.URL(host(world, tenant) + path)
    while True:
        answer = await world.http.get(url, headers=headers)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        key = answer.json()["pages"].get("nextKey")
        if key is None:
            return found
        url = url.copy_set_param("pageFromKey", key)


async def test_a_good_sign_in_carries_an_error_code_of_success(world: World) -> None:
    secrets = world.estate.credentials
    form = {
        "grant_type": "client_credentials",
        "client_id": secrets.sophos_client_id,
        "client_secret": secrets.sophos_client_secret,
        "scope": "token",
    }
    good = await world.http.post(f"{world.at.sophos}/api/v2/oauth2/token", data=form)
    bad = await world.http.post(f"{world.at.sophos}/api/v2/oauth2/token", data=form | {"client_secret": "x"})
    assert (good.status_code, good.json()["errorCode"]) == (200, "success")
    assert (bad.status_code, bad.json()["errorCode"]) == (401, "oauth.invalid_client_secret")


async def test_whoami_may_shout_the_partner_id(world: World) -> None:
    answer = await world.http.get(f"{world.at.sophos}/whoami/v1", headers=await world.sophos_headers())
    assert answer.json()["idType"] == "partner"
    assert answer.json()["id"] == world.estate.sophos.partner_id.upper()
    assert "dataRegion" not in answer.json()["apiHosts"]


async def test_a_bad_token_is_a_401(world: World) -> None:
    answer = await world.http.get(f"{world.at.sophos}/whoami/v1", headers={"Authorization": "Bearer x.y"})
    assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")


@pytest.mark.parametrize("size", [5, 100])
async def test_pages_of_tenants_lose_and_double_nobody(world: World, size: int) -> None:
    headers, ids, page, total = await world.sophos_headers(), [], 1, 1
    while page <= total:
        params: dict[str, str | int] = {"page": page, "pageSize": size, "pageTotal": "true"}
        answer = await world.http.get(f"{world.at.sophos}/partner/v1/tenants", headers=headers, params=params)
        ids += [row["id"] for row in answer.json()["items"]]
        page, total = page + 1, answer.json()["pages"]["total"]
    past = await world.http.get(f"{world.at.sophos}/partner/v1/tenants?page=99", headers=headers)
    assert sorted(ids) == sorted(world.estate.sophos.tenants)
    assert past.json()["items"] == []
    assert "total" not in past.json()["pages"]


async def test_one_tenant_has_no_api_host_and_the_others_name_their_region(world: World) -> None:
    headers = await world.sophos_headers()
    answer = await world.http.get(f"{world.at.sophos}/partner/v1/tenants?pageSize=100", headers=headers)
    rows = answer.json()["items"]
    assert sum("apiHost" not in row for row in rows) == 1
    assert {row["apiHost"] for row in rows if "apiHost" in row} == {url for _, url in world.at.regions}


async def test_the_tenant_list_needs_the_partner_header(world: World) -> None:
    headers = await world.sophos_headers("x")
    answer = await world.http.get(f"{world.at.sophos}/partner/v1/tenants", headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("query", ["", "?pageSize=7&view=full", "?pageSize=100&view=full", "?pageSize=500"])
async def test_pages_of_endpoints_lose_and_double_nothing(world: World, query: str) -> None:
    for tenant in readable(world):
        found = await pages(world, tenant, f"/endpoint/v1/endpoints{query}")
        ids = [row["id"] for page in found for row in page["items"]]
        assert sorted(ids) == sorted(world.estate.sophos.endpoints[tenant])
        assert {row["tenant"]["id"] for page in found for row in page["items"]} <= {tenant}


async def test_keys_are_base64_lists_for_endpoints_and_digits_for_alerts(world: World) -> None:
    tenant = max(readable(world), key=lambda account: len(world.estate.sophos.alerts[account]))
    endpoints = await pages(world, tenant, "/endpoint/v1/endpoints?pageSize=10")
    alerts = await pages(world, tenant, "/common/v1/alerts?pageSize=3")
    assert orjson.loads(base64.b64decode(endpoints[0]["pages"]["nextKey"]))
    assert alerts[0]["pages"]["nextKey"].isdecimal()
    assert sorted(row["id"] for page in alerts for row in page["items"]) == sorted(world.estate.sophos.alerts[tenant])


async def test_a_page_number_is_ignored_where_keys_are_used(world: World) -> None:
    tenant = readable(world)[0]
    headers = await world.sophos_headers(tenant)
    url = f"{host(world, tenant)}/endpoint/v1/endpoints?pageSize=5"
    first = await world.http.get(url, headers=headers)
    second = await world.http.get(f"{url}&page=2", headers=headers)
    assert first.json() == second.json()


@pytest.mark.parametrize("query", ["pageSize=101&view=full", "pageSize=501", "view=huge", "pageFromKey=%C3%A4"])
async def test_a_bad_parameter_is_a_400(world: World, query: str) -> None:
    tenant = readable(world)[0]
    headers = await world.sophos_headers(tenant)
    answer = await world.http.get(f"{host(world, tenant)}/endpoint/v1/endpoints?{query}", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "badRequest")


async def test_serial_numbers_are_only_in_the_full_view_and_nothing_is_null(world: World) -> None:
    tenant = max(readable(world), key=lambda account: len(world.estate.sophos.endpoints[account]))
    by_view = {
        view: [
            row for page in await pages(world, tenant, f"/endpoint/v1/endpoints?view={view}") for row in page["items"]
        ]
        for view in ("basic", "summary", "full")
    }
    assert not any("serialNumber" in row for view in ("basic", "summary") for row in by_view[view])
    share = sum("serialNumber" in row for row in by_view["full"]) / len(by_view["full"])
    assert 0.8 < share < 0.97
    assert all(value is not None for row in by_view["full"] for value in row.values())


async def test_the_wrong_region_is_forbidden(world: World) -> None:
    tenant = readable(world)[0]
    other = next(url for _, url in world.at.regions if url != host(world, tenant))
    answer = await world.http.get(f"{other}/endpoint/v1/endpoints", headers=await world.sophos_headers(tenant))
    assert answer.status_code == 403


async def test_a_tenant_without_partner_assistance_is_forbidden(world: World) -> None:
    (tenant,) = world.estate.sophos.no_assistance
    answer = await world.http.get(f"{host(world, tenant)}/common/v1/alerts", headers=await world.sophos_headers(tenant))
    assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")
