"""Autotask: zones, sign-in, the query language and its pages."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest

from vendor_sim.in_memory import World

EVERYTHING = {"filter": [{"op": "exist", "field": "id"}]}


def at(world: World, path: str) -> str:
    """An address below the zone, in the letter case some clients use."""
    return f"{world.at.autotask}/atservicesrest/v1.0/{path}"


async def pages(world: World, entity: str, asked: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """All pages of a query, each asked for by POST."""
    url, found = at(world, f"{entity}/query"), []
    while url:
        answer = await world.http.post(url, json=asked, headers=world.autotask_headers)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        url = answer.json()["pageDetails"]["nextPageUrl"]
    return found


async def query(world: World, entity: str, *filters: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that match all the filters."""
    return [row for page in await pages(world, entity, {"filter": list(filters)}) for row in page]


async def test_the_zone_of_a_known_user_leads_to_the_api(world: World) -> None:
    user = quote(world.estate.credentials.autotask_username)
    answer = await world.http.get(at(world, f"zoneInformation?user={user}"))
    probe = await world.http.get(answer.json()["url"] + "v1.0/ThresholdInformation", headers=world.autotask_headers)
    assert probe.json()["externalRequestThreshold"] == 10_000


async def test_an_unknown_user_has_no_zone(world: World) -> None:
    answer = await world.http.get(at(world, "zoneInformation?user=nobody@example.com"))
    assert (answer.status_code, answer.json()) == (500, {"errors": ["Zone information could not be determined"]})


