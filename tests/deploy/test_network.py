"""Who may speak to whom, worked out from the policies for every pair of pods: these and no others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.deploy.rendering import OVERLAYS, Workload, named, selects, workloads

from mspctl.embedded.roster import SERVICES

SERVICE_NAMES = [member.name.replace("_", "-") for member in SERVICES]
ADAPTERS = [member.name.replace("_", "-") for member in SERVICES if member.credentials]
PORTS = (53, 443, 465, 587, 4222, 5432, 6222, 8080, 8222, 9090, *range(9101, 9106))


def policies(overlay: str, labels: dict[str, str], direction: str) -> list[dict[str, Any]]:
    """The rules that bind pods with these labels; every pod is bound by at least one policy."""
    found = [
        one["spec"]
        for one in named(overlay, "NetworkPolicy").values()
        if direction.capitalize() in one["spec"]["policyTypes"] and selects(one["spec"]["podSelector"], labels)
    ]
    assert found
    return [rule for spec in found for rule in spec.get(direction, ())]


def fits(rule: dict[str, Any], port: int) -> bool:
    """Whether a rule speaks of a TCP port; one without ports would speak of all."""
    assert rule["ports"]
    return any(
        one["port"] <= port <= one.get("endPort", one["port"]) for one in rule["ports"] if one["protocol"] == "TCP"
    )


def reaches(overlay: str, source: Workload, target: Workload, port: int) -> bool:
    """Whether a pod may open a connection to another's port, by its own policies and by the other's."""

    def named_by(rules: list[dict[str, Any]], side: str, labels: dict[str, str]) -> bool:
        return any(
            fits(rule, port)
            and "ipBlock" not in peer
            and "namespaceSelector" not in peer
            and selects(peer["podSelector"], labels)
            for rule in rules
            for peer in rule[side]
        )

    return named_by(policies(overlay, source.labels, "egress"), "to", target.labels) and named_by(
        policies(overlay, target.labels, "ingress"), "from", source.labels
    )


def expected(overlay: str) -> set[tuple[str, str, int]]:
    clients = [*SERVICE_NAMES, "bootstrap"]
    broker = {(name, "nats", 4222) for name in clients}
    if overlay == "production":
        return broker | {("nats", "nats", 6222)}
    return {
        *broker,
        *((name, "postgres", 5432) for name in (*clients, "demo-operator")),
        *((name, "vendor-sim", port) for name in ADAPTERS for port in range(9101, 9106)),
        *(("prometheus", name, 8080) for name in SERVICE_NAMES),
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_reach_each_other_only_where_the_pipeline_needs_it(overlay: str) -> None:
    found = workloads(overlay)
    open_to = {
        (source.name, target.name, port)
        for source in found
        for target in found
        for port in PORTS
        if reaches(overlay, source, target, port)
    }
    assert open_to == expected(overlay)


def outside(overlay: str, workload: Workload) -> set[tuple[str, int]]:
    """What is beyond the namespace that its pods may reach: (where, port)."""
    found = set()
    for rule in policies(overlay, workload.labels, "egress"):
        for peer in rule["to"]:
            where = peer.get("ipBlock", {}).get("cidr") or peer.get("namespaceSelector", {}).get("matchLabels", {}).get(
                "kubernetes.io/metadata.name"
            )
            found |= {(where, port["port"]) for port in rule["ports"] if where}
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_adapters_and_who_sends_messages_reach_the_internet_and_only_over_tls(overlay: str) -> None:
    for one in workloads(overlay):
        wanted = {("kube-system", 53)}
        if overlay == "production" and one.name in (*SERVICE_NAMES, "bootstrap"):
            wanted |= {("192.0.2.10/32", 5432)}
        if overlay == "production" and one.name in ADAPTERS:
            wanted |= {("0.0.0.0/0", 443)}
        if overlay == "production" and one.name == "svc-workers":
            wanted |= {("0.0.0.0/0", port) for port in (443, 465, 587)}
        assert outside(overlay, one) == wanted, one.name


@pytest.mark.parametrize("policy", ["to-vendors", "to-channels"])
def test_the_way_outside_leads_to_no_private_address_and_no_clouds_own(policy: str) -> None:
    [rule] = named("production", "NetworkPolicy")[policy]["spec"]["egress"]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"} <= set(
        rule["to"][0]["ipBlock"]["except"]
    )


def test_metrics_of_production_are_read_by_the_prometheus_of_another_namespace_alone() -> None:
    for one in workloads("production"):
        rules = policies("production", one.labels, "ingress")
        foreign = [peer for rule in rules for peer in rule["from"] if "namespaceSelector" in peer]
        assert len(foreign) == (1 if one.name in SERVICE_NAMES else 0)
        assert all(peer["podSelector"]["matchLabels"] for peer in foreign)
