"""Autotask's change fields move as the vendor's do, and the service desk's entities are there."""

from typing import Any

import pytest

from vendor_sim.autotask.fields import FIELDS
from vendor_sim.estate import Estate
from vendor_sim.in_memory import World
from vendor_sim.moments import stamp
from vendor_sim.mutate import clock, mutate

ENTITIES = {
    "Companies": ("companyName", "lastTrackedModifiedDateTime"),
    "Contacts": ("note", "lastModifiedDate"),
    "ConfigurationItems": ("notes", "lastModifiedTime"),
    "Tickets": ("resolution", "lastActivityDate"),
    "Services": ("description", "lastModifiedDate"),
}


async def found(world: World, entity: str, *filters: dict[str, Any]) -> list[dict[str, Any]]:
    url = f"{world.at.autotask}/ATServicesRest/V1.0/{entity}/query"
    answer = await world.http.post(url, json={"filter": list(filters)}, headers=world.autotask_headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize("entity", ENTITIES)
async def test_an_edit_moves_the_change_field_so_that_the_row_is_found(own_world: World, entity: str) -> None:
    text, field = ENTITIES[entity]
    since = {"op": "gte", "field": field.upper(), "value": stamp(clock(own_world.estate))}
    rows = own_world.estate.autotask.table(entity)
    key = max(rows)
    assert await found(own_world, entity, since) == []
    mutate(own_world.estate, "autotask", "", entity, str(key), rows[key] | {text: "Anders"})
    assert [(row["id"], row[text]) for row in await found(own_world, entity, since)] == [(key, "Anders")]


def test_an_edit_of_a_company_is_no_activity_but_a_ticket_is(own_estate: Estate) -> None:
    database = own_estate.autotask
    number, ticket = next((key, row) for key, row in database.tickets.items() if row["contactID"] in database.contacts)
    company = database.companies[ticket["companyID"]]
    mutate(own_estate, "autotask", "", "Companies", str(company["id"]), company | {"fax": "1"})
    assert database.companies[company["id"]]["lastActivityDate"] == company["lastActivityDate"]
    mutate(own_estate, "autotask", "", "Tickets", str(number), ticket | {"title": "Anders"})
    moved = database.tickets[number]["lastActivityDate"]
    assert moved > ticket["lastActivityDate"]
    assert database.companies[company["id"]]["lastActivityDate"] == moved
    assert database.contacts[ticket["contactID"]]["lastActivityDate"] == moved


def test_a_put_without_a_change_moves_nothing_and_a_stamp_given_stays(own_estate: Estate) -> None:
    key, row = next(iter(own_estate.autotask.contacts.items()))
    mutate(own_estate, "autotask", "", "Contacts", str(key), dict(row))
    assert own_estate.autotask.contacts[key] == row
    mutate(own_estate, "autotask", "", "Contacts", str(key), row | {"lastModifiedDate": "2020-01-01T00:00:00Z"})
    assert own_estate.autotask.contacts[key]["lastModifiedDate"] == "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("entity", ["Tickets", "Resources", "ContractServiceBundles", "ContractServiceBundleUnits"])
async def test_the_further_entities_are_listed_with_known_fields(world: World, entity: str) -> None:
    rows = await found(world, entity, {"op": "exist", "field": "id"})
    assert len(rows) == min(500, len(world.estate.autotask.table(entity)))
    assert all(row.keys() <= FIELDS[entity].keys() | {"userDefinedFields"} for row in rows)


async def test_picklist_values_of_tickets_are_labelled_and_hang_below_others(world: World) -> None:
    url = f"{world.at.autotask}/ATServicesRest/V1.0/Tickets/entityInformation/fields"
    answer = await world.http.get(url, headers=world.autotask_headers)
    fields = {row["name"]: row for row in answer.json()["fields"]}
    labels = {name: {item["value"] for item in row["picklistValues"] or []} for name, row in fields.items()}
    for ticket in world.estate.autotask.tickets.values():
        for name in ("status", "priority", "queueID", "source", "issueType", "subIssueType", "ticketType"):
            assert str(ticket[name]) in labels[name]
    assert fields["subIssueType"]["picklistParentValueField"] == "issueType"
    assert {item["parentValue"] for item in fields["subIssueType"]["picklistValues"]} == labels["issueType"]
    assert not fields["creatorType"]["isQueryable"]


async def test_a_field_that_is_not_queryable_is_refused(world: World) -> None:
    url = f"{world.at.autotask}/ATServicesRest/V1.0/Tickets/query"
    asked = {"filter": [{"op": "eq", "field": "creatorType", "value": 1}]}
    assert (await world.http.post(url, json=asked, headers=world.autotask_headers)).status_code == 500


def test_the_api_user_is_a_resource(read_estate: Estate) -> None:
    users = [row["email"] for row in read_estate.autotask.resources.values() if row["licenseType"] == 7]
    assert users == [read_estate.credentials.autotask_username]


def test_tickets_are_not_people_devices_or_companies(read_estate: Estate) -> None:
    assert 100 < len(read_estate.autotask.tickets) < 500
    assert all(("assignedResourceID" in row) for row in read_estate.autotask.tickets.values())
