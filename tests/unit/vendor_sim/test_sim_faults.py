"""Declared faults, counters and changes through `/_sim/`."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest
from starlette.applications import Starlette

from vendor_sim.faults import Fault, Faults
from vendor_sim.gate import ConnectionDroppedError
from vendor_sim.in_memory import World


async def declare(world: World, **fault: object) -> None:
    """Put one fault in force through the admin route of some simulator."""
    answer = await world.http.post(f"{world.at.autotask}/_sim/faults", json=[fault])
    assert answer.status_code == 204


@pytest.fixture
async def users(own_world: World) -> httpx.Request:
    """A good request for a tenant's users."""
    tenant = own_world.estate.partner_tenant_id
    headers = await own_world.graph_token(tenant)
    return own_world.http.build_request("GET", f"{own_world.at.m365}/v1.0/users", headers=headers)


async def test_a_fault_hits_as_often_as_declared(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", path_contains="/users", times=2, action="status:500")
    statuses = [(await own_world.http.send(users)).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]


async def test_throttling_names_its_delay_and_speaks_the_vendors_way(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", action="status:429", retry_after=7)
    answer = await own_world.http.send(users)
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["error"]["code"] == "TooManyRequests"


async def test_a_fault_may_be_for_one_account_only(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", path_contains="/users", account="someone else", times=-1)
    assert (await own_world.http.send(users)).status_code == 200
    await declare(own_world, vendor="m365", path_contains="/users", account=own_world.estate.partner_tenant_id)
    assert (await own_world.http.send(users)).status_code == 500


async def test_a_malformed_answer_is_a_200_that_is_no_json(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", action="malformed")
    answer = await own_world.http.send(users)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".+"):
        answer.json()


async def test_a_gateway_answers_in_html(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", action="html")
    answer = await own_world.http.send(users)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")


async def test_a_dropped_connection_breaks_the_answer(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", action="drop")
    with pytest.raises(ConnectionDroppedError):
        await own_world.http.send(users)


async def test_a_slow_answer_is_right(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", action="slow", seconds=0.0)
    assert (await own_world.http.send(users)).status_code == 200


async def test_faults_can_be_cleared(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", times=-1)
    await own_world.http.delete(f"{own_world.at.sophos}/_sim/faults")
    assert (await own_world.http.send(users)).status_code == 200


async def test_a_fault_may_hit_one_request_inside_a_batch(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", path_contains="/v1.0/groups/", action="status:429", retry_after=3)
    group = next(iter(own_world.estate.m365[own_world.estate.partner_tenant_id].groups))
    asked = [{"id": str(number), "method": "GET", "url": f"/groups/{group}/members"} for number in range(2)]
    url = f"{own_world.at.m365}/v1.0/$batch"
    answer = await own_world.http.post(
        url, json={"requests": asked}, headers=dict(users.headers) | {"content-length": ""}
    )
    inner = sorted((item["status"], item["headers"].get("Retry-After")) for item in answer.json()["responses"])
    assert answer.status_code == 200
    assert inner == [(200, None), (429, "3")]


async def test_a_misspelt_fault_is_refused(own_world: World) -> None:
    for fault in ({"path": "x"}, {"vendor": "m365", "acton": "drop"}, {"vendor": "m365", "action": "explode"}):
        answer = await own_world.http.post(f"{own_world.at.m365}/_sim/faults", json=[fault])
        assert answer.status_code == 422


async def test_requests_are_counted_by_route(own_world: World, users: httpx.Request) -> None:
    for _ in range(3):
        await own_world.http.send(users)
    counted = (await own_world.http.get(f"{own_world.at.m365}/_sim/counters")).json()
    assert counted["requests"] == {"GET /v1.0/users": 3, "POST /{tenant}/oauth2/v2.0/token": 1}
    assert counted["accounts"] == {own_world.estate.partner_tenant_id: 4}
    assert counted["statuses"] == {"200": 4}


async def test_a_record_can_be_changed_and_deleted(own_world: World, users: httpx.Request) -> None:
    tenant = own_world.estate.partner_tenant_id
    key, record = next(iter(own_world.estate.m365[tenant].users.items()))
    change = {"vendor": "m365", "account": tenant, "collection": "users", "id": key}
    url = f"{own_world.at.m365}/_sim/mutate"
    await own_world.http.post(url, json={**change, "record": record | {"displayName": "Anders"}})
    answer = await own_world.http.send(users)
    assert next(row for row in answer.json()["value"] if row["id"] == key)["displayName"] == "Anders"
    await own_world.http.post(url, json={**change, "record": None})
    answer = await own_world.http.send(users)
    assert key not in {row["id"] for row in answer.json()["value"]}


async def test_autotask_and_sophos_records_can_be_changed_too(own_world: World) -> None:
    estate, url = own_world.estate, f"{own_world.at.sophos}/_sim/mutate"
    contact, tenant = next(iter(estate.autotask.contacts)), estate.partner_tenant_id
    account = next(account for account, rows in estate.sophos.endpoints.items() if rows)
    endpoint = next(iter(estate.sophos.endpoints[account]))
    changes = [
        {"vendor": "autotask", "account": "", "collection": "Contacts", "id": str(contact), "record": None},
        {"vendor": "sophos", "account": account, "collection": "endpoints", "id": endpoint, "record": None},
    ]
    for change in changes:
        assert (await own_world.http.post(url, json=change)).status_code == 204
    wrong = {"vendor": "m365", "account": tenant, "collection": "shoes", "id": "1"}
    assert (await own_world.http.post(url, json=wrong)).status_code == 422
    assert contact not in estate.autotask.contacts
    assert endpoint not in estate.sophos.endpoints[account]


def test_the_first_fault_that_fits_is_used_up_first() -> None:
    faults = Faults(Fault("m365", "/users", action="status:500"), Fault("m365", action="status:503"))
    taken = [faults.take("m365", path, None) for path in ("/groups", "/users", "/users")]
    assert [fault.status if fault else None for fault in taken] == [503, 500, None]


def test_every_simulator_has_an_app(own_world: World) -> None:
    assert own_world.apps.keys() == {"m365", "autotask", "sophos", "eu01", "us03"}
    assert all(isinstance(app, Starlette) for app in own_world.apps.values())


async def test_a_fault_may_wait_for_its_page(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", path_contains="/users", after=2, action="status:500")
    statuses = [(await own_world.http.send(users)).status_code for _ in range(4)]
    assert statuses == [200, 200, 500, 200]


async def test_a_wait_may_be_told_as_a_date_of_the_vendors_own_clock(own_world: World, users: httpx.Request) -> None:
    await declare(own_world, vendor="m365", action="status:429", retry_after=40, dated=True, clock_ahead=7_200)
    answer = await own_world.http.send(users)
    theirs, until = (parsedate_to_datetime(answer.headers[name]) for name in ("Date", "Retry-After"))
    assert (until - theirs).total_seconds() == 40
    assert (theirs - datetime.now(UTC)).total_seconds() > 7_000


async def test_an_answer_may_be_blank_a_page_of_html_or_the_one_before(own_world: World, users: httpx.Request) -> None:
    for action in ("blank", "html:200"):
        await declare(own_world, vendor="m365", action=action)
    blank, html = [await own_world.http.send(users) for _ in range(2)]
    assert (blank.status_code, blank.content) == (200, b"")
    assert (html.status_code, html.headers["content-type"]) == (200, "text/html; charset=utf-8")
    await declare(own_world, vendor="m365", path_contains="/users", after=1, action="repeat")
    first = await own_world.http.get(users.url, params={"$top": "2"}, headers=users.headers)
    again = await own_world.http.send(
        own_world.http.build_request("GET", first.json()["@odata.nextLink"], headers=users.headers)
    )
    assert again.json() == first.json()
