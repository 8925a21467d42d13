"""Both overlays fit the last four versions of Kubernetes, and name what the code declares: no more and no less."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson
import pytest
import yaml
from tests.deploy.rendering import OVERLAYS, ROOT, named, rendered, secrets_of, workloads

from mspbyte_common.adapter import AdapterSettings
from mspbyte_common.db.roles import ROLES
from mspbyte_common.settings import ServiceSettings
from mspctl.commands import nats_conf as nats_command
from mspctl.embedded.nats_conf import USERS, Cluster
from mspctl.embedded.roster import SERVICES
from svc_workers.notify.notify import WorkersSettings
from vendor_sim import addresses

VERSIONS = ("1.34", "1.35", "1.36", "1.37")
FOREIGN = ("external-secrets.io", "keda.sh", "monitoring.coreos.com")
"""Kinds of operators; only their components may have them."""

NOT_SET = {
    "lifeline": "for a supervisor that holds standard input",
    "hands": "the default; an overlay of yours may set it",
    "allow_loopback_http": "for simulators only",
    "limits": "the adapters' own; dev sets those of simulators that refuse nothing",
    "loopback_host": "where simulators stand beside a container: compose; a cluster brings them to loopback",
    "loopback_limits": "as the one before",
    "otlp_endpoint": "where somebody collects traces",
    "nats_ca_file": "where the broker speaks TLS: production",
    "fault_points": "for tests of chaos only",
    "fault_witness": "as the one before",
}
"""Settings that not every service is given in both overlays, and why."""

SERVICE_NAMES = {member.name.replace("_", "-"): member for member in SERVICES}


def words(name: str) -> str:
    return f"MSPBYTE_{name.upper()}"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_fits_the_schema_of_a_version(overlay: str, version: str) -> None:
    import kubernetes_validate

    for one in rendered(overlay):
        if not one["apiVersion"].startswith(FOREIGN):
            kubernetes_validate.validate(one, version, strict=True)


def test_dev_needs_no_operator() -> None:
    assert not [one["kind"] for one in rendered("dev") if one["apiVersion"].startswith(FOREIGN)]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_in_the_namespace_and_no_two_have_one_name(overlay: str) -> None:
    objects = [(one["kind"], one["metadata"]["name"]) for one in rendered(overlay)]
    assert len(objects) == len(set(objects))
    for one in rendered(overlay):
        if one["kind"] != "Namespace":
            assert one["metadata"]["namespace"] == "mspbyte"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_has_a_deployment_of_its_role_and_user(overlay: str) -> None:
    found = {one.name: one for one in workloads(overlay) if one.name.startswith("svc-")}
    assert found.keys() == SERVICE_NAMES.keys()
    for name, member in SERVICE_NAMES.items():
        settings = found[name].environment(overlay)[-1]
        assert settings["MSPBYTE_NATS_USER"] == member.name
        assert settings["MSPBYTE_DATABASE_URL"] == f"postgresql://{member.name}@/mspbyte"
        assert ("MSPBYTE_KEK_FILE" in settings) == member.credentials
        assert found[name].pod["containers"][0]["image"] == f"mspbyte/{name}:dev"


OWN: dict[str, type[ServiceSettings]] = {"svc-workers": WorkersSettings}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_are_given_every_setting_they_have_and_none_they_lack(overlay: str) -> None:
    for one in workloads(overlay):
        if one.name not in SERVICE_NAMES:
            continue
        kind = AdapterSettings if SERVICE_NAMES[one.name].credentials else OWN.get(one.name, ServiceSettings)
        known = {words(name) for name in kind.model_fields}
        given = {name for name in one.environment(overlay)[-1] if name.startswith("MSPBYTE_")}
        assert given <= known
        keyless = set() if SERVICE_NAMES[one.name].credentials else {"MSPBYTE_KEK_FILE"}
        assert known - given - keyless <= {words(name) for name in NOT_SET}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_setting_anything_else_is_given_is_read_by_mspctl(overlay: str) -> None:
    source = "".join(file.read_text() for file in (ROOT / "libs" / "mspctl" / "src").rglob("*.py"))
    source += "".join(file.read_text() for file in (ROOT / "libs" / "common" / "src").rglob("settings.py"))
    for one in workloads(overlay):
        if one.name not in SERVICE_NAMES:
            given = {name for values in one.environment(overlay) for name in values if name.startswith("MSPBYTE_")}
            assert {name for name in given if name not in source} == set(), one.name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_file_a_setting_names_is_in_a_secret_that_is_mounted_there(overlay: str) -> None:
    for one in workloads(overlay):
        for container, values in zip(one.containers, one.environment(overlay), strict=True):
            mounts = [mount["mountPath"] for mount in container.get("volumeMounts", ())]
            for name, value in values.items():
                if name.endswith(("_FILE", "CERT")) and value:
                    assert value.rpartition("/")[0] in mounts, f"{one.name}: {name}"
                assert "password" not in value.lower() or name.endswith("_FILE")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_bootstrap_is_given_every_role_and_the_broker_every_user(overlay: str) -> None:
    by_name = {one.name: one for one in workloads(overlay)}
    for name, volume, wanted in (("bootstrap", "roles", {role.name for role in ROLES}), ("nats", "users", set(USERS))):
        sources = next(one for one in by_name[name].pod["volumes"] if one["name"] == volume)["projected"]["sources"]
        assert {item["path"] for source in sources for item in source["secret"]["items"]} == wanted


def held_secrets(overlay: str) -> dict[str, set[str] | None]:
    """Secret → its keys, which only the cluster knows where an ExternalSecret makes it."""
    made = {name: set(one["data"]) for name, one in named(overlay, "Secret").items()}
    outside = {one["spec"]["target"]["name"]: None for one in named(overlay, "ExternalSecret").values()}
    assert not made.keys() & outside.keys()
    return made | outside


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_secret_that_is_mounted_is_made_and_every_one_made_is_mounted(overlay: str) -> None:
    held = held_secrets(overlay)
    mounted = {pair for one in workloads(overlay) for pair in secrets_of(one)}
    assert {name for name, _ in mounted} == held.keys()
    for name, key in mounted:
        assert key is None or held[name] is None or key in held[name]


def test_production_holds_no_secret_of_its_own() -> None:
    assert named("production", "Secret") == {}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_config_map_is_used_and_every_one_used_is_there(overlay: str) -> None:
    used = set(
        re.findall(r"configMapRef': {'name': '([^']+)'|configMap': {[^}]*'name': '([^']+)'", str(rendered(overlay)))
    )
    known = {
        name
        for name, one in named(overlay, "ConfigMap").items()
        if "grafana_dashboard" not in one["metadata"]["labels"]
    }
    assert {one or other for one, other in used} == known


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_ports_are_those_the_programs_listen_on(overlay: str) -> None:
    by_name = {one.name: one for one in workloads(overlay)}
    for name in SERVICE_NAMES:
        assert by_name[name].environment(overlay)[-1]["MSPBYTE_HTTP_PORT"] == str(by_name[name].ports["http"])
        assert by_name[name].environment(overlay)[-1]["MSPBYTE_HTTP_HOST"] == "0.0.0.0"  # noqa: S104 - within its pod
    broker = {"client": nats_command.PORT, "monitor": nats_command.MONITOR_PORT}
    if overlay == "production":
        broker["cluster"] = Cluster("any", ()).port
    assert by_name["nats"].ports == broker
    url = by_name["svc-linkers"].environment(overlay)[-1]["MSPBYTE_NATS_URL"]
    assert url == f"{'tls' if overlay == 'production' else 'nats'}://nats:{nats_command.PORT}"


def test_simulators_listen_where_they_are_forwarded_from() -> None:
    by_name = {one.name: one for one in workloads("dev")}
    simulators = by_name["vendor-sim"]
    first = min(simulators.ports.values())
    assert sorted(simulators.ports.values()) == sorted(addresses.ports_from(first).values())
    for name in ("svc-adapter-m365", "svc-adapter-autotask", "svc-adapter-sophos"):
        assert by_name[name].pod["initContainers"][0]["args"] == ["forward", "vendor-sim", "--first-port", str(first)]


def scraped(overlay: str) -> Iterator[str]:
    """The services Prometheus asks."""
    if overlay == "dev":
        maps = named("dev", "ConfigMap")
        text = next(one["data"]["prometheus.yml"] for one in maps.values() if "prometheus.yml" in one["data"])
        [job] = yaml.safe_load(text)["scrape_configs"]
        assert job["relabel_configs"][0]["target_label"] == "service"
        yield from job["dns_sd_configs"][0]["names"]
        return
    [monitor] = named(overlay, "ServiceMonitor").values()
    wanted = {one["key"]: one["values"] for one in monitor["spec"]["selector"]["matchExpressions"]}
    for name, service in named(overlay, "Service").items():
        if all(service["metadata"]["labels"].get(key) in values for key, values in wanted.items()):
            assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
            yield name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_prometheus_asks_every_service_and_evaluates_every_rule(overlay: str) -> None:
    assert set(scraped(overlay)) == SERVICE_NAMES.keys()
    groups = [
        yaml.safe_load(file.read_text())["groups"][0]["name"] for file in (ROOT / "monitoring" / "rules").glob("*.yml")
    ]
    if overlay == "dev":
        maps = named("dev", "ConfigMap").values()
        [data] = [one["data"] for one in maps if one["metadata"]["name"].startswith("mspbyte-rules")]
        assert sorted(yaml.safe_load(text)["groups"][0]["name"] for text in data.values()) == sorted(groups)
    else:
        [rule] = named(overlay, "PrometheusRule").values()
        assert sorted(group["name"] for group in rule["spec"]["groups"]) == sorted(groups)
        maps = named(overlay, "ConfigMap").values()
        [data] = [one["data"] for one in maps if "grafana_dashboard" in one["metadata"]["labels"]]
        shown = {orjson.loads(page)["uid"] for page in data.values()}
        assert shown == {file.stem for file in (ROOT / "monitoring" / "dashboards").glob("*.json")}


def test_production_keeps_three_copies_of_each_stream_on_three_servers_that_speak_tls() -> None:
    by_name = {one.name: one for one in workloads("production")}
    broker = by_name["nats"]
    assert broker.object["spec"]["replicas"] == 3
    written = broker.pod["initContainers"][0]["args"]
    assert [one for one in written if one.startswith("--route")] == [
        f"--route=nats://nats-{number}.nats:{Cluster('any', ()).port}" for number in range(3)
    ]
    assert "--tls=/run/secrets/tls" in written
    arguments = by_name["bootstrap"].pod["containers"][0]["args"]
    assert arguments[arguments.index("--replicas") + 1] == "3"
    for one in workloads("production"):
        for values in one.environment("production"):
            if "PGHOST" in values:
                assert values["PGSSLMODE"] == "verify-full"
                assert values["MSPBYTE_NATS_CA_FILE"]
