"""`budget_use.<vendor>.<replicas>`: how much of the allowed rate real adapter processes use while there is work.

The simulator enforces the limits and counts; amounts and windows are scaled so that a window passes in seconds. Variant
`pause.<replicas>` measures how long the other replicas go on after one has been refused.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from mspctl.bench import store
from mspctl.bench.figure import Figure, Ground, Measured
from mspctl.bench.simulator import Simulator
from mspctl.bench.work import Work, until, work_for
from mspctl.demo.operator import MSP, connect_vendors
from mspctl.embedded import Fleet, SimulatorOptions
from mspctl.embedded.leftovers import empty
from mspctl.embedded.roster import SERVICES
from mspctl.store import open_database
from mspctl.target import of_fleet
from mspctl.tenants.store import add_msp

REPLICAS: Final = (1, 2, 4, 8)
CLIENTS: Final = 12
PAUSES: Final = 5
PAUSE_SECONDS: Final = 2
LOOK_SECONDS: Final = 0.005


@dataclass(frozen=True)
class Setting:
    """How a vendor is measured: `budget` is the adapters' MSPBYTE_LIMITS, `limits` what the simulator is told.

    `allowed` requests per `seconds` for each of `accounts` accounts, or for the connection where `shared`; measured over
    `windows` of them. `discover`: the root list that names accounts.
    """

    vendor: str
    limits: tuple[str, ...]
    budget: tuple[dict[str, Any], ...]
    allowed: float
    seconds: float
    windows: int
    resources: tuple[str, ...]
    accounts: int
    shared: bool
    discover: str | None = None


M365: Final = Setting(
    vendor="m365",
    limits=("--limits", "--limits-scale", str(100 / 3_500)),
    budget=({"scope": "account", "units": 100, "seconds": 10},),
    allowed=100,
    seconds=10,
    windows=3,
    resources=("organization", "domains", "users", "devices", "managedDevices"),  # each page of these is one unit
    accounts=2,
    shared=False,
    discover="delegatedAdminRelationships",
)
AUTOTASK: Final = Setting(
    vendor="autotask",
    limits=("--limits", "--limits-scale", "0.02", "--autotask-window", "20"),
    budget=(
        {"scope": "connection", "requests": 100, "seconds": 20},
        {"scope": "endpoint", "concurrent": 3},
    ),
    allowed=100,
    seconds=20,
    windows=2,
    resources=("Companies", "Services", "Contracts"),
    accounts=8,
    shared=True,
)
SOPHOS: Final = Setting(
    vendor="sophos",
    limits=("--limits",),
    budget=(
        {"scope": "connection", "requests": 10, "seconds": 1},
        {"scope": "connection", "requests": 100, "seconds": 60},
    ),
    allowed=100,
    seconds=60,
    windows=1,
    resources=("endpoints", "alerts"),
    accounts=8,
    shared=True,
    discover="tenants",
)
BUSY: Final = replace(
    M365,
    limits=("--limits", "--limits-scale", str(400 / 3_500)),
    budget=({"scope": "account", "units": 400, "seconds": 10},),
    allowed=400,
    accounts=1,
)
"""For pauses: as many requests to one account as the machine has strength for."""
BY_NAME: Final = {setting.vendor: setting for setting in (M365, AUTOTASK, SOPHOS)}


async def measure(ground: Ground, variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """One fleet for each variant: servers, simulators and that many adapter processes."""
    directory = ground.directory / "budget_use"
    for variant in [one for one in variants if one in (ground.size.variants or variants)]:
        what, _, replicas = variant.partition(".")
        setting = BUSY if what == "pause" else BY_NAME[what]
        await empty(directory)
        async with _fleet(directory, setting, int(replicas)) as fleet, work_for(fleet) as work:
            known = orjson.loads(fleet.simulators_file.read_bytes())[setting.vendor]
            base = known.get("graph") or known.get("zone_lookup") or known["api"]
            async with httpx.AsyncClient(trust_env=False) as client:
                simulator = Simulator(setting.vendor, base, client)
                read = await _prepare(fleet, work, setting, client)
                async with work.going_on():
                    if what == "pause":
                        yield await _pause(simulator, setting, read[0], int(replicas))
                    else:
                        yield await _use(simulator, work, setting, read, int(replicas))


def _fleet(directory: Path, setting: Setting, replicas: int) -> Fleet:
    name = f"svc_adapter_{setting.vendor}"
    return Fleet(
        directory,
        SimulatorOptions(clients=CLIENTS, limits=setting.limits),
        services=[member for member in SERVICES if member.name == name],
        replicas={name: replicas},
        budgets={name: orjson.dumps(setting.budget).decode()},
    )


async def _prepare(fleet: Fleet, work: Work, setting: Setting, client: httpx.AsyncClient) -> tuple[str, ...]:
    """Connects the vendor and gives its accounts jobs; returns the accounts' names at the vendor."""
    with open_database(of_fleet(fleet.directory), None, needs_msp=False) as database:
        with database.transaction() as connection:
            row = add_msp(connection, MSP)
        database.msp_id = row["id"] if row else None
        connect_vendors(database, fleet.simulators_file)
    addresses = [service["http"] for service in fleet.addresses()["services"].values()]

    async def ready() -> bool:
        try:
            answers = [await client.get(f"{address}/readyz") for address in addresses]
        except httpx.TransportError:
            return False
        return all(answer.status_code == httpx.codes.OK for answer in answers)

    await until("the adapters are ready", ready)
    if setting.discover is not None:
        roots = await store.accounts(work.connection, setting.vendor, root=True)
        await store.add_jobs(work.connection, [account for account, _ in roots], [setting.discover])

        async def discovered() -> bool:
            return len(await store.accounts(work.connection, setting.vendor, root=False)) > setting.accounts

        async with work.going_on():
            await until("the accounts are listed", discovered)
        await store.end_jobs(work.connection)
    else:
        await store.add_accounts(work.connection, setting.vendor, setting.accounts)
    found = await store.accounts(work.connection, setting.vendor, root=False)
    roots = await store.accounts(work.connection, setting.vendor, root=setting.discover is not None)
    chosen = [one for one in found if setting.discover is None or one not in roots][: setting.accounts]
    await store.add_jobs(work.connection, [account for account, _ in chosen], setting.resources)
    return tuple(name for _, name in chosen)


