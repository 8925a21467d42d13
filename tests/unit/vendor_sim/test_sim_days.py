"""A month played day by day: the truth and the counted seats stay right."""

from collections import Counter
from dataclasses import asdict

from tests.unit.vendor_sim.conftest import AS_OF, SEED

from vendor_sim.companies import CANCELLATION
from vendor_sim.days import play
from vendor_sim.estate import Estate, generate
from vendor_sim.in_memory import World
from vendor_sim.moments import noon, parse
from vendor_sim.service_desk import COMPLETE
from vendor_sim.truth import truth

CLIENTS = 7
"""As few as lose a customer within the month."""


def test_a_month_has_everything_in_it_and_the_truth_stays_whole() -> None:
    own_estate = generate(SEED, CLIENTS, AS_OF)
    served = {key for key, row in own_estate.autotask.companies.items() if row["isActive"]}
    before = len(truth(own_estate)["findings"]["no_endpoint_protection"])
    happened: Counter[str] = Counter()
    for _ in range(30):
        happened.update(play(own_estate))
    known = truth(own_estate)
    assert all(happened.values())
    for part in ("people", "devices", "companies"):
        listed = Counter(tuple(record) for group in known[part] for record in group["records"])
        assert set(listed.values()) == {1}
    for tenant in own_estate.m365.values():
        used = Counter(seat["skuId"] for user in tenant.users.values() for seat in user["assignedLicenses"])
        assert all(row["consumedUnits"] == used[row["skuId"]] for row in tenant.subscribed_skus.values())
        members = {entry["id"] for rows in tenant.members.values() for entry in rows}
        assert members <= tenant.users.keys() | tenant.groups.keys() | tenant.devices.keys()
    assert abs(len(known["findings"]["no_endpoint_protection"]) - before) < 15
    seen = [parse(row["lastSeenAt"]) for rows in own_estate.sophos.endpoints.values() for row in rows.values()]
    assert max(seen) < noon(own_estate.as_of)
    desk = own_estate.autotask
    left = {key for key, row in desk.companies.items() if row["companyType"] == CANCELLATION and key in served}
    assert left
    assert not [row for row in desk.contacts.values() if row["companyID"] in left and row["isActive"]]
    assert not [row for row in desk.contracts.values() if row["companyID"] in left and row["status"]]
    done = [row for row in desk.tickets.values() if row["completedDate"] is not None]
    assert all(row["status"] == COMPLETE and parse(row["completedDate"]) >= parse(row["createDate"]) for row in done)


def test_equal_days_follow_equal_days(own_estate: Estate) -> None:
    other = generate(own_estate.seed, own_estate.clients, own_estate.as_of)
    assert [play(own_estate) for _ in range(3)] == [play(other) for _ in range(3)]
    assert own_estate.autotask.tickets.keys() == other.autotask.tickets.keys()
    assert asdict(own_estate.sophos) == asdict(other.sophos)
    assert asdict(own_estate.m365[own_estate.partner_tenant_id]) == asdict(other.m365[other.partner_tenant_id])


async def test_a_day_is_played_over_http(own_world: World) -> None:
    before = own_world.estate.as_of
    answer = await own_world.http.post(f"{own_world.at.m365}/_sim/day")
    assert answer.status_code == 200
    assert (own_world.estate.as_of - before).days == own_world.estate.days_played == 1
