"""The generated estate: repeatable, of the promised size, with the promised oddities."""

import datetime
from collections import Counter
from dataclasses import asdict

import pytest

from vendor_sim.counts import covers, units_in_force
from vendor_sim.estate import Estate, generate
from vendor_sim.licences import FREE_PART_NUMBERS
from vendor_sim.moments import noon, parse


def record_count(estate: Estate) -> int:
    """All records a full synchronisation would read, group memberships aside."""
    tenants = estate.m365.values()
    microsoft = sum(
        1
        + len(t.domains)
        + len(t.users)
        + len(t.groups)
        + len(t.subscribed_skus)
        + len(t.devices)
        + len(t.managed_devices)
        for t in tenants
    )
    autotask = sum(len(getattr(estate.autotask, table)) for table in type(estate.autotask).__slots__)
    sophos = estate.sophos
    return (
        microsoft
        + autotask
        + len(sophos.tenants)
        + sum(map(len, sophos.endpoints.values()))
        + sum(map(len, sophos.alerts.values()))
    )


def test_equal_seeds_give_equal_estates(read_estate: Estate) -> None:
    assert asdict(generate(read_estate.seed, read_estate.clients, read_estate.as_of)) == asdict(read_estate)


def test_another_seed_gives_another_estate(read_estate: Estate) -> None:
    assert generate(read_estate.seed + 1, read_estate.clients, read_estate.as_of).autotask != read_estate.autotask


def test_twelve_clients_make_about_ten_thousand_records(read_estate: Estate) -> None:
    assert 9_000 < record_count(read_estate) < 12_000


@pytest.mark.parametrize("clients", [1, 2, 5, 6])
def test_small_estates_work_too(clients: int) -> None:
    estate = generate(3, clients, datetime.date(2028, 2, 29))
    unmapped = Counter(vendor for (vendor, _), company in estate.accounts.items() if company is None)
    assert unmapped == ({"m365": 1, "sophos": 1} if clients >= 6 else {})


def test_consumed_units_are_the_users_with_the_product(read_estate: Estate) -> None:
    for tenant in read_estate.m365.values():
        used = Counter(seat["skuId"] for user in tenant.users.values() for seat in user["assignedLicenses"])
        for row in tenant.subscribed_skus.values():
            assert row["consumedUnits"] == used.pop(row["skuId"], 0)
        assert not used


def test_host_names_are_unique_within_a_client_and_collide_across(read_estate: Estate) -> None:
    owners: dict[str, set[str]] = {}
    for account, rows in read_estate.sophos.endpoints.items():
        recent = [
            row
            for row in rows.values()
            if parse(row["lastSeenAt"]) > noon(read_estate.as_of) - datetime.timedelta(days=30)
        ]
        names = [row["hostname"].lower().removesuffix(".corp.local") for row in recent]
        assert len(names) == len(set(names))
        for name in names:
            owners.setdefault(name, set()).add(account)
    assert len(owners["dc01"]) > 5
    assert sum(len(accounts) > 1 for accounts in owners.values()) > 20


def test_no_time_lies_near_a_threshold_or_in_the_future(read_estate: Estate) -> None:
    now = noon(read_estate.as_of)
    seen = [row["lastSyncDateTime"] for t in read_estate.m365.values() for row in t.managed_devices.values()]
    seen += [row["approximateLastSignInDateTime"] for t in read_estate.m365.values() for row in t.devices.values()]
    seen += [row["lastSeenAt"] for rows in read_estate.sophos.endpoints.values() for row in rows.values()]
    born = [row["enrolledDateTime"] for t in read_estate.m365.values() for row in t.managed_devices.values()]
    days_seen = [(now - parse(text)).total_seconds() / 86_400 for text in seen]
    days_born = [(now - parse(text)).total_seconds() / 86_400 for text in born]
    assert min(days_seen) > 0.4
    assert not [days for days in days_seen if 28 <= days <= 32]
    assert not [days for days in days_born if 1 <= days <= 5]
    assert any(days < 1 for days in days_born)


def test_times_come_with_every_number_of_fraction_digits(read_estate: Estate) -> None:
    texts = [row["lastSyncDateTime"] for t in read_estate.m365.values() for row in t.managed_devices.values()]
    assert {len(text.removesuffix("Z").partition(".")[2]) for text in texts} == {0, 3, 6, 7}


def test_a_guest_may_be_a_member_of_another_client(read_estate: Estate) -> None:
    homes = {
        user["mail"].lower(): tenant.id
        for tenant in read_estate.m365.values()
        for user in tenant.users.values()
        if user["userType"] != "Guest" and user["mail"]
    }
    guests = [
        (tenant.id, user["proxyAddresses"][0].removeprefix("SMTP:").lower())
        for tenant in read_estate.m365.values()
        for user in tenant.users.values()
        if user["userType"] == "Guest"
    ]
    assert sum(homes.get(mail, tenant) != tenant for tenant, mail in guests) > 10


def test_contacts_without_an_address_are_few_and_some_share_a_number(read_estate: Estate) -> None:
    rows = list(read_estate.autotask.contacts.values())
    silent = [row for row in rows if not any(row[name] for name in ("emailAddress", "emailAddress2"))]
    assert 0.005 < len(silent) / len(rows) < 0.03
    assert 0 < sum(bool(row["mobilePhone"]) for row in silent) < len(silent)


def test_units_in_force_are_equal_from_today_into_next_month_so_midnight_changes_nothing(read_estate: Estate) -> None:
    rows = read_estate.autotask.contract_service_units.values()
    today, *later = (units_in_force(rows, read_estate.as_of + datetime.timedelta(days=days)) for days in (0, 1, 8, 30))
    assert today
    for days in later:
        assert {line: units for line, units in days.items() if line in today} == {
            line: units for line, units in today.items() if line in days
        }


def test_some_lines_have_a_period_of_their_own_since_their_units_were_changed(read_estate: Estate) -> None:
    covering: dict[int, list[int]] = {}
    for row in read_estate.autotask.contract_service_units.values():
        if covers(row, read_estate.as_of):
            covering.setdefault(row["contractServiceID"], []).append(row["units"])
    in_force = units_in_force(read_estate.autotask.contract_service_units.values(), read_estate.as_of)
    changed = {line: units for line, units in covering.items() if len(units) > 1}
    assert changed
    assert all(sorted(units) == [in_force[line], in_force[line] + 3] for line, units in changed.items())


def test_some_products_are_free_and_some_are_not(read_estate: Estate) -> None:
    numbers = {row["skuPartNumber"] for tenant in read_estate.m365.values() for row in tenant.subscribed_skus.values()}
    assert {"SPB", "O365_BUSINESS_PREMIUM", "EXCHANGESTANDARD", "FLOW_FREE"} <= numbers
    assert numbers & FREE_PART_NUMBERS
