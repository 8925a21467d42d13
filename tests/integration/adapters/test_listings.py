"""What each adapter must do with a list, whichever vendor it is: read it whole, once, and say what went wrong."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.integration.adapters.conftest import VENDORS, Bench

from mspbyte_common.declarations import index
from mspbyte_common.vendors.keep import Keeper
from svc_adapter_autotask.endpoints import LABELLED
from vendor_sim.autotask.fields import PICKLISTS
from vendor_sim.estate import Estate, M365Tenant

LISTS = [(vendor.name, endpoint.resource) for vendor in VENDORS.values() for endpoint in vendor.endpoints]

NAMES = {
    "subscribedSkus": "subscribed_skus",
    "managedDevices": "managed_devices",
    "directoryRoles": "directory_roles",
    "conditionalAccessPolicies": "conditional_access",
    "signInActivity": "users",
    "alerts_v2": "security_alerts",
}
"""How the estate calls the lists it does not call as Graph does."""


async def _account(bench: Bench, vendor: str, resource: str):
    """The account to read the list of: the root, or the first tenant that can be reached."""
    endpoint = index(VENDORS[vendor].endpoints, key=lambda one: one.resource)[resource]
    if endpoint.level == "root":
        return bench.roots[vendor]
    estate = bench.world.estate
    if vendor == "m365":
        tenant = max(estate.m365, key=lambda one: (_has_policies(estate.m365[one]), len(estate.m365[one].users)))
        return bench.account(vendor, tenant)
    assert (await bench.read("sophos", bench.roots["sophos"], "tenants"))["state"] == "succeeded"
    tenant = max(
        filter(estate.sophos.reachable, estate.sophos.tenants),
        key=lambda one: (bool(estate.sophos.firewalls[one]), len(estate.sophos.endpoints[one])),
    )
    return bench.account(vendor, tenant)


def _has_policies(tenant: M365Tenant) -> bool:
    return tenant.premium and bool(tenant.conditional_access)


def _there(bench: Bench, vendor: str, account, resource: str) -> set[str]:
    """The ids the vendor has of the list."""
    [(external_id,)] = bench.database.execute("SELECT external_id FROM account WHERE id = %s", account)
    at_vendor = {"autotask": _at_autotask, "sophos": _at_sophos, "m365": _at_m365}[vendor]
    return {str(one) for one in at_vendor(bench.world.estate, external_id, resource)}


def _at_autotask(estate: Estate, _account: str, resource: str) -> Iterable[object]:
    if resource != "picklists":
        return estate.autotask.table(resource)
    lists = PICKLISTS.items()
    return [f"{entity}.{field}.{row[0]}" for (entity, field), rows in lists for row in rows if entity in LABELLED]


def _at_sophos(estate: Estate, account: str, resource: str) -> Iterable[object]:
    match resource:
        case "tenants":
            return estate.sophos.tenants
        case "accountHealthCheck":
            return ["latest"]
        case "licenses":
            return [row["id"] for row in estate.sophos.licences[account]]
    return getattr(estate.sophos, {"directoryUsers": "users"}.get(resource, resource))[account]


def _at_m365(estate: Estate, account: str, resource: str) -> Iterable[object]:
    match resource:
        case "delegatedAdminRelationships":
            return estate.relationships
        case "organization":
            return [account]
        case "secureScores":
            return ["latest"]
        case "securityDefaults":
            return ["00000000-0000-0000-0000-000000000005"]
        case "userRegistrationDetails":
            return [key for key, user in estate.m365[account].users.items() if user["accountEnabled"]]
    return getattr(estate.m365[account], NAMES.get(resource, resource))


@pytest.mark.parametrize(("vendor", "resource"), LISTS)
async def test_a_list_is_read_whole_and_each_record_once(bench: Bench, vendor: str, resource: str) -> None:
    account = await _account(bench, vendor, resource)
    run = await bench.read(vendor, account, resource)
    assert (run["state"], run["error"]) == ("succeeded", None)
    there = _there(bench, vendor, account, resource)
    assert {one.lower() for one in bench.stored(account, resource)} == {one.lower() for one in there}
    assert there, "an empty list proves nothing"
    [(records, complete)] = bench.database.execute(
        "SELECT records, complete_at IS NOT NULL FROM listing WHERE account_id = %s AND resource = %s",
        account,
        resource,
    )
    assert (records, complete) == (len(there), True)


@pytest.mark.parametrize(("vendor", "resource"), LISTS)
async def test_reading_again_writes_nothing_when_nothing_changed(bench: Bench, vendor: str, resource: str) -> None:
    account = await _account(bench, vendor, resource)
    await bench.read(vendor, account, resource)
    before = bench.database.execute("SELECT id, xmin FROM entity ORDER BY id")
    bench.database.execute("DELETE FROM work")
    run = await bench.read(vendor, account, resource)
    assert (run["state"], run["changed"]) == ("succeeded", 0)
    assert bench.database.execute("SELECT id, xmin FROM entity ORDER BY id") == before
    assert bench.database.execute("SELECT count(*) FROM work") == [(0,)]


@pytest.mark.parametrize(
    ("action", "error_class", "state"),
    [
        ("status:500", "transient", "queued"),
        ("html", "vendor_outage", "queued"),
        ("drop", "unreachable", "queued"),
        ("malformed", "schema_drift", "failed"),
        ("status:429", "throttled", "queued"),
    ],
)
@pytest.mark.parametrize(
    ("vendor", "resource", "path"),
    [("m365", "users", "/v1.0/users"), ("autotask", "Contacts", "query"), ("sophos", "endpoints", "/endpoint/v1")],
)
async def test_a_fault_is_named_and_the_next_try_loses_nothing(
    bench: Bench, vendor: str, resource: str, path: str, action: str, error_class: str, state: str
) -> None:
    account = await _account(bench, vendor, resource)
    await bench.fault(vendor, path_contains=path, action=action)
    queued = bench.queue(vendor, account, resource)
    run = await bench.carry_out(queued)
    assert run["error_class"].startswith(error_class), run["error"]
    assert run["state"] == state
    assert run["advice"]
    assert bench.database.execute(
        "SELECT count(*) FROM entity WHERE resource = %s AND deleted_at IS NOT NULL", resource
    ) == [(0,)]
    if state == "queued":
        bench.due(queued)
        again = await bench.carry_out(queued)
    else:
        again = await bench.read(vendor, account, resource)
    assert again["state"] == "succeeded"
    assert len(bench.stored(account, resource)) == len(_there(bench, vendor, account, resource))


async def test_throttling_waits_as_told_and_burns_no_attempt(bench: Bench) -> None:
    account = await _account(bench, "m365", "users")
    await bench.fault("m365", path_contains="/v1.0/users", action="status:429", retry_after=90)
    run = bench.queue("m365", account, "users")
    await bench.carry_out(run)
    [(attempts, waits)] = bench.database.execute(
        "SELECT attempts, extract(epoch FROM not_before - lease_or_now)::int FROM (SELECT attempts, not_before, now() AS "
        "lease_or_now FROM run WHERE id = %s) r",
        run,
    )
    assert attempts == 0
    assert waits in range(80, 91)


async def test_a_run_goes_on_from_its_last_page(bench: Bench) -> None:
    account = bench.roots["autotask"]
    contacts = len(bench.world.estate.autotask.contacts)
    assert contacts > 500, "the estate must have more contacts than a page"
    await bench.read("autotask", account, "Companies")  # finds the zone
    queued = bench.queue("autotask", account, "Contacts")
    address = bench.world.at.autotask
    await bench.fault("autotask", path_contains="NEVER", action="status:500")
    kept = Keeper.page
    pages = 0

    async def dies_after_one_page(self, page):
        nonlocal pages
        pages += 1
        if pages > 1:
            raise ConnectionResetError("the process dies here")
        return await kept(self, page)

    Keeper.page = dies_after_one_page  # type: ignore[method-assign]
    try:
        await bench.carry_out(queued)
    finally:
        Keeper.page = kept  # type: ignore[method-assign]
    assert bench.row(queued)["pages"] == 1
    bench.database.execute("UPDATE run SET state = 'queued', finished_at = NULL WHERE id = %s", queued)
    await bench.world.http.delete(f"{address}/_sim/counters")
    run = await bench.carry_out(queued)
    assert run["state"] == "succeeded"
    assert len(bench.stored(account, "Contacts")) == contacts
    counters = (await bench.world.http.get(f"{address}/_sim/counters")).json()
    asked = sum(number for route, number in counters["requests"].items() if "query" in route.lower())
    assert asked == -(-contacts // 500) - 1 + (contacts % 500 == 0), "the first page was not asked for again"


async def test_a_wrong_secret_parks_the_connection_once_and_says_what_to_do(bench: Bench) -> None:
    tenant = bench.account("m365", next(iter(bench.world.estate.m365)))
    [(settings,)] = bench.database.execute("SELECT settings FROM connection WHERE vendor = 'm365'")
    bench.connect("m365", settings, {"client_secret": "not this one"}, bench.world.estate.partner_tenant_id)
    for resource in ("users", "devices"):
        run = await bench.read("m365", tenant, resource)
        assert (run["state"], run["error_class"]) == ("parked", "credential_invalid")
        assert "AADSTS7000215" in run["error"]
        assert "set-secret" in run["advice"]
        assert "not this one" not in str(run)
    rows = bench.database.execute("SELECT id FROM account WHERE parked_at IS NOT NULL")
    assert rows == [(bench.roots["m365"],)]
    assert bench.database.execute("SELECT kind, entity_ids FROM work WHERE stage = 'evaluate'") == [
        ("account", [bench.roots["m365"]])
    ]


async def test_a_tenant_that_refuses_the_partner_is_parked_alone(bench: Bench) -> None:
    await bench.read("sophos", bench.roots["sophos"], "tenants")
    [refusing] = bench.world.estate.sophos.no_assistance
    run = await bench.read("sophos", bench.account("sophos", refusing), "endpoints")
    assert (run["state"], run["error_class"]) == ("parked", "partner_assistance_missing")
    assert "Partner Assistance" in run["advice"]
    assert bench.database.execute("SELECT external_id FROM account WHERE parked_at IS NOT NULL") == [(refusing,)]


async def test_a_tenant_without_a_host_is_reported_and_never_guessed(bench: Bench) -> None:
    await bench.read("sophos", bench.roots["sophos"], "tenants")
    hostless = {one for one, row in bench.world.estate.sophos.tenants.items() if "apiHost" not in row}
    rows = bench.database.execute("SELECT external_id FROM account WHERE unreachable_reason IS NOT NULL")
    assert {row[0] for row in rows} == hostless != set()


async def test_records_gone_from_a_complete_listing_are_ended_and_come_back_as_the_same(bench: Bench) -> None:
    account = await _account(bench, "m365", "users")
    await bench.read("m365", account, "users")
    [(tenant_id,)] = bench.database.execute("SELECT external_id FROM account WHERE id = %s", account)
    users = bench.world.estate.m365[tenant_id].users
    gone = list(users)[:3]
    kept = {one: users.pop(one) for one in gone}
    run = await bench.read("m365", account, "users")
    assert (run["deleted"], run["held"]) == (3, 0)
    assert not set(gone) & set(bench.stored(account, "users"))
    users.update(kept)
    await bench.read("m365", account, "users")
    assert set(gone) <= set(bench.stored(account, "users"))
    assert bench.database.execute("SELECT count(*) FROM entity WHERE resource = 'users'") == [(len(users),)]


async def test_a_large_drop_is_held_until_a_second_listing_agrees(bench: Bench) -> None:
    account = await _account(bench, "m365", "users")
    await bench.read("m365", account, "users")
    [(tenant_id,)] = bench.database.execute("SELECT external_id FROM account WHERE id = %s", account)
    users = bench.world.estate.m365[tenant_id].users
    assert len(users) > 40
    for one in list(users)[: len(users) // 2]:
        users.pop(one)
    first = await bench.read("m365", account, "users")
    assert (first["deleted"], first["held"] > 10) == (0, True)
    second = await bench.read("m365", account, "users")
    assert (second["deleted"], second["held"]) == (first["held"], 0)


async def test_groups_carry_their_members_and_no_request_per_group(bench: Bench) -> None:
    account = await _account(bench, "m365", "groups")
    await bench.world.http.delete(f"{bench.world.at.m365}/_sim/counters")
    await bench.read("m365", account, "groups")
    [(tenant_id,)] = bench.database.execute("SELECT external_id FROM account WHERE id = %s", account)
    tenant = bench.world.estate.m365[tenant_id]
    for group, raw in bench.stored(account, "groups").items():
        assert [one["id"] for one in raw["members"]] == sorted(one["id"] for one in tenant.members.get(group, []))
    counters = (await bench.world.http.get(f"{bench.world.at.m365}/_sim/counters")).json()["requests"]
    whole = {route: number for route, number in counters.items() if not route.startswith("batch")}
    pages = -(-len(tenant.groups) // 100)
    assert sum(number for route, number in whole.items() if "batch" in route) <= pages * 6


async def test_a_late_writer_whose_lease_is_gone_writes_nothing(bench: Bench) -> None:
    account = await _account(bench, "m365", "users")
    queued = bench.queue("m365", account, "users")
    kept = Keeper.page

    async def loses_its_lease(self, page):
        bench.database.execute("UPDATE run SET fence = fence + 1 WHERE id = %s", queued)
        return await kept(self, page)

    Keeper.page = loses_its_lease  # type: ignore[method-assign]
    try:
        await bench.carry_out(queued)
    finally:
        Keeper.page = kept  # type: ignore[method-assign]
    assert bench.row(queued)["state"] == "running", "it is the other's to end"
    assert bench.stored(account, "users") == {}
