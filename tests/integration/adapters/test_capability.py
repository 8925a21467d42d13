"""What an account has and has not: refused lists, and tenants the partner no longer sees."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.integration.adapters.conftest import Bench

from mspbyte_common.vendors.keep import NOT_LISTED


def _tenant(bench: Bench) -> UUID:
    return bench.account("m365", max(bench.world.estate.m365, key=lambda one: len(bench.world.estate.m365[one].users)))


def _listing(bench: Bench, account: UUID, resource: str) -> tuple[str | None, bool, bool]:
    """(why it is unavailable, whether since when is known, whether it was ever read whole)."""
    [row] = bench.database.execute(
        "SELECT unavailable_reason, unavailable_since IS NOT NULL, complete_at IS NOT NULL FROM listing "
        "WHERE account_id = %s AND resource = %s",
        account,
        resource,
    )
    return row


def _told(bench: Bench) -> list[tuple[str, str]]:
    """The work there is, which is then done."""
    rows = bench.database.execute("SELECT stage, kind FROM work WHERE stage = 'evaluate' ORDER BY id")
    bench.database.execute("DELETE FROM work")
    return rows


async def test_a_list_the_licence_lacks_is_unavailable_alone_and_comes_back_by_itself(bench: Bench) -> None:
    account = _tenant(bench)
    [(tenant,)] = bench.database.execute("SELECT external_id FROM account WHERE id = %s", account)
    bench.world.estate.m365[tenant].premium = False
    first = await bench.read("m365", account, "signInActivity")
    assert (first["state"], first["error_class"]) == ("unavailable", "licence_missing")
    why, since, complete = _listing(bench, account, "signInActivity")
    assert why is not None
    assert "lacks the licence" in why
    assert "Entra ID P1" in why
    assert (since, complete) == (True, False)
    assert bench.stored(account, "signInActivity") == {}, "not known is not never"
    assert _told(bench) == [("evaluate", "listing")]

    await bench.read("m365", account, "signInActivity")
    assert _told(bench) == [], "it is said once"
    assert (await bench.read("m365", account, "users"))["state"] == "succeeded"
    _told(bench)

    bench.world.estate.m365[tenant].premium = True
    assert (await bench.read("m365", account, "signInActivity"))["state"] == "succeeded"
    assert _listing(bench, account, "signInActivity") == (None, False, True)
    assert ("evaluate", "listing") in _told(bench)
    assert bench.database.execute("SELECT count(*) FROM account WHERE parked_at IS NOT NULL") == [(0,)]


@pytest.mark.parametrize(
    ("vendor", "resource", "path", "state"),
    [
        ("m365", "directoryRoles", "/directoryRoles", "unavailable"),
        ("m365", "users", "/v1.0/users", "parked"),
        ("autotask", "Tickets", "/Tickets/", "unavailable"),
        ("autotask", "Companies", "/Companies/", "parked"),
    ],
)
async def test_a_refused_list_stops_the_account_only_where_it_is_nothing_without_it(
    bench: Bench, vendor: str, resource: str, path: str, state: str
) -> None:
    account = _tenant(bench) if vendor == "m365" else bench.roots["autotask"]
    await bench.fault(vendor, path_contains=path, action="status:403", times=9)
    run = await bench.read(vendor, account, resource)
    assert (run["state"], run["error_class"]) == (state, "permission_missing")
    parked = bench.database.execute("SELECT parked_class FROM account WHERE parked_at IS NOT NULL")
    assert parked == ([("permission_missing",)] if state == "parked" else [])


async def test_a_list_without_the_batch_of_its_members_is_unavailable_and_not_empty(bench: Bench) -> None:
    account = _tenant(bench)
    await bench.read("m365", account, "directoryRoles")
    held = bench.stored(account, "directoryRoles")
    await bench.fault("m365", path_contains="/members", action="status:403", times=99)
    run = await bench.read("m365", account, "directoryRoles")
    assert (run["state"], bench.stored(account, "directoryRoles")) == ("unavailable", held)


async def test_a_refused_list_is_not_asked_for_every_hour(bench: Bench) -> None:
    account = _tenant(bench)
    await bench.fault("m365", path_contains="/groups", action="status:403")
    assert (await bench.read("m365", account, "groups"))["state"] == "unavailable"

    async def scheduled() -> str:
        run = bench.queue("m365", account, "groups")
        bench.database.execute("UPDATE run SET trigger = 'schedule' WHERE id = %s", run)
        state: str = (await bench.carry_out(run))["state"]
        return state

    assert await scheduled() == "skipped"
    assert bench.stored(account, "groups") == {}
    bench.database.execute("UPDATE listing SET unavailable_at = now() - interval '1 day'")
    assert await scheduled() == "succeeded"


async def test_a_tenant_no_longer_listed_is_unreachable_until_it_is_and_keeps_what_it_holds(bench: Bench) -> None:
    root, sophos = bench.roots["sophos"], bench.world.estate.sophos
    await bench.read("sophos", root, "tenants")
    tenant = next(one for one in sophos.tenants if sophos.reachable(one) and sophos.endpoints[one])
    account = bench.account("sophos", tenant)
    await bench.read("sophos", account, "endpoints")
    held = bench.stored(account, "endpoints")
    bench.database.execute("DELETE FROM work")

    def reason() -> list[tuple[str | None]]:
        return bench.database.execute("SELECT unreachable_reason FROM account WHERE id = %s", account)

    row = sophos.tenants.pop(tenant)
    for _ in range(2):  # pages of tenants may shift: one listing without it proves nothing
        assert reason() == [(None,)]
        await bench.read("sophos", root, "tenants")
    assert reason() == [(NOT_LISTED,)]
    assert bench.stored(account, "endpoints") == held != {}
    assert ("evaluate", "account") in _told(bench)

    sophos.tenants[tenant] = row
    await bench.read("sophos", root, "tenants")
    assert reason() == [(None,)]
    assert ("evaluate", "account") in _told(bench)


async def test_a_tenant_that_loses_its_host_is_not_read_at_the_old_one(bench: Bench) -> None:
    root, sophos = bench.roots["sophos"], bench.world.estate.sophos
    await bench.read("sophos", root, "tenants")
    tenant = next(filter(sophos.reachable, sophos.tenants))
    del sophos.tenants[tenant]["apiHost"]
    await bench.read("sophos", root, "tenants")
    [(why,)] = bench.database.execute("SELECT unreachable_reason FROM account WHERE external_id = %s", tenant)
    assert why == "Sophos lists the tenant without an API host"


async def test_a_directory_that_does_not_count_its_pages_is_read_whole(bench: Bench) -> None:
    await bench.read("sophos", bench.roots["sophos"], "tenants")
    sophos = bench.world.estate.sophos
    sophos.pages_missing.update(sophos.tenants)
    tenant = max(filter(sophos.reachable, sophos.tenants), key=lambda one: len(sophos.users[one]))
    account = bench.account("sophos", tenant)
    assert (await bench.read("sophos", account, "directoryUsers"))["state"] == "succeeded"
    assert set(bench.stored(account, "directoryUsers")) == set(sophos.users[tenant]) != set()


async def test_of_a_ticket_nothing_is_kept_that_people_write_into_it(bench: Bench) -> None:
    account = bench.roots["autotask"]
    await bench.read("autotask", account, "Tickets")
    await bench.read("autotask", account, "Resources")
    tickets, people = bench.stored(account, "Tickets").values(), bench.stored(account, "Resources").values()
    assert tickets
    assert not any({"description", "resolution"} & set(ticket) for ticket in tickets)
    assert {name for person in people for name in person} <= {
        "id",
        "firstName",
        "lastName",
        "email",
        "isActive",
        "licenseType",
        "userDefinedFields",
    }
