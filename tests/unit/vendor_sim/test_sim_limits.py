"""The vendors' limits, when they are on."""

import pytest

from vendor_sim.enforced import Enforced, Rules, Window, resource_units
from vendor_sim.estate import Estate
from vendor_sim.in_memory import open_world
from vendor_sim.limits import UNLIMITED, Call, Distant, Limits, Permit

TICKETS = "/ATServicesRest/V1.0/Tickets/query"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asked(limits: Limits, call: Call, times: int) -> list[Permit]:
    found = []
    for _ in range(times):
        found.append(limits.admit(call))
        found[-1].release()
    return found


def test_a_window_slides() -> None:
    window = Window(2, 10.0)
    window.take(0.0)
    window.take(4.0)
    assert window.wait(5.0) == 5.0
    assert window.wait(10.0) == 0.0
    assert window.used(10.0) == 1


def test_autotask_gets_slower_and_then_refuses_until_the_hour_has_passed(read_estate: Estate, clock: Clock) -> None:
    limits = Enforced(read_estate, Rules(scale=0.001), clock)
    permits = asked(limits, Call("autotask", "", TICKETS), 11)
    assert [permit.delay for permit in permits] == [0, 0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1, 0]
    assert permits[-1].refusal is not None
    assert permits[-1].refusal.status == 429
    assert limits.threshold() == (10, 10)
    clock.now = 3600.0
    assert limits.threshold() == (10, 0)


def test_autotask_serves_three_at_once_per_code_and_entity(read_estate: Estate, clock: Clock) -> None:
    limits = Enforced(read_estate, Rules(), clock)
    mine, others = ({"apiintegrationcode": code} for code in "ab")
    running = [limits.admit(Call("autotask", "", TICKETS, headers=mine)) for _ in range(4)]
    assert [permit.refusal is None for permit in running] == [True, True, True, False]
    assert b"thread threshold" in (running[3].refusal.body if running[3].refusal else b"")
    assert limits.admit(Call("autotask", "", TICKETS, headers=others)).refusal is None
    assert limits.admit(Call("autotask", "", "/ATServicesRest/V1.0/Contacts/query", headers=mine)).refusal is None
    running[0].release()
    assert limits.admit(Call("autotask", "", TICKETS, headers=mine)).refusal is None


@pytest.mark.parametrize(
    ("template", "query", "cost"),
    [
        ("/v1.0/users", {}, 2),
        ("/v1.0/users/delta", {"$select": "id"}, 1),
        ("/v1.0/groups/{id}/members", {"$top": "5"}, 2),
        ("/v1.0/subscribedSkus", {"$expand": "x"}, 4),
        ("/v1.0/domains", {"$select": "id", "$top": "1"}, 1),
    ],
)
def test_graph_costs_resource_units(template: str, query: dict[str, str], cost: int) -> None:
    assert resource_units(Call("m365", None, template, query)) == cost


