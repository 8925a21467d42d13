"""The overlays as `kubectl kustomize` renders them, and what their objects have in common."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = ("dev", "production")
WORKLOADS = ("Deployment", "StatefulSet", "Job")


@cache
def text(overlay: str) -> str:
    """The overlay's YAML."""
    kubectl = Path(sysconfig.get_path("scripts")) / "kubectl"
    done = subprocess.run(
        [kubectl, "kustomize", ROOT / "k8s" / "overlays" / overlay], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


@cache
def rendered(overlay: str) -> list[dict[str, Any]]:
    """Its objects."""
    return list(yaml.load_all(text(overlay), yaml.CSafeLoader))


def named(overlay: str, kind: str) -> dict[str, dict[str, Any]]:
    """Its objects of a kind, by name."""
    return {one["metadata"]["name"]: one for one in rendered(overlay) if one["kind"] == kind}


@dataclass(frozen=True)
class Workload:
    """Something that runs pods."""

    kind: str
    name: str
    object: dict[str, Any]

    @property
    def labels(self) -> dict[str, str]:
        """Of its pods."""
        return self.object["spec"]["template"]["metadata"]["labels"]

    @property
    def pod(self) -> dict[str, Any]:
        """What its pods are."""
        return self.object["spec"]["template"]["spec"]

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All of them, those that only prepare too."""
        return [*self.pod.get("initContainers", ()), *self.pod["containers"]]

    @property
    def ports(self) -> dict[str, int]:
        """Name → port."""
        return {port["name"]: port["containerPort"] for one in self.containers for port in one.get("ports", ())}

    def environment(self, overlay: str) -> list[dict[str, str]]:
        """For each container what it reads from its environment, ConfigMaps included."""
        maps = named(overlay, "ConfigMap")
        found = []
        for container in self.containers:
            values = {}
            for source in container.get("envFrom", ()):
                values |= maps[source["configMapRef"]["name"]]["data"]
            for one in container.get("env", ()):
                values[one["name"]] = one.get("value", "")
            found.append(values)
        return found


def workloads(overlay: str) -> list[Workload]:
    """Everything that runs pods."""
    return [
        Workload(one["kind"], one["metadata"]["name"], one) for one in rendered(overlay) if one["kind"] in WORKLOADS
    ]


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a label selector fits; the empty one fits everything."""
    for name, value in selector.get("matchLabels", {}).items():
        if labels.get(name) != value:
            return False
    return all(
        one["operator"] == "In" and labels.get(one["key"]) in one["values"]
        for one in selector.get("matchExpressions", ())
    )


def secrets_of(workload: Workload) -> Iterator[tuple[str, str | None]]:
    """(Secret, key) of each Secret its pods mount; None: all of its keys."""
    for volume in workload.pod.get("volumes", ()):
        if "secret" in volume:
            yield volume["secret"]["secretName"], None
        for source in volume.get("projected", {}).get("sources", ()):
            for item in source["secret"]["items"]:
                yield source["secret"]["name"], item["key"]
