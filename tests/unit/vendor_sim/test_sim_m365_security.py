"""Microsoft's security lists: roles, Conditional Access, registrations, scores and alerts."""

from typing import Any

import pytest

from vendor_sim.addresses import Addresses
from vendor_sim.estate import Estate
from vendor_sim.m365.graph import Graph, split, template
from vendor_sim.mutate import mutate

BASE = Addresses().m365 + "/v1.0/"
PATHS = {
    "identity/conditionalAccess/policies?$top=2": "conditional_access",
    "security/alerts_v2?$top=3": "security_alerts",
    "directoryRoles": "directory_roles",
}


def rows(graph: Graph, tenant: str, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following: str | None = url
    while following:
        answer = graph.get(tenant, *split(following.removeprefix(BASE)))
        assert answer.status == 200, answer.body
        found += answer.body["value"]
        following = answer.body.get("@odata.nextLink")
    return found


@pytest.fixture
def graph(read_estate: Estate) -> Graph:
    return Graph(read_estate, Addresses().m365)


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_security_lists_are_complete(graph: Graph, read_estate: Estate, path: str) -> None:
    total = 0
    for tenant in read_estate.m365.values():
        expected = getattr(tenant, PATHS[path])
        assert sorted(row["id"] for row in rows(graph, tenant.id, path)) == sorted(expected)
        total += len(expected)
    assert total > 10


def test_role_members_are_users_of_the_tenant_and_sometimes_groups(graph: Graph, read_estate: Estate) -> None:
    for tenant in read_estate.m365.values():
        for role in tenant.directory_roles:
            for row in rows(graph, tenant.id, f"directoryRoles/{role}/members"):
                assert row["id"] in (tenant.users if row["@odata.type"].endswith("user") else tenant.groups)
                assert row["displayName"]
    assert graph.get(tenant.id, "directoryRoles/none/members", {}).status == 404
    assert template("/v1.0/directoryRoles/1-2/members") == "/v1.0/directoryRoles/{id}/members"


def test_a_deleted_user_has_no_role_left(own_estate: Estate) -> None:
    tenant = own_estate.m365[own_estate.partner_tenant_id]
    user = next(entry["id"] for entries in tenant.role_members.values() for entry in entries)
    mutate(own_estate, "m365", tenant.id, "users", user, None)
    assert not [entry for entries in tenant.role_members.values() for entry in entries if entry["id"] == user]


def test_registrations_are_of_enabled_users_and_know_the_administrators(
    graph: Graph, read_estate: Estate, largest_tenant: str
) -> None:
    tenant = read_estate.m365[largest_tenant]
    found = rows(graph, tenant.id, "reports/authenticationMethods/userRegistrationDetails")
    admins = {entry["id"] for entries in tenant.role_members.values() for entry in entries}
    assert [row["id"] for row in found] == [key for key, row in tenant.users.items() if row["accountEnabled"]]
    assert {row["id"] for row in found if row["isAdmin"]} == admins & tenant.users.keys()
    assert len({row["lastUpdatedDateTime"] for row in found}) == 1
    assert 0.5 < sum(row["isMfaRegistered"] for row in found) / len(found) < 0.95


def test_without_a_premium_licence_registrations_are_refused_and_there_are_no_policies(own_estate: Estate) -> None:
    graph, tenant = Graph(own_estate, Addresses().m365), own_estate.m365[own_estate.partner_tenant_id]
    tenant.premium = False
    refused = graph.get(tenant.id, "reports/authenticationMethods/userRegistrationDetails", {})
    assert (refused.status, refused.body["error"]["code"]) == (
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
    )
    assert rows(graph, tenant.id, "identity/conditionalAccess/policies") == []


def test_security_defaults_and_conditional_access_exclude_each_other(graph: Graph, read_estate: Estate) -> None:
    seen = set()
    for tenant in read_estate.m365.values():
        answer = graph.get(tenant.id, "policies/identitySecurityDefaultsEnforcementPolicy", {})
        seen.add(answer.body["isEnabled"])
        assert not (answer.body["isEnabled"] and tenant.conditional_access)
    assert seen == {True, False}


def test_the_newest_score_comes_first(graph: Graph, largest_tenant: str) -> None:
    (newest,) = graph.get(largest_tenant, "security/secureScores", {"$top": "1"}).body["value"]
    found = rows(graph, largest_tenant, "security/secureScores?$top=40")
    assert newest["id"] == f"{largest_tenant}_2026-11-23"
    assert len({row["id"] for row in found}) == 90
    assert newest["currentScore"] == pytest.approx(sum(row["score"] for row in newest["controlScores"]))


def test_alerts_can_be_filtered_by_time_and_state(graph: Graph, read_estate: Estate) -> None:
    for tenant in read_estate.m365.values():
        query = "security/alerts_v2?$filter=lastUpdateDateTime ge 2026-11-01T00:00:00Z and status eq 'New'"
        expected = [
            key
            for key, row in tenant.security_alerts.items()
            if row["lastUpdateDateTime"] >= "2026-11-01" and row["status"] == "new"
        ]
        assert sorted(row["id"] for row in rows(graph, tenant.id, query)) == sorted(expected)


@pytest.mark.parametrize(
    "path",
    [
        "security/alerts_v2?$filter=title eq 'x'",
        "security/alerts_v2?$skip=x",
        "reports/authenticationMethods/userRegistrationDetails?$select=id",
    ],
)
def test_a_bad_query_is_refused(graph: Graph, largest_tenant: str, path: str) -> None:
    assert graph.get(largest_tenant, *split(path)).status == 400
