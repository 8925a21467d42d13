"""Microsoft: tokens, listings, pages, members and batches."""

from typing import Any

import orjson
import pytest

from svc_adapter_m365.endpoints import USER_FIELDS
from vendor_sim.in_memory import World


async def pages(world: World, url: str, headers: dict[str, str]) -> list[list[dict[str, Any]]]:
    """All pages of a listing, next links followed as they are."""
    found = []
    following: str | None = url
    while following:
        answer = await world.http.get(following, headers=headers)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["value"])
        following = answer.json().get("@odata.nextLink")
    return found


async def token_error(world: World, tenant: str, **changes: str) -> tuple[int, list[int], str]:
    """Status, codes and error of a failing token request."""
    form = {
        "client_id": world.estate.credentials.m365_client_id,
        "client_secret": world.estate.credentials.m365_client_secret,
        "grant_type": "client_credentials",
        "scope": "https://graph.microsoft.com/.default",
        **changes,
    }
    answer = await world.http.post(f"{world.at.m365}/{tenant}/oauth2/v2.0/token", data=form)
    return answer.status_code, answer.json()["error_codes"], answer.json()["error"]


async def test_a_wrong_secret_is_said_in_oauth(world: World, largest_tenant: str) -> None:
    assert await token_error(world, largest_tenant, client_secret="no") == (401, [7000215], "invalid_client")


async def test_an_unknown_tenant_is_said_in_oauth(world: World) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    assert await token_error(world, unknown) == (400, [90002], "invalid_request")


async def test_an_application_without_consent_is_unknown_to_the_tenant(own_world: World) -> None:
    tenant = next(iter(own_world.estate.m365.values()))
    tenant.consented = False
    assert await token_error(own_world, tenant.id) == (400, [700016], "unauthorized_client")


