"""Where the simulators listen, and the file that tells everybody else."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from vendor_sim.clients import REGIONS
from vendor_sim.estate import Estate
from vendor_sim.truth import truth

HOST = "127.0.0.1"
NAMES = ("m365", "autotask", "sophos", *REGIONS)
"""What listens, each on a port of its own."""


def ports_from(first: int) -> dict[str, int]:
    """Ports in a row, one for each of NAMES."""
    return {name: first + number for number, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base URLs without a trailing slash; `regions` maps a Sophos data region to its base URL."""

    m365: str = "http://m365.sim"
    autotask: str = "http://autotask.sim"
    sophos: str = "http://sophos.sim"
    regions: tuple[tuple[str, str], ...] = tuple((region, f"http://{region}.sophos.sim") for region in REGIONS)

    def region(self, name: str) -> str:
        """The base URL of a data region."""
        return dict(self.regions)[name]


def on_ports(ports: dict[str, int]) -> Addresses:
    """Loopback addresses from the ports of `m365`, `autotask`, `sophos` and each region."""
    return Addresses(
        m365=f"http://{HOST}:{ports['m365']}",
        autotask=f"http://{HOST}:{ports['autotask']}",
        sophos=f"http://{HOST}:{ports['sophos']}",
        regions=tuple((region, f"http://{HOST}:{ports[region]}") for region in REGIONS),
    )


def document(estate: Estate, ports: dict[str, int]) -> dict[str, Any]:
    """What the addresses file holds: where to go and what to sign in with."""
    at, secrets = on_ports(ports), estate.credentials
    return {
        "seed": estate.seed,
        "clients": estate.clients,
        "as_of": estate.as_of.isoformat(),
        "m365": {
            "login": at.m365,
            "graph": at.m365,
            "partner_tenant_id": estate.partner_tenant_id,
            "client_id": secrets.m365_client_id,
            "client_secret": secrets.m365_client_secret,
        },
        "autotask": {
            "zone_lookup": at.autotask,
            "username": secrets.autotask_username,
            "secret": secrets.autotask_secret,
            "integration_code": secrets.autotask_integration_code,
        },
        "sophos": {
            "identity": at.sophos,
            "api": at.sophos,
            "client_id": secrets.sophos_client_id,
            "client_secret": secrets.sophos_client_secret,
            "regions": {region: ports[region] for region in REGIONS},
        },
    }


def known_ports(file: Path) -> dict[str, int]:
    """The ports of an earlier run's addresses file; empty if there is none."""
    if not file.exists():
        return {}
    known = orjson.loads(file.read_bytes())
    return {
        "m365": _port(known["m365"]["graph"]),
        "autotask": _port(known["autotask"]["zone_lookup"]),
        "sophos": _port(known["sophos"]["api"]),
        **known["sophos"]["regions"],
    }


def write_both(estate: Estate, ports: dict[str, int], addresses_file: Path | None, truth_file: Path | None) -> None:
    """Writes the files that are asked for: the truth first, so that whoever sees the addresses finds it."""
    if truth_file:
        write_whole(truth_file, orjson.dumps(truth(estate)))
    if addresses_file:
        write_whole(addresses_file, orjson.dumps(document(estate, ports), option=orjson.OPT_INDENT_2))


def write_whole(file: Path, content: bytes) -> None:
    """Write the file so that a reader sees all of it or none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
    Path(partial).replace(file)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
