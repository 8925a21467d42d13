"""How many of each there are, who says so, and that one may always go."""

from __future__ import annotations

import math

import pytest
from tests.deploy.rendering import OVERLAYS, ROOT, named, selects, workloads
from tests.deploy.test_monitoring import NAME, QUOTED, measured

import svc_adapter_autotask.settings
import svc_adapter_m365.settings
import svc_adapter_sophos.settings
from mspbyte_common.adapter import AdapterSettings
from mspbyte_common.jetstream.topology import STAGES, VENDORS
from mspbyte_common.settings import ServiceSettings
from mspctl.embedded.nats_conf import PULLS
from mspctl.embedded.roster import SERVICES

LIMITS = {
    "m365": svc_adapter_m365.settings.LIMITS,
    "autotask": svc_adapter_autotask.settings.LIMITS,
    "sophos": svc_adapter_sophos.settings.LIMITS,
}
REQUEST_SECONDS = 0.5
"""What a request takes when a vendor answers as usual: a hand sends two a second."""

SERVICE_NAMES = [member.name.replace("_", "-") for member in SERVICES]


def useful(vendor: str) -> int:
    """How many replicas the vendor's budget of one connection keeps busy; two at least, so that one may go."""
    steady = min(
        limit.amount / limit.seconds for limit in LIMITS[vendor] if limit.scope == "connection" and not limit.concurrent
    )
    per_replica = AdapterSettings.model_fields["hands"].default / REQUEST_SECONDS
    return max(2, math.ceil(steady / per_replica))


def test_every_service_but_the_scheduler_is_scaled_by_how_long_its_oldest_work_waits() -> None:
    scaled = named("production", "ScaledObject")
    assert scaled.keys() == set(SERVICE_NAMES) - {"svc-scheduler"}
    known = set().union(*measured().values())
    for name, one in scaled.items():
        assert one["spec"]["scaleTargetRef"] == {"name": name}
        [trigger] = one["spec"]["triggers"]
        query = trigger["metadata"]["query"]
        assert {word for word in NAME.findall(QUOTED.sub("", query)) if word.startswith("mspbyte_")} <= known
        vendor = name.removeprefix("svc-adapter-")
        if vendor in VENDORS:
            assert f'mspbyte_run_oldest_seconds{{vendor="{vendor}"}}' in query
            assert f'mspbyte_budget_use_ratio{{vendor="{vendor}"}}) < 0.9' in query
        else:
            waits = query.partition('"')[2].partition('"')[0].split("|")
            assert set(waits) == set(PULLS[name.replace("-", "_")]) <= set(STAGES)
            assert "mspbyte_work_oldest_seconds" in query


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_adapter_is_scaled_beyond_what_its_vendors_budget_keeps_busy(vendor: str) -> None:
    spec = named("production", "ScaledObject")[f"svc-adapter-{vendor}"]["spec"]
    assert spec["minReplicaCount"] <= spec["maxReplicaCount"] <= useful(vendor)


def test_an_apply_does_not_set_back_the_number_that_is_keda_s() -> None:
    scaled = named("production", "ScaledObject")
    for name, one in named("production", "Deployment").items():
        assert ("replicas" in one["spec"]) == (name not in scaled)
    assert named("production", "Deployment")["svc-scheduler"]["spec"]["replicas"] == 2


DATABASE_CONNECTIONS = 400
"""What docs/operations.md asks of production's PostgreSQL."""


def test_at_their_most_the_services_take_four_fifths_of_the_databases_connections() -> None:
    assert f"`max_connections` of {DATABASE_CONNECTIONS}" in (ROOT / "docs" / "operations.md").read_text()
    most = {name: one["spec"]["maxReplicaCount"] for name, one in named("production", "ScaledObject").items()}
    hands = {
        member.name.replace("_", "-"): (AdapterSettings if member.credentials else ServiceSettings)
        .model_fields["hands"]
        .default
        for member in SERVICES
    }
    assert sum(most.get(name, 2) * (hands[name] + 2) for name in SERVICE_NAMES) < 0.8 * DATABASE_CONNECTIONS


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_of_whatever_serves_one_may_go_at_a_time_and_replicas_stand_apart(overlay: str) -> None:
    budgets = named(overlay, "PodDisruptionBudget").values()
    for one in workloads(overlay):
        if one.name not in (*SERVICE_NAMES, "nats"):
            continue
        [budget] = [budget for budget in budgets if selects(budget["spec"]["selector"], one.labels)]
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        [spread] = one.pod["topologySpreadConstraints"]
        [apart] = one.pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        for selector in (spread["labelSelector"], apart["podAffinityTerm"]["labelSelector"]):
            assert [other.name for other in workloads(overlay) if selects(selector, other.labels)] == [one.name]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_has_the_time_to_drain_that_it_is_told_it_has(overlay: str) -> None:
    for one in workloads(overlay):
        if one.name not in SERVICE_NAMES:
            continue
        drain = float(one.environment(overlay)[-1]["MSPBYTE_SHUTDOWN_SECONDS"])
        before = one.pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert one.pod["terminationGracePeriodSeconds"] >= before + drain + 10
        rolling = one.object["spec"]["strategy"]["rollingUpdate"]
        assert rolling == {"maxSurge": 1, "maxUnavailable": 0}
