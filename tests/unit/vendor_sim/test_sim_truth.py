"""The ground truth: complete, without doubles, and following the records."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from vendor_sim.counts import covers
from vendor_sim.estate import Estate, generate
from vendor_sim.truth import truth


@pytest.fixture(scope="module")
def known(read_estate: Estate) -> dict[str, Any]:
    """The truth of the estate nobody changes."""
    return truth(read_estate)


def people(estate: Estate) -> Iterator[tuple[str, ...]]:
    """Every record that is a person."""
    for tenant in estate.m365.values():
        yield from (("m365", tenant.id, "users", key) for key in tenant.users)
    yield from (("autotask", "", "Contacts", str(key)) for key in estate.autotask.contacts)


def devices(estate: Estate) -> Iterator[tuple[str, ...]]:
    """Every readable record that is a device."""
    for tenant in estate.m365.values():
        yield from (("m365", tenant.id, "devices", key) for key in tenant.devices)
        yield from (("m365", tenant.id, "managedDevices", key) for key in tenant.managed_devices)
    for account, rows in estate.sophos.endpoints.items():
        if "apiHost" in estate.sophos.tenants[account] and account not in estate.sophos.no_assistance:
            yield from (("sophos", account, "endpoints", key) for key in rows)
    yield from (("autotask", "", "ConfigurationItems", str(key)) for key in estate.autotask.configuration_items)


def companies(estate: Estate) -> Iterator[tuple[str, ...]]:
    """Every record that is a company."""
    yield from (("autotask", "", "Companies", str(key)) for key in estate.autotask.companies)
    yield from (("m365", key, "organization", key) for key in estate.m365)
    yield from (("sophos", estate.sophos.partner_id, "tenants", key) for key in estate.sophos.tenants)


def test_equal_seeds_give_equal_truths(known: dict[str, Any], read_estate: Estate) -> None:
    assert truth(generate(read_estate.seed, read_estate.clients, read_estate.as_of)) == known


def test_the_truth_is_json(known: dict[str, Any]) -> None:
    assert orjson.loads(orjson.dumps(known)) == known


@pytest.mark.parametrize(("part", "records"), [("people", people), ("devices", devices), ("companies", companies)])
def test_every_record_is_listed_exactly_once(
    part: str, records: Callable[[Estate], Iterator[tuple[str, ...]]], known: dict[str, Any], read_estate: Estate
) -> None:
    listed = Counter(tuple(record) for group in known[part] for record in group["records"])
    assert set(listed.values()) == {1}
    assert listed.keys() == set(records(read_estate))


def test_exactly_one_account_of_each_kind_is_unmapped(known: dict[str, Any]) -> None:
    unmapped = known["findings"]["account_unmapped"]
    assert sorted(vendor for vendor, _ in unmapped) == ["m365", "sophos"]


def test_records_of_an_unmapped_tenant_stay_within_it(known: dict[str, Any]) -> None:
    unmapped = {tuple(account) for account in known["findings"]["account_unmapped"]}
    for part in ("people", "devices"):
        for group in known[part]:
            homes = {(vendor, account) for vendor, account, *_ in group["records"]}
            assert (group["company_id"] is None) == bool(homes & unmapped)
            if group["company_id"] is None:
                assert len(homes) == 1


def test_most_people_and_devices_are_known_to_several_vendors(known: dict[str, Any]) -> None:
    for part in ("people", "devices"):
        groups = known[part]
        assert sum(len({record[0] for record in group["records"]}) > 1 for group in groups) > len(groups) / 2


def test_every_kind_of_finding_occurs(known: dict[str, Any]) -> None:
    assert all(known["findings"].values())


def test_unprotected_machines_have_no_endpoint(known: dict[str, Any]) -> None:
    groups = {tuple(record): group for group in known["devices"] for record in group["records"]}
    for subject in known["findings"]["no_endpoint_protection"]:
        assert all(record[0] != "sophos" for record in groups[tuple(subject)]["records"])


def test_disabled_users_found_have_a_licence(known: dict[str, Any], read_estate: Estate) -> None:
    for _, tenant, _, key in known["findings"]["licensed_but_disabled"]:
        row = read_estate.m365[tenant].users[key]
        assert row["accountEnabled"] is False
        assert row["assignedLicenses"]


def test_only_running_lines_are_judged_and_once_per_client_and_service(
    known: dict[str, Any], read_estate: Estate
) -> None:
    seen = set()
    for kind in ("under_billed", "over_billed"):
        for *_, key in known["findings"][kind]:
            line = read_estate.autotask.contract_services[int(key)]
            contract = read_estate.autotask.contracts[line["contractID"]]
            assert contract["status"] == 1
            assert covers(contract, read_estate.as_of)
            assert (contract["companyID"], line["serviceID"]) not in seen
            seen.add((contract["companyID"], line["serviceID"]))


def test_deleting_an_endpoint_makes_a_finding(own_estate: Estate) -> None:
    before = truth(own_estate)
    for group in before["devices"]:
        managed = [record for record in group["records"] if record[2] == "managedDevices"]
        endpoints = [record for record in group["records"] if record[2] == "endpoints"]
        row = own_estate.m365[managed[0][1]].managed_devices[managed[0][3]] if managed and endpoints else {}
        if row.get("lastSyncDateTime", "") > "2026-11-03" and row["enrolledDateTime"] < "2026-11":
            subject = managed[0]
            for _, account, _, key in endpoints:
                del own_estate.sophos.endpoints[account][key]
            break
    else:
        pytest.fail("no protected machine in the estate")
    assert subject not in before["findings"]["no_endpoint_protection"]
    assert subject in truth(own_estate)["findings"]["no_endpoint_protection"]


def test_a_new_record_is_a_person_of_its_own(own_estate: Estate) -> None:
    tenant = next(iter(own_estate.m365.values()))
    tenant.users["new"] = {**next(iter(tenant.users.values())), "id": "new"}
    listed = [group for group in truth(own_estate)["people"] if ["m365", tenant.id, "users", "new"] in group["records"]]
    assert [len(group["records"]) for group in listed] == [1]