@pytest.mark.parametrize("wrong", ["UserName", "Secret"])
async def test_a_bad_sign_in_is_an_empty_401(world: World, wrong: str) -> None:
    headers = world.autotask_headers | {wrong: "x"}
    answer = await world.http.post(at(world, "Companies/query"), json=EVERYTHING, headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")


async def test_a_bad_integration_code_is_a_500(world: World) -> None:
    headers = world.autotask_headers | {"ApiIntegrationCode": "x"}
    answer = await world.http.post(at(world, "Companies/query"), json=EVERYTHING, headers=headers)
    assert (answer.status_code, answer.json()) == (500, {"errors": ["IntegrationCode is invalid"]})


@pytest.mark.parametrize(
    ("entity", "table"),
    [
        ("Companies", "companies"),
        ("Contacts", "contacts"),
        ("configurationitems", "configuration_items"),
        ("Contracts", "contracts"),
        ("ContractServices", "contract_services"),
        ("ContractServiceUnits", "contract_service_units"),
        ("Services", "services"),
    ],
)
async def test_pages_lose_and_double_nothing(world: World, entity: str, table: str) -> None:
    rows = getattr(world.estate.autotask, table)
    for size in (500, min(499, max(1, len(rows) // 3))):
        found = await pages(world, entity, {"MaxRecords": size, **EVERYTHING})
        assert [row["id"] for page in found for row in page] == sorted(rows)
        assert all(len(page) == size for page in found[:-1])


async def test_a_query_by_get_is_paged_by_get(world: World) -> None:
    search = quote(orjson.dumps({"MaxRecords": 200, **EVERYTHING}).decode())
    url, ids = at(world, f"Contacts/query?search={search}"), []
    while url:
        answer = await world.http.get(url, headers=world.autotask_headers)
        ids += [row["id"] for row in answer.json()["items"]]
        url = answer.json()["pageDetails"]["nextPageUrl"]
    assert ids == sorted(world.estate.autotask.contacts)


async def test_the_next_page_of_a_post_refuses_get(world: World) -> None:
    answer = await world.http.post(at(world, "Contacts/query"), json=EVERYTHING, headers=world.autotask_headers)
    following = answer.json()["pageDetails"]["nextPageUrl"]
    wrong = await world.http.get(following, headers=world.autotask_headers)
    assert following.startswith(f"{world.at.autotask}/ATServicesRest/V1.0/Contacts/query/next?paging=")
    assert wrong.status_code == 405
    assert wrong.json() == {"Message": "The requested resource does not support http method 'GET'."}


async def test_company_zero_is_the_msp_and_easily_lost(world: World) -> None:
    with_zero = await query(world, "Companies", {"op": "gte", "field": "id", "value": 0})
    without = await query(world, "Companies", {"op": "gt", "field": "id", "value": 0})
    assert with_zero[0]["id"] == 0
    assert len(with_zero) == len(without) + 1


async def test_filters_ignore_letter_case_and_combine(world: World) -> None:
    found = await query(
        world,
        "Companies",
        {"op": "AND", "items": [{"op": "EQ", "field": "ISACTIVE", "value": True}]},
        {"op": "or", "items": [{"op": "eq", "field": "companyType", "value": kind} for kind in (1, 7)]},
    )
    rows = world.estate.autotask.companies.values()
    assert [row["id"] for row in found] == sorted(
        row["id"] for row in rows if row["isActive"] and row["companyType"] in {1, 7}
    )


async def test_times_are_compared_as_times(world: World) -> None:
    found = await query(
        world, "ConfigurationItems", {"op": "gte", "field": "lastModifiedTime", "value": "2026-11-15T00:00:00Z"}
    )
    rows = world.estate.autotask.configuration_items.values()
    assert [row["id"] for row in found] == [row["id"] for row in rows if row["lastModifiedTime"] >= "2026-11-15"]
    assert found


async def test_the_count_is_of_all_matching_rows(world: World) -> None:
    answer = await world.http.post(at(world, "Contacts/query/count"), json=EVERYTHING, headers=world.autotask_headers)
    assert answer.json() == {"queryCount": len(world.estate.autotask.contacts)}


async def test_include_fields_keeps_what_was_named(world: World) -> None:
    ((first, *_), *_) = await pages(world, "Companies", {"IncludeFields": ["ID", "companyname"], **EVERYTHING})
    assert first.keys() == {"id", "companyName", "userDefinedFields"}


@pytest.mark.parametrize(
    "asked",
    [
        {"filter": []},
        {"filter": [{"op": "eq", "field": "limit", "value": 1}]},
        {"filter": [{"op": "in", "field": "id", "value": list(range(501))}]},
        {"MaxRecords": 501, **EVERYTHING},
    ],
)
async def test_a_bad_query_is_a_500_with_a_list_of_errors(world: World, asked: dict[str, Any]) -> None:
    answer = await world.http.post(at(world, "Companies/query"), json=asked, headers=world.autotask_headers)
    assert answer.status_code == 500
    assert len(answer.json()["errors"]) == 1


async def test_one_row_by_id(world: World) -> None:
    answer = await world.http.get(at(world, "Companies/0"), headers=world.autotask_headers)
    missing = await world.http.get(at(world, "Companies/5"), headers=world.autotask_headers)
    assert answer.json()["item"] == world.estate.autotask.companies[0]
    assert missing.json() == {"item": None}


async def test_picklist_values_are_strings_in_metadata_and_numbers_in_rows(world: World) -> None:
    answer = await world.http.get(at(world, "Companies/entityInformation/fields"), headers=world.autotask_headers)
    field = next(field for field in answer.json()["fields"] if field["name"] == "companyType")
    values = {value["value"] for value in field["picklistValues"]}
    assert {str(row["companyType"]) for row in world.estate.autotask.companies.values()} <= values
    assert world.estate.autotask.companies[0]["companyType"] == 1


async def test_every_field_of_every_row_can_be_queried(world: World) -> None:
    for entity, table in (("Companies", "companies"), ("Contacts", "contacts"), ("Contracts", "contracts")):
        answer = await world.http.get(at(world, f"{entity}/entityInformation/fields"), headers=world.autotask_headers)
        known = {field["name"] for field in answer.json()["fields"]} | {"userDefinedFields"}
        assert all(row.keys() <= known for row in getattr(world.estate.autotask, table).values())


async def test_an_unknown_entity_is_a_404(world: World) -> None:
    answer = await world.http.post(at(world, "Shoes/query"), json=EVERYTHING, headers=world.autotask_headers)
    assert answer.status_code == 404
    assert "Message" in answer.json()
