"""What a stretch of work cost: processor time, statements, messages and memory, by service."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from mspctl.bench import store
from mspctl.embedded import Fleet
from mspctl.metrics import scrape

STATEMENTS: Final = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.max": "10000"}
"""Settings of a server that counts statements."""

Counts = defaultdict[str, float]


@dataclass(frozen=True)
class Seen:
    """All counters at a moment. `services`: service → counter → value; `stages`: seconds at work, over all hands."""

    services: dict[str, Counts]
    stages: Counts
    database: Counts
    broker: Counts


async def look(fleet: Fleet, connection: store.Connection) -> Seen:
    """The counters of the fleet's services, of its database and of its broker."""
    services: dict[str, Counts] = {}
    stages: Counts = defaultdict(float)
    for process, text in scrape({name: one["http"] for name, one in fleet.addresses()["services"].items()}).items():
        counted = services.setdefault(process.partition("-")[0], defaultdict(float))
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "process_cpu_seconds_total":
                    counted["cpu_s"] += sample.value
                elif sample.name == "mspbyte_announcements_total":
                    counted["messages"] += sample.value
                elif sample.name == "mspbyte_work_seconds_sum":
                    stages[sample.labels["stage"]] += sample.value
    for role, calls in await store.statements(connection):
        if role in services:
            services[role]["statements"] += calls
    return Seen(services, stages, defaultdict(float, await store.totals(connection)), await _broker(fleet))


async def _broker(fleet: Fleet) -> Counts:
    async with httpx.AsyncClient(trust_env=False) as client:
        told = (await client.get(f"{fleet.servers.nats_monitor_url}/varz")).json()
    return defaultdict(float, {name: told[name] for name in ("in_msgs", "out_msgs", "in_bytes", "out_bytes")})


def cost(before: Seen, after: Seen, records: int) -> dict[str, Any]:
    """What lies between two looks: per service in all and, of statements and messages, per 1,000 records."""
    services = {}
    for name, counted in sorted(after.services.items()):
        spent = {key: value - before.services[name][key] for key, value in counted.items()}
        services[name] = {"cpu_s": round(spent.get("cpu_s", 0.0), 2)} | {
            f"{key}_per_1000": round(spent.get(key, 0.0) * 1_000 / records, 1) for key in ("statements", "messages")
        }
    return {
        "services": services,
        "stage_wall_s": _between(before.stages, after.stages),
        "database": _between(before.database, after.database),
        "broker": _between(before.broker, after.broker),
    }


def peak_bytes(fleet: Fleet) -> dict[str, int]:
    """The largest resident size of each of the fleet's processes so far; none where the system does not tell."""
    peaks = {}
    for name, keeper in fleet.supervisor.keepers.items():
        status = Path(f"/proc/{keeper.pid}/status")
        if keeper.pid is not None and status.exists():
            told = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), None)
            if told is not None:
                peaks[name] = int(told.split()[1]) * 1_024
    return peaks


def _between(before: Counts, after: Counts) -> dict[str, float]:
    return {key: round(value - before[key], 2) for key, value in sorted(after.items()) if value != before[key]}
