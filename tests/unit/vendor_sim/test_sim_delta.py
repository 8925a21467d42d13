"""Graph delta: full rounds, changes, removals, memberships, and tokens that are too old."""

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendor_sim.addresses import Addresses
from vendor_sim.changes import Expiry
from vendor_sim.directory import USER
from vendor_sim.estate import Estate, M365Tenant, generate
from vendor_sim.in_memory import World
from vendor_sim.m365.graph import Graph, split
from vendor_sim.mutate import mutate

Rows = list[dict[str, Any]]


def round_of(graph: Graph, tenant: str, url: str) -> tuple[Rows, str, int]:
    """All records of a round, its deltaLink, and how many pages it had."""
    base, rows, pages = Addresses().m365 + "/v1.0/", [], 0
    while True:
        answer = graph.get(tenant, *split(url.removeprefix(base)))
        assert answer.status == 200, answer.body
        assert ("@odata.nextLink" in answer.body) != ("@odata.deltaLink" in answer.body)
        rows += answer.body["value"]
        pages += 1
        if "@odata.deltaLink" in answer.body:
            return rows, answer.body["@odata.deltaLink"], pages
        url = answer.body["@odata.nextLink"]


def applied(state: dict[str, dict[str, Any]], rows: Rows) -> None:
    """What a client does with the records: last wins, in the order they came."""
    for row in rows:
        if "@removed" in row:
            state.pop(row["id"], None)
            continue
        known = state.setdefault(row["id"], {})
        members = known.setdefault("members", set())
        for entry in row.get("members@delta", []):
            (members.discard if "@removed" in entry else members.add)(entry["id"])
        known.update({name: value for name, value in row.items() if "@" not in name})


@pytest.fixture
def graph(own_estate: Estate) -> Graph:
    return Graph(own_estate, Addresses().m365)


@pytest.fixture
def tenant(own_estate: Estate) -> M365Tenant:
    return max(own_estate.m365.values(), key=lambda found: len(found.users))


@pytest.mark.parametrize("collection", ["users", "groups"])
def test_the_first_round_is_everything(own_estate: Estate, graph: Graph, collection: str) -> None:
    for found in own_estate.m365.values():
        rows, _, _ = round_of(graph, found.id, f"{collection}/delta?$select=id")
        assert sorted(row["id"] for row in rows) == sorted(getattr(found, collection))


def test_the_first_round_has_several_pages_and_maybe_an_empty_one(graph: Graph, tenant: M365Tenant) -> None:
    tenant.empty_page = True
    base = Addresses().m365 + "/v1.0/"
    first = graph.get(tenant.id, "users/delta", {}).body
    second = graph.get(tenant.id, *split(first["@odata.nextLink"].removeprefix(base))).body
    assert len(first["value"]) == 100
    assert second["value"] == []
    assert round_of(graph, tenant.id, second["@odata.nextLink"])[0]


def test_nothing_new_is_an_empty_round_with_a_new_link(graph: Graph, tenant: M365Tenant) -> None:
    _, link, _ = round_of(graph, tenant.id, "users/delta")
    rows, again, pages = round_of(graph, tenant.id, link)
    assert (rows, pages) == ([], 1)
    assert again != link


def test_a_round_may_begin_with_the_present(own_estate: Estate, graph: Graph, tenant: M365Tenant) -> None:
    rows, link, _ = round_of(graph, tenant.id, "users/delta?$deltatoken=latest&$select=displayName")
    key, row = next(iter(tenant.users.items()))
    mutate(own_estate, "m365", tenant.id, "users", key, row | {"displayName": "Anders"})
    assert rows == []
    assert round_of(graph, tenant.id, link)[0] == [{"id": key, "displayName": "Anders"}]


def test_a_change_shows_what_changed_and_only_if_selected(own_estate: Estate, graph: Graph, tenant: M365Tenant) -> None:
    _, names, _ = round_of(graph, tenant.id, "users/delta?$select=displayName,mail")
    _, jobs, _ = round_of(graph, tenant.id, "users/delta?$select=jobTitle")
    key, row = next(iter(tenant.users.items()))
    mutate(own_estate, "m365", tenant.id, "users", key, row | {"mail": None})
    assert round_of(graph, tenant.id, names)[0] == [{"id": key, "mail": None}]
    assert round_of(graph, tenant.id, jobs)[0] == []


def test_a_removed_user_is_told_and_leaves_its_groups(own_estate: Estate, graph: Graph, tenant: M365Tenant) -> None:
    group, key = next((group, row["id"]) for group, rows in tenant.members.items() for row in rows)
    _, users, _ = round_of(graph, tenant.id, "users/delta")
    _, groups, _ = round_of(graph, tenant.id, "groups/delta?$select=members")
    row = tenant.users[key]
    mutate(own_estate, "m365", tenant.id, "users", key, None)
    told = round_of(graph, tenant.id, groups)[0]
    assert round_of(graph, tenant.id, users)[0] == [{"id": key, "@removed": {"reason": "changed"}}]
    assert {"id": group, "members@delta": [{"id": key, "@removed": {"reason": "deleted"}}]} in told
    assert {"id": key, "@removed": {"reason": "changed"}} in round_of(graph, tenant.id, "users/delta")[0]
    mutate(own_estate, "m365", tenant.id, "users", key, row)
    assert "@removed" not in round_of(graph, tenant.id, users)[0][-1]