def test_graph_tells_its_units_and_refuses_with_its_headers(
    read_estate: Estate, clock: Clock, largest_tenant: str
) -> None:
    limits = Enforced(read_estate, Rules(scale=0.002), clock)
    allowed, call = 10, Call("m365", largest_tenant, "/v1.0/users")
    permits = asked(limits, call, allowed // 2 + 1)
    assert permits[0].headers == {"x-ms-resource-unit": "2"}
    assert permits[-2].headers["x-ms-throttle-limit-percentage"] == "1.0"
    refusal = permits[-1].refusal
    assert refusal is not None
    assert refusal.headers["Retry-After"] == "10"
    assert refusal.headers["x-ms-throttle-scope"].endswith(largest_tenant)
    clock.now = 10.0
    assert limits.admit(call).refusal is None


def test_conditional_access_is_one_a_second_and_reports_are_five_in_ten(
    read_estate: Estate, clock: Clock, largest_tenant: str
) -> None:
    limits = Enforced(read_estate, Rules(), clock)
    policies = asked(limits, Call("m365", largest_tenant, "/v1.0/identity/conditionalAccess/policies"), 2)[1].refusal
    sign_ins = asked(limits, Call("m365", largest_tenant, "/v1.0/users", {"$select": "id,signInActivity"}), 6)[
        5
    ].refusal
    assert policies is not None
    assert sign_ins is not None
    assert "Retry-After" not in policies.headers
    assert sign_ins.headers["Retry-After"] == "10"


def test_sophos_has_windows_of_several_lengths(read_estate: Estate, clock: Clock) -> None:
    limits = Enforced(read_estate, Rules(sophos_windows=((2, 1.0), (3, 60.0)), sophos_retry_after=True), clock)
    call = Call("sophos", None, "/endpoint/v1/endpoints")
    scopes = []
    for moment in (0.0, 0.1, 0.2, 1.5, 3.0, 60.5):
        clock.now = moment
        refusal = limits.admit(call).refusal
        scopes.append(refusal and (refusal.scope, refusal.headers["Retry-After"]))
    assert scopes == [None, None, ("sophos 1 s", "1"), None, ("sophos 60 s", "57"), None]


async def test_refusals_are_counted_by_limit_and_batches_are_limited_inside(own_estate: Estate, clock: Clock) -> None:
    tenant = own_estate.partner_tenant_id
    world = open_world(own_estate, Enforced(own_estate, Rules(), clock))
    async with world.http:
        headers, url = await world.graph_token(tenant), "/identity/conditionalAccess/policies"
        first = await world.http.get(f"{world.at.m365}/v1.0/subscribedSkus", headers=headers)
        requests = [{"id": str(number), "method": "GET", "url": url} for number in range(3)]
        batch = await world.http.post(f"{world.at.m365}/v1.0/$batch", json={"requests": requests}, headers=headers)
        single = await world.http.get(f"{world.at.m365}/v1.0{url}", headers=headers)
        counted = (await world.http.get(f"{world.at.m365}/_sim/counters")).json()
        used = (await world.http.get(f"{world.at.m365}/_sim/limits")).json()
        known = await world.http.get(
            f"{world.at.autotask}/ATServicesRest/V1.0/ThresholdInformation", headers=world.autotask_headers
        )
    assert first.headers["x-ms-resource-unit"] == "3"
    assert sorted(item["status"] for item in batch.json()["responses"]) == [200, 429, 429]
    assert single.status_code == 429
    assert counted["refused"] == {f"m365 conditionalAccess {tenant}": 3}
    assert used[f"access {tenant}"] == {"allowed": 1, "seconds": 1.0, "most": 1}
    assert known.json()["currentTimeframeRequestCount"] == 1


def test_a_window_tells_the_most_that_was_taken_of_it_at_any_moment(read_estate: Estate, clock: Clock) -> None:
    limits = Enforced(read_estate, Rules(sophos_windows=((3, 1.0), (9, 60.0))), clock)
    for moment in (0.0, 0.1, 5.0, 5.2, 5.4, 5.6, 9.0):
        clock.now = moment
        limits.admit(Call("sophos", None, "/endpoint/v1/endpoints"))
    assert limits.used() == {
        "sophos 1.0": {"allowed": 3, "seconds": 1.0, "most": 3},
        "sophos 60.0": {"allowed": 9, "seconds": 60.0, "most": 6},
    }


def test_a_distant_vendor_answers_later_and_refuses_as_much(read_estate: Estate, clock: Clock) -> None:
    call = Call("autotask", "", TICKETS)
    near, far = (Enforced(read_estate, Rules(scale=0.001), clock) for _ in range(2))
    for before, after in zip(asked(near, call, 11), asked(Distant(far, 2.0), call, 11), strict=True):
        assert (after.refusal, after.headers) == (before.refusal, before.headers)
        assert after.delay == before.delay + 2.0
    assert Distant(far, 2.0).threshold() == near.threshold()
    assert Distant(UNLIMITED, 2.0).admit(call).delay == 2.0
