"""docker-compose.yml names what the code declares, and gives each container no more than it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mspbyte_common.adapter import AdapterSettings
from mspctl.embedded.roster import SERVICES
from svc_workers.notify.notify import WorkersSettings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
MEMBERS = {member.name.replace("_", "-"): member for member in SERVICES}
SECRET = ("/run/secrets/", "/secrets/")
WITH_THE_KEY = {name for name, member in MEMBERS.items() if member.credentials} | {"secrets", "operator", "mspctl"}


def mounts(name: str) -> dict[str, str]:
    """Volume → where it is in the container."""
    pairs = (mount.split(":") for mount in CONTAINERS[name].get("volumes", ()))
    return {pair[0]: pair[1] for pair in pairs}


def test_every_service_runs_and_no_other():
    assert {name for name in CONTAINERS if name.startswith("svc-")} == MEMBERS.keys()


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_service_is_its_image_its_role_and_its_user(name):
    one, role = CONTAINERS[name], name.replace("-", "_")
    assert one["image"] == f"mspbyte/{name}:dev"
    assert one["build"]["args"]["SERVICE"] == name
    assert one["environment"]["MSPBYTE_DATABASE_URL"] == f"postgresql://{role}@postgres:5432/mspbyte"
    assert one["environment"]["MSPBYTE_NATS_USER"] == role
    assert one["depends_on"] == {"bootstrap": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_service_is_told_nothing_it_does_not_know(name):
    known = {f"MSPBYTE_{field.upper()}" for field in (AdapterSettings.model_fields | WorkersSettings.model_fields)}
    known |= {"MPLCONFIGDIR"}
    assert set(CONTAINERS[name]["environment"]) <= known


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_service_reads_its_own_secrets_and_only_adapters_the_key(name):
    key = {"kek": "/run/secrets/kek"} if MEMBERS[name].credentials else {}
    assert mounts(name) == {name: "/run/secrets/service"} | key


def test_only_who_opens_credentials_has_the_key():
    assert {name for name in CONTAINERS if "kek" in mounts(name)} == WITH_THE_KEY


def test_secrets_are_written_by_one_container_and_only_read_by_others():
    for name, one in CONTAINERS.items():
        for mount in one.get("volumes", ()):
            if name != "secrets" and mount.split(":")[1].startswith(SECRET):
                assert mount.endswith(":ro"), f"{name}: {mount}"


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_a_container_has_no_rights_and_writes_nowhere_but_in_volumes(name):
    one = CONTAINERS[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert "cap_add" not in one
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert {"cpus", "memory", "pids"} <= one["deploy"]["resources"]["limits"].keys()
    if one.get("user", "10001").startswith("0"):
        assert (name, one["network_mode"]) == ("secrets", "none")


def test_only_adapters_and_who_sends_messages_reach_the_internet_and_nothing_is_published_beyond_this_machine():
    networks = COMPOSE["networks"]
    open_networks = {name for name, one in networks.items() if not (one or {}).get("internal")}
    assert open_networks == {"egress", "channels", "desk"}
    for one in CONTAINERS.values():
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ()))
        assert "network_mode" in one or one["networks"]


INSIDE = {*MEMBERS, "nats", "postgres", "bootstrap", "operator", "mspctl", "backup", "restore", "prometheus"}
ADAPTERS = {name for name, member in MEMBERS.items() if member.credentials}
JOINED = {
    "inside": INSIDE,
    "simulators": ADAPTERS | {"vendor-sim"},
    "egress": ADAPTERS,
    "channels": {"svc-workers"},
    "desk": {"prometheus", "grafana"},
}
"""Who meets whom: what speaks to the database or the broker, what asks vendors, what is looked at from this machine."""


def test_containers_meet_only_those_they_speak_to():
    assert COMPOSE["networks"].keys() == JOINED.keys()
    for network, members in JOINED.items():
        assert {name for name, one in CONTAINERS.items() if network in one.get("networks", ())} == members
    assert {name for name, one in CONTAINERS.items() if one.get("network_mode") == "none"} == {"secrets", "nats-conf"}


def test_whoever_is_told_where_the_database_or_the_broker_is_can_reach_it():
    for name, one in CONTAINERS.items():
        told = " ".join(str(value) for value in one.get("environment", {}).values())
        for server in ("postgres:5432", "nats:4222"):
            assert server not in told or name in INSIDE, (name, server)


def test_a_service_has_longer_to_stop_than_it_takes_to_drain():
    for name in MEMBERS:
        grace = float(CONTAINERS[name]["stop_grace_period"].removesuffix("s"))
        assert grace > AdapterSettings.model_fields["shutdown_seconds"].default


def test_prometheus_asks_every_service():
    [job] = yaml.safe_load((ROOT / "monitoring" / "prometheus.yml").read_text())["scrape_configs"]
    [names] = job["dns_sd_configs"]
    assert set(names["names"]) == MEMBERS.keys()
    in_a_cluster = yaml.safe_load((ROOT / "k8s/overlays/dev/prometheus/prometheus.yml").read_text())
    assert in_a_cluster["scrape_configs"] == [job]
