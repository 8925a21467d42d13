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
    "svc_workers": ("evaluate", "report"),
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
        return Permissions((*publish, "stage.process.>", "stage.evaluate.>", paused, *FACTS), (*inbox, paused))
    # A stage announces its own work too: the next of a window, and the halves of a batch that was split.
    following = STAGES[min(STAGES.index(consumer) for consumer in PULLS[service]) :]
    return Permissions((*publish, *(f"stage.{stage}.>" for stage in following), *FACTS), inbox)


USERS = (BOOTSTRAP, "svc_scheduler", *PULLS)


def render(*, port: int, monitor_port: int, store: Path, password: Callable[[str], str]) -> str:
    """The text of nats.conf."""
    users = []
    for name in USERS:
        allowed = permissions(name)
        users.append(
            {
                "user": name,
                "password": password(name),
                "permissions": {"publish": list(allowed.publish), "subscribe": list(allowed.subscribe)},
            }
        )
    conf = {
        "server_name": "embedded",
        "listen": f"127.0.0.1:{port}",
        "http": f"127.0.0.1:{monitor_port}",
        "max_payload": 1 << 20,
        "jetstream": {"store_dir": str(store), "max_memory_store": 64 << 20, "max_file_store": 4 << 30},
        "authorization": {"users": users},
    }
    return orjson.dumps(conf, option=orjson.OPT_INDENT_2).decode() + "\n"