def test_a_large_group_comes_in_parts(own_estate: Estate, graph: Graph, tenant: M365Tenant) -> None:
    group = next(iter(tenant.groups))
    members = [{"@odata.type": USER, "id": f"{number:036d}"} for number in range(250)]
    tenant.members[group] = members
    rows, _, _ = round_of(graph, tenant.id, "groups/delta?$select=displayName,members")
    parts = [row["members@delta"] for row in rows if row["id"] == group]
    assert [len(part) for part in parts] == [100, 100, 50]
    assert [entry for part in parts for entry in part] == members


@pytest.mark.parametrize(("how", "status"), [("gone", 410), ("not_found", 400)])
def test_an_expired_token_begins_anew(
    own_estate: Estate, graph: Graph, tenant: M365Tenant, how: Expiry, status: int
) -> None:
    base = Addresses().m365 + "/v1.0/"
    _, link, _ = round_of(graph, tenant.id, "users/delta?$select=mail")
    own_estate.changes.expire(tenant.id, how)
    answer = graph.get(tenant.id, *split(link.removeprefix(base)))
    assert answer.status == status
    assert answer.body["error"]["code"].lower() == "syncstatenotfound"
    if how == "gone":
        rows, _, _ = round_of(graph, tenant.id, answer.headers["Location"])
        assert [row["id"] for row in rows] == list(tenant.users)
        assert set(rows[0]) == {"id", "mail"}


def test_a_token_is_good_for_seven_days(own_estate: Estate, graph: Graph, tenant: M365Tenant) -> None:
    _, link, _ = round_of(graph, tenant.id, "users/delta")
    asked = split(link.removeprefix(Addresses().m365 + "/v1.0/"))
    own_estate.days_played = 6
    assert graph.get(tenant.id, *asked).status == 200
    own_estate.days_played = 8
    assert graph.get(tenant.id, *asked).status == 400


@pytest.mark.parametrize(
    "query", ["$top=5", "$expand=members", "$orderby=id", "$select=signInActivity", "$deltatoken=x", "$skiptoken=e30"]
)
def test_what_delta_does_not_know_is_refused(graph: Graph, tenant: M365Tenant, query: str) -> None:
    assert graph.get(tenant.id, *split(f"users/delta?{query}")).status == 400


async def test_delta_and_its_expiry_are_reached_over_http(own_world: World) -> None:
    tenant = own_world.estate.partner_tenant_id
    headers = await own_world.graph_token(tenant)
    first = await own_world.http.get(f"{own_world.at.m365}/v1.0/users/delta?$deltatoken=latest", headers=headers)
    ask = {"account": tenant, "how": "gone"}
    assert (await own_world.http.post(f"{own_world.at.m365}/_sim/expire", json=ask)).status_code == 204
    assert (await own_world.http.post(f"{own_world.at.m365}/_sim/expire", json={"account": "x"})).status_code == 422
    assert (await own_world.http.get(first.json()["@odata.deltaLink"], headers=headers)).status_code == 410
    counted = (await own_world.http.get(f"{own_world.at.m365}/_sim/counters")).json()
    assert counted["requests"]["GET /v1.0/users/delta"] == 2


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["rename", "remove", "add", "move", "regroup", "drop", "pull"]), st.integers(0, 1000)),
    max_size=30,
)
SHARED = generate(5, 3, datetime.date(2026, 11, 23))


@settings(max_examples=150, deadline=None)
@given(OPERATIONS)
def test_delta_state_equals_full_state(operations: list[tuple[str, int]]) -> None:
    tenant = min(SHARED.m365.values(), key=lambda found: len(found.users))
    graph, kept = Graph(SHARED, Addresses().m365), {}
    links = {"users": "users/delta?$select=displayName", "groups": "groups/delta?$select=displayName,members"}
    states: dict[str, dict[str, Any]] = {"users": {}, "groups": {}}

    def pull() -> None:
        for collection, link in list(links.items()):
            rows, links[collection], _ = round_of(graph, tenant.id, link)
            applied(states[collection], rows)

    for number, (operation, at) in enumerate(operations):
        users, groups = sorted(tenant.users), sorted(tenant.groups)
        user, group = users[at % len(users)], groups[at % len(groups)]
        if operation == "rename":
            row = tenant.users[user] | {"displayName": f"Name {at}"}
            mutate(SHARED, "m365", tenant.id, "users", user, row)
        elif operation == "remove" and len(users) > 3:
            kept[user] = tenant.users[user]
            mutate(SHARED, "m365", tenant.id, "users", user, None)
        elif operation == "add" and kept:
            key, row = kept.popitem()
            mutate(SHARED, "m365", tenant.id, "users", key, row)
        elif operation == "move":
            entries = [entry for entry in tenant.members.get(group, []) if entry["id"] != user]
            if len(entries) == len(tenant.members.get(group, [])):
                entries.append({"@odata.type": USER, "id": user})
            mutate(SHARED, "m365", tenant.id, "members", group, entries)
        elif operation == "regroup":
            key = f"{number % 4:08d}-{at % 4:028d}"
            mutate(SHARED, "m365", tenant.id, "groups", key, tenant.groups[group] | {"id": key})
        elif operation == "drop" and len(groups) > 3:
            mutate(SHARED, "m365", tenant.id, "groups", group, None)
        elif operation == "pull":
            pull()
    pull()
    assert {key: row["displayName"] for key, row in states["users"].items()} == {
        key: row["displayName"] for key, row in tenant.users.items()
    }
    assert {key: row["members"] for key, row in states["groups"].items()} == {
        key: {entry["id"] for entry in tenant.members.get(key, [])} for key in tenant.groups
    }
