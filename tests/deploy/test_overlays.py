"""Both overlays render, fit the last four versions of Kubernetes, and name what the code declares."""

from __future__ import annotations

import subprocess
import sysconfig
from functools import cache
from pathlib import Path

import pytest
import yaml

from mspbyte_common.db.roles import ROLES
from mspctl.embedded.nats_conf import USERS
from mspctl.embedded.roster import SERVICES

ROOT = Path(__file__).parents[2]
OVERLAYS = ("dev", "production")
VERSIONS = ("1.34", "1.35", "1.36", "1.37")
FOREIGN = ("external-secrets.io", "keda.sh", "monitoring.coreos.com")


@cache
def rendered(overlay: str) -> list[dict]:
    kubectl = Path(sysconfig.get_path("scripts")) / "kubectl"
    done = subprocess.run(
        [kubectl, "kustomize", ROOT / "k8s" / "overlays" / overlay], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def named(overlay: str, kind: str) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in rendered(overlay) if one["kind"] == kind}


def projected(pod: dict, volume: str) -> set[str]:
    sources = next(one for one in pod["volumes"] if one["name"] == volume)["projected"]["sources"]
    return {item["path"] for source in sources for item in source["secret"]["items"]}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_fits_the_schema_of_a_version(overlay: str, version: str) -> None:
    import kubernetes_validate

    for one in rendered(overlay):
        if not one["apiVersion"].startswith(FOREIGN):
            kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_has_a_deployment_of_its_role_and_user(overlay: str) -> None:
    deployments, maps = named(overlay, "Deployment"), named(overlay, "ConfigMap")
    assert {name for name in deployments if name.startswith("svc-")} == {
        member.name.replace("_", "-") for member in SERVICES
    }
    for member in SERVICES:
        container = deployments[member.name.replace("_", "-")]["spec"]["template"]["spec"]["containers"][0]
        settings = maps[container["envFrom"][0]["configMapRef"]["name"]]["data"]
        assert settings["MSPBYTE_NATS_USER"] == member.name
        assert settings["MSPBYTE_DATABASE_URL"] == f"postgresql://{member.name}@/mspbyte"
        keyed = "MSPBYTE_KEK_FILE" in {one["name"] for one in container.get("env", [])}
        assert keyed == member.credentials


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_bootstrap_is_given_every_role_and_the_broker_every_user(overlay: str) -> None:
    job = named(overlay, "Job")["bootstrap"]["spec"]["template"]["spec"]
    assert projected(job, "roles") == {role.name for role in ROLES}
    broker = named(overlay, "StatefulSet")["nats"]["spec"]["template"]["spec"]
    assert projected(broker, "users") == set(USERS)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_container_is_restricted_and_no_pod_has_a_token(overlay: str) -> None:
    for one in rendered(overlay):
        pod = one.get("spec", {}).get("template", {}).get("spec")
        if one["kind"] not in {"Deployment", "StatefulSet", "Job"} or pod is None:
            continue
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in (*pod.get("initContainers", []), *pod["containers"]):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
