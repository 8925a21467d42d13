"""The broker's configuration: one user per service, who may do on NATS what its place in the pipeline needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson

from mspbyte_common.jetstream.topology import CONSUMERS, STAGES, VENDORS

BOOTSTRAP = "bootstrap"
"""The user that applies the topology and may do everything."""

PULLS = {
    **{f"svc_adapter_{vendor}": (f"adapter-{vendor}",) for vendor in VENDORS},
    "svc_processors": ("process",),
    "svc_resolvers": ("resolve",),
    "svc_linkers": ("link",),
    "svc_adapter_autotask": ("adapter-autotask", "ticket"),
    "svc_workers": ("evaluate", "act", "notify", "report"),
}
"""Service → the consumers it pulls from."""

FACTS = ("entity.>", "finding.>", "dead.>")


@dataclass(frozen=True)
class Permissions:
    """Subjects a user may publish to and subscribe to; all others are refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def permissions(service: str) -> Permissions:
    """What a service may do on NATS. KeyError for a name that is no service."""
    if service == BOOTSTRAP:
        return Permissions((">",), (">",))
    inbox = (f"_INBOX_{service.replace('-', '_')}.>",)
    if service == "svc_scheduler":
        return Permissions(("jobs.>", "stage.>", "$JS.API.CONSUMER.INFO.>"), inbox)
    publish: list[str] = []
    for consumer in (consumer for consumer in CONSUMERS if consumer.name in PULLS[service]):
        place = f"{consumer.stream}.{consumer.name}"
        publish += [f"$JS.API.CONSUMER.MSG.NEXT.{place}", f"$JS.API.CONSUMER.INFO.{place}", f"$JS.ACK.{place}.>"]
    if service.startswith("svc_adapter_"):
        paused = f"limits.paused.{service.removeprefix('svc_adapter_')}"
        own = tuple(f"stage.{stage}.>" for stage in PULLS[service] if stage in STAGES)
        return Permissions((*publish, "stage.process.>", "stage.evaluate.>", *own, paused, *FACTS), (*inbox, paused))
    # A stage announces its own work too: the next of a window, and the halves of a batch that was split.
    following = STAGES[min(STAGES.index(consumer) for consumer in PULLS[service]) :]
    return Permissions((*publish, *(f"stage.{stage}.>" for stage in following), *FACTS), inbox)


USERS = (BOOTSTRAP, "svc_scheduler", *PULLS)


@dataclass(frozen=True)
class Cluster:
    """Several servers that are one broker: its name, where each other's routes are, the port for them."""

    name: str
    routes: tuple[str, ...]
    port: int = 6222


@dataclass(frozen=True)
class Tls:
    """Certificate and key of this server, and the authority that signed those of the others."""

    certificate: Path
    key: Path
    authority: Path


def render(
    *,
    port: int,
    monitor_port: int,
    store: Path,
    password: Callable[[str], str],
    host: str = "127.0.0.1",
    name: str = "embedded",
    cluster: Cluster | None = None,
    tls: Tls | None = None,
) -> str:
    """The text of nats.conf. With `tls` clients speak TLS, and servers prove themselves to each other by certificate."""
    users = []
    for user in USERS:
        allowed = permissions(user)
        users.append(
            {
                "user": user,
                "password": password(user),
                "permissions": {"publish": list(allowed.publish), "subscribe": list(allowed.subscribe)},
            }
        )
    conf: dict[str, object] = {
        "server_name": name,
        "listen": f"{host}:{port}",
        "http": f"{host}:{monitor_port}",
        "max_payload": 1 << 20,
        "jetstream": {"store_dir": str(store), "max_memory_store": 64 << 20, "max_file_store": 4 << 30},
        "authorization": {"users": users},
    }
    certificate = (
        {"cert_file": str(tls.certificate), "key_file": str(tls.key), "ca_file": str(tls.authority)} if tls else None
    )
    if certificate:
        conf["tls"] = certificate | {"handshake_first": True}  # our clients say nothing before it (`connect.py`)
    if cluster:
        routes = {"name": cluster.name, "listen": f"{host}:{cluster.port}", "routes": list(cluster.routes)}
        conf["cluster"] = routes | ({"tls": certificate | {"verify": True}} if certificate else {})
    return orjson.dumps(conf, option=orjson.OPT_INDENT_2).decode() + "\n"
