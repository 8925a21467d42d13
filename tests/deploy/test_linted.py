"""What linters of Kubernetes ask: kube-linter's default rules, the restricted Pod Security Standard, and checkov itself."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.deploy.rendering import OVERLAYS, ROOT, Workload, named, rendered, selects, text, workloads

CHECKOV = "checkov==3.3.30"

API_VERSIONS = {
    "apps/v1": {"Deployment", "StatefulSet"},
    "batch/v1": {"Job"},
    "v1": {"ConfigMap", "Namespace", "Secret", "Service", "ServiceAccount"},
    "networking.k8s.io/v1": {"NetworkPolicy"},
    "policy/v1": {"PodDisruptionBudget"},
    "external-secrets.io/v1": {"ExternalSecret"},
    "keda.sh/v1alpha1": {"ScaledObject"},
    "monitoring.coreos.com/v1": {"PrometheusRule", "ServiceMonitor"},
}
"""Kinds there are: no Role, no ClusterRole, no binding, no Pod of its own, no Ingress, no LoadBalancer."""

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
VOLUMES = {"configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim", "downwardAPI", "csi", "ephemeral"}
"""Of the restricted standard; hostPath, and with it the container engine's socket, is not among them."""


def each(overlay: str, *kinds: str) -> Iterator[Workload]:
    yield from (one for one in workloads(overlay) if not kinds or one.kind in kinds)


def targets(workload: Workload, container: dict) -> Iterator[object]:
    """The ports its probes and its lifecycle ask."""
    for probe in PROBES:
        for way in ("httpGet", "tcpSocket"):
            if way in container.get(probe, {}):
                yield container[probe][way]["port"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_objects_are_of_the_kinds_and_versions_listed_and_none_gives_access_to_the_cluster(overlay: str) -> None:
    for one in rendered(overlay):
        assert one["kind"] in API_VERSIONS[one["apiVersion"]]
    for service in named(overlay, "Service").values():
        assert service["spec"].get("type", "ClusterIP") == "ClusterIP"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_is_restricted(overlay: str) -> None:
    for workload in each(overlay):
        pod = workload.pod
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC", "serviceAccount", "hostUsers"}
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert "sysctls" not in pod["securityContext"]
        assert {kind for volume in pod.get("volumes", ()) for kind in volume.keys() - {"name"}} <= VOLUMES
        for container in workload.containers:
            security = container["securityContext"]
            assert security == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_admits_restricted_pods_alone(overlay: str) -> None:
    labels = named(overlay, "Namespace")["mspbyte"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_container_says_what_it_needs_and_gets_a_tagged_image(overlay: str) -> None:
    for workload in each(overlay):
        for container in workload.containers:
            for resources in (container["resources"]["requests"], container["resources"]["limits"]):
                assert resources.keys() == {"cpu", "memory"}
            _, _, tag = container["image"].rpartition(":")
            assert tag not in {"", "latest"}
            assert container["imagePullPolicy"] == "IfNotPresent"
            names = [one["name"] for one in container.get("env", ())]
            assert len(names) == len(set(names))
            assert not [one for one in container.get("env", ()) if "secretKeyRef" in one.get("valueFrom", {})]
            assert 22 not in {port["containerPort"] for port in container.get("ports", ())}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_runs_for_ever_is_probed_at_ports_it_opens(overlay: str) -> None:
    for workload in each(overlay, "Deployment", "StatefulSet"):
        for container in workload.pod["containers"]:
            assert set(PROBES) <= container.keys()
            ports = {port["name"] for port in container["ports"]}
            assert set(targets(workload, container)) <= ports


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_job_ends_and_goes_away(overlay: str) -> None:
    for workload in each(overlay, "Job"):
        spec = workload.object["spec"]
        assert spec["ttlSecondsAfterFinished"] > 0
        assert spec["activeDeadlineSeconds"] > 0
        assert workload.pod["restartPolicy"] == "OnFailure"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_has_an_account_of_its_own_that_is_there_and_has_no_token(overlay: str) -> None:
    for workload in each(overlay):
        account = named(overlay, "ServiceAccount")[workload.pod["serviceAccountName"]]
        assert account["automountServiceAccountToken"] is False
        assert [
            one.name for one in workloads(overlay) if one.pod["serviceAccountName"] == account["metadata"]["name"]
        ] == [workload.name]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_selector_finds_its_own_pods_and_no_others(overlay: str) -> None:
    for workload in each(overlay, "Deployment", "StatefulSet"):
        selector = workload.object["spec"]["selector"]
        assert selector["matchLabels"]
        assert [one.name for one in workloads(overlay) if selects(selector, one.labels)] == [workload.name]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_disruption_budget_and_policy_finds_pods_with_the_ports_it_names(overlay: str) -> None:
    found = workloads(overlay)
    for name, service in named(overlay, "Service").items():
        behind = [one for one in found if selects({"matchLabels": service["spec"]["selector"]}, one.labels)]
        assert [one.name for one in behind] == [name]
        for port in service["spec"]["ports"]:
            assert behind[0].ports[port["targetPort"]] == port["port"]
    for kind, field in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        for name, one in named(overlay, kind).items():
            assert [other for other in found if selects(one["spec"][field], other.labels)], (
                f"{kind} {name} binds nobody"
            )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_mounted_volume_is_there_and_is_written_only_where_it_is_meant_to_be(overlay: str) -> None:
    for one in workloads(overlay):
        claims = {claim["metadata"]["name"] for claim in one.object["spec"].get("volumeClaimTemplates", ())}
        kinds = {volume["name"]: volume for volume in one.pod.get("volumes", ())}
        mounted = set()
        for container in one.containers:
            for mount in container.get("volumeMounts", ()):
                mounted.add(mount["name"])
                volume = kinds.get(mount["name"], {})
                if volume.keys() & {"secret", "configMap", "projected"}:
                    assert mount["readOnly"] is True
                if "emptyDir" in volume:
                    assert volume["emptyDir"]["sizeLimit"]
        assert mounted == kinds.keys() | claims, one.name


def _checkov(*arguments: object) -> subprocess.CompletedProcess[str]:
    uvx = Path(sysconfig.get_path("scripts")) / "uvx"
    return subprocess.run([uvx, "--from", CHECKOV, "checkov", *arguments], capture_output=True, text=True, check=False)


def test_checkov_finds_nothing_and_every_skip_has_its_reason(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--checkov"):
        pytest.skip("takes half a minute of processor: make k8s-test asks it")
    if _checkov("--version").returncode != 0:
        pytest.skip(f"{CHECKOV} cannot be installed here")
    files = [tmp_path / f"{overlay}.yaml" for overlay in OVERLAYS]
    for overlay, file in zip(OVERLAYS, files, strict=True):
        file.write_text(text(overlay))
    done = _checkov("--config-file", ROOT / "k8s" / "checkov.yaml", *(part for file in files for part in ("-f", file)))
    assert done.returncode == 0, done.stdout + done.stderr
    configured = yaml.safe_load((ROOT / "k8s" / "checkov.yaml").read_text())["skip-check"]
    assert len(configured) <= 2
    reasons = re.findall(r"checkov\.io/skip\d+: (\S+?)=(.+)", "".join(text(overlay) for overlay in OVERLAYS))
    assert [check for check, reason in reasons if len(reason) > 20] == ["CKV_K8S_40"]
