"""Sophos's further lists: licences, directory users, firewalls, account health."""

from typing import Any

import httpx
import pytest

from vendor_sim.in_memory import World


def readable(world: World) -> list[str]:
    return [tenant for tenant in world.estate.sophos.tenants if world.estate.sophos.reachable(tenant)]


async def get(world: World, tenant: str, path: str, *, everywhere: bool = False) -> httpx.Response:
    host = world.at.sophos if everywhere else world.at.region(world.estate.sophos.tenants[tenant]["dataRegion"])
    return await world.http.get(f"{host}{path}", headers=await world.sophos_headers(tenant))


async def test_licences_are_on_the_global_host_alone(world: World) -> None:
    licences: list[dict[str, Any]] = []
    for tenant in readable(world):
        answer = await get(world, tenant, "/licenses/v1/licenses", everywhere=True)
        assert answer.json()["tenant"]["id"] == tenant
        licences += answer.json()["licenses"]
        assert (await get(world, tenant, "/licenses/v1/licenses")).status_code == 404
    assert all(("endDate" in row) != row["perpetual"] for row in licences)
    assert all(("quantity" in row) != row["unlimited"] for row in licences)
    assert {row["unlimited"] for row in licences} == {True, False}


async def test_users_come_by_page_number_and_pages_may_be_missing(world: World) -> None:
    seen = set()
    for tenant in readable(world):
        found: list[dict[str, Any]] = []
        for number in range(1, 50):
            answer = await get(world, tenant, f"/common/v1/directory/users?page={number}&pageSize=20&pageTotal=true")
            seen.add("pages" in answer.json())
            if not answer.json()["items"]:
                break
            found += answer.json()["items"]
        assert [row["id"] for row in found] == list(world.estate.sophos.users[tenant])
        assert all(row["groups"]["itemsCount"] == len(row["groups"]["items"]) <= 3 for row in found)
    assert seen == {True, False}
    assert any(row["groups"]["total"] > row["groups"]["itemsCount"] for row in found)


async def test_a_pair_of_firewalls_is_two_rows_of_one_cluster(world: World) -> None:
    sizes = set()
    for tenant in readable(world):
        items = (await get(world, tenant, "/firewall/v1/firewalls")).json()["items"]
        sizes.add(len(items))
        assert len({row["cluster"]["id"] for row in items if "cluster" in row}) == (len(items) == 2)
    assert len(sizes) > 1


async def test_account_health_counts_the_endpoints(world: World) -> None:
    for tenant in readable(world):
        checked = (await get(world, tenant, "/account-health-check/v1/health-check")).json()["endpoint"]
        rows = list(world.estate.sophos.endpoints[tenant].values())
        for kind in ("computer", "server"):
            own = [row for row in rows if row["type"] == kind]
            assert checked["protection"][kind].get("total", 0) == len(own)
            off = checked["tamperProtection"].get(kind, {}).get("disabled", 0)
            assert off == sum(row["tamperProtectionEnabled"] is False for row in own)


@pytest.mark.parametrize(
    ("path", "everywhere"),
    [("/licenses/v1/licenses", True), ("/common/v1/directory/users", False), ("/firewall/v1/firewalls", False)],
)
async def test_a_tenant_without_assistance_is_refused(world: World, path: str, everywhere: bool) -> None:
    (tenant,) = world.estate.sophos.no_assistance
    assert (await get(world, tenant, path, everywhere=everywhere)).status_code == 403