async def test_a_token_may_be_asked_for_by_domain(world: World, largest_tenant: str) -> None:
    domain = next(iter(world.estate.m365[largest_tenant].domains))
    headers = await world.graph_token(domain)
    answer = await world.http.get(f"{world.at.m365}/v1.0/organization", headers=headers)
    assert answer.json()["value"][0]["id"] == largest_tenant


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer abc.def"}, {"Authorization": "Bearer x"}])
async def test_without_a_good_token_graph_answers_401(world: World, headers: dict[str, str]) -> None:
    answer = await world.http.get(f"{world.at.m365}/v1.0/users", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert "request-id" in answer.headers


@pytest.mark.parametrize("top", ["", "?$top=7", "?$top=999"])
async def test_pages_of_users_lose_and_double_nobody(world: World, top: str) -> None:
    for tenant in world.estate.m365.values():
        headers = await world.graph_token(tenant.id)
        found = await pages(world, f"{world.at.m365}/v1.0/users{top}", headers)
        ids = [row["id"] for page in found for row in page]
        assert sorted(ids) == sorted(tenant.users)
        assert not tenant.empty_page or len(found) == 1 or found[1] == []


@pytest.mark.parametrize(
    ("path", "collection"),
    [("devices", "devices"), ("deviceManagement/managedDevices", "managed_devices"), ("groups", "groups")],
)
async def test_pages_of_other_listings_are_complete(
    world: World, largest_tenant: str, path: str, collection: str
) -> None:
    headers = await world.graph_token(largest_tenant)
    found = await pages(world, f"{world.at.m365}/v1.0/{path}?$top=11", headers)
    rows = getattr(world.estate.m365[largest_tenant], collection)
    assert [row for page in found for row in page] == list(rows.values())


async def test_nothing_selected_gives_the_default_properties(world: World, largest_tenant: str) -> None:
    headers = await world.graph_token(largest_tenant)
    (first, *_), *_ = await pages(world, f"{world.at.m365}/v1.0/users", headers)
    assert len(first) == 11
    assert "accountEnabled" not in first


async def test_selection_ignores_case_and_keeps_nulls(world: World, largest_tenant: str) -> None:
    headers = await world.graph_token(largest_tenant)
    found = await pages(world, f"{world.at.m365}/v1.0/users?$select=ID,accountenabled,companyName&$top=999", headers)
    assert {tuple(row) for page in found for row in page} == {("id", "accountEnabled", "companyName")}


async def test_who_never_signed_in_has_no_sign_in_activity_key(world: World, largest_tenant: str) -> None:
    headers = await world.graph_token(largest_tenant)
    found = await pages(world, f"{world.at.m365}/v1.0/users?$select=id,signInActivity", headers)
    keys = [tuple(row) for page in found for row in page]
    assert set(keys) == {("id",), ("id", "signInActivity")}


@pytest.mark.parametrize("query", ["$top=1000", "$top=0", "$select=id,shoeSize", "$skiptoken=abc"])
async def test_a_bad_query_is_refused(world: World, largest_tenant: str, query: str) -> None:
    headers = await world.graph_token(largest_tenant)
    answer = await world.http.get(f"{world.at.m365}/v1.0/users?{query}", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["innerError"]["request-id"]


async def test_members_come_in_pages_with_their_types(world: World, largest_tenant: str) -> None:
    headers = await world.graph_token(largest_tenant)
    tenant = world.estate.m365[largest_tenant]
    kinds = set()
    for group, entries in tenant.members.items():
        found = await pages(world, f"{world.at.m365}/v1.0/groups/{group}/members?$top=50", headers)
        assert [row["id"] for page in found for row in page] == [entry["id"] for entry in entries]
        kinds |= {row["@odata.type"] for page in found for row in page}
    assert kinds == {"#microsoft.graph.user", "#microsoft.graph.group", "#microsoft.graph.device"}


async def test_a_batch_answers_each_request_by_itself(world: World, largest_tenant: str) -> None:
    headers = await world.graph_token(largest_tenant)
    group = next(iter(world.estate.m365[largest_tenant].groups))
    urls = {"1": f"/groups/{group}/members?$top=2&$select=id", "2": "groups/none/members", "3": "/users?$top=1"}
    asked = {"requests": [{"id": key, "method": "GET", "url": url} for key, url in urls.items()]}
    answer = await world.http.post(f"{world.at.m365}/v1.0/$batch", json=asked, headers=headers)
    inner = {item["id"]: item for item in answer.json()["responses"]}
    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()["responses"]] != list(urls)
    assert {key: item["status"] for key, item in inner.items()} == {"1": 200, "2": 404, "3": 200}
    assert inner["3"]["body"]["@odata.nextLink"].startswith(world.at.m365)


async def test_a_batch_of_more_than_twenty_is_refused(world: World, largest_tenant: str) -> None:
    headers = await world.graph_token(largest_tenant)
    asked = {"requests": [{"id": str(number), "method": "GET", "url": "/users"} for number in range(21)]}
    answer = await world.http.post(f"{world.at.m365}/v1.0/$batch", json=asked, headers=headers)
    assert answer.status_code == 400


async def test_relationships_are_the_partners_and_keep_ended_rows(world: World, largest_tenant: str) -> None:
    url = f"{world.at.m365}/v1.0/tenantRelationships/delegatedAdminRelationships"
    partner = await world.graph_token(world.estate.partner_tenant_id)
    found = await pages(world, f"{url}?$top=5", partner)
    rows = [row for page in found for row in page]
    assert sorted(row["id"] for row in rows) == sorted(world.estate.relationships)
    active = {row["customer"]["tenantId"] for row in rows if row["status"] == "active"}
    assert active == world.estate.m365.keys() - {world.estate.partner_tenant_id}
    assert any(row["status"] == "terminated" for row in rows)
    elsewhere = await world.http.get(url, headers=await world.graph_token(largest_tenant))
    assert elsewhere.status_code == (200 if largest_tenant == world.estate.partner_tenant_id else 403)


async def test_a_crowd_is_listed_among_the_others_each_as_large_as_a_real_user(own_world: World) -> None:
    tenant = max(own_world.estate.m365.values(), key=lambda found: len(found.users))
    before = set(tenant.users)
    told = await own_world.http.post(f"{own_world.at.m365}/_sim/crowd", json={"account": tenant.id, "users": 3_000})
    headers = await own_world.graph_token(tenant.id)
    found = await pages(own_world, f"{own_world.at.m365}/v1.0/users?$top=999&$select={','.join(USER_FIELDS)}", headers)
    rows = [row for page in found for row in page]
    crowd = [row for row in rows if row["id"] not in before]
    assert told.status_code == 204
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert (len(crowd), len(rows)) == (3_000, 3_000 + len(before))
    assert len({row["userPrincipalName"].lower() for row in rows}) == len(rows)
    assert 1_000 < sum(len(orjson.dumps(row)) for row in crowd) / len(crowd) < 1_300