async def _use(simulator: Simulator, work: Work, setting: Setting, read: tuple[str, ...], replicas: int) -> Measured:
    """Requests that arrived over whole windows, after the first one has passed, against what was allowed in them."""
    accounts = () if setting.shared else read
    await asyncio.sleep(min(setting.seconds, 20.0))
    first, began = await simulator.counted(), time.monotonic()
    await asyncio.sleep(setting.seconds * setting.windows)
    last, lasted = await simulator.counted(), time.monotonic() - began
    used = last.arrived(accounts) - first.arrived(accounts)
    allowed = setting.allowed / setting.seconds * (1 if setting.shared else len(read))
    wrong = await store.failures(work.connection)
    return Measured(
        f"budget_use.{setting.vendor}.{replicas}",
        used / lasted,
        allowed,
        "requests/s",
        used,
        {
            "refused": last.refusals(),
            "refused_by": dict(last.refused),
            "seconds": round(lasted, 1),
            "budget": list(setting.budget),
            "simulator": " ".join(setting.limits),
            "failures": [f"{name}: {text}" for name, text in wrong],
        },
    )


async def _pause(simulator: Simulator, setting: Setting, account: str, replicas: int) -> Measured:
    """From the moment an account's request is refused to the last of its requests before the pause, the median."""
    await asyncio.sleep(setting.seconds)
    went_on, followed = [], 0
    for _ in range(PAUSES):
        refused_before = (await simulator.counted()).statuses.get("429", 0)
        await simulator.refuse_once(account, PAUSE_SECONDS)
        counted = await simulator.counted()
        while counted.statuses.get("429", 0) == refused_before:
            await asyncio.sleep(LOOK_SECONDS)
            counted = await simulator.counted()
        began = last = time.monotonic()
        arrived = counted.arrived((account,))
        while time.monotonic() < began + PAUSE_SECONDS * 0.75:
            now = (await simulator.counted()).arrived((account,))
            if now > arrived:
                followed += now - arrived
                arrived, last = now, time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)
        went_on.append(last - began)
        await asyncio.sleep(PAUSE_SECONDS)
    return Measured(
        f"budget_use.pause.{replicas}",
        statistics.median(went_on),
        0.25,
        "s",
        PAUSES,
        {
            "worst": round(max(went_on), 4),
            "requests_after": followed,
            "allowed_per_s": setting.allowed / setting.seconds,
        },
    )


BUDGET_USE = Figure(
    "budget_use",
    "Share of a vendor's allowed rate that N adapter processes use, by the simulator's own count",
    measure,
    (
        *(f"{vendor}.{replicas}" for vendor in BY_NAME for replicas in REPLICAS),
        *(f"pause.{replicas}" for replicas in REPLICAS[1:]),
    ),
)
