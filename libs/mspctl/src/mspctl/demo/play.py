"""The demo from an empty directory to its summary."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from rich.console import Console

from mspctl.demo.operator import MSP, Mapping, connect_vendors
from mspctl.demo.progress import Bars
from mspctl.demo.reconciled import add_reconciliation
from mspctl.demo.summary import clients_to_report, summarize
from mspctl.demo.watch import until_over
from mspctl.embedded import Fleet, SimulatorOptions
from mspctl.embedded.home import write_json
from mspctl.failure import Failure
from mspctl.metrics import scrape
from mspctl.reports.ordered import Order, make_report
from mspctl.store import Database, open_database
from mspctl.target import of_fleet
from mspctl.tenants.store import add_msp

BASE_SECONDS, SECONDS_PER_CLIENT = 600.0, 3.0
REPORT_SECONDS = 120.0
FIRST = "executive"
REPORTS = ("posture", "licences", "coverage", "quality")


@dataclass(frozen=True)
class Options:
    """What was asked for. `live`: draw bars; otherwise lines on standard error."""

    directory: Path
    clients: int
    seed: int
    live: bool

    @property
    def seconds(self) -> float:
        """How long the sync may take."""
        return BASE_SECONDS + SECONDS_PER_CLIENT * self.clients


Finished = Callable[[dict[str, Any], Fleet], None]


async def play(options: Options, console: Console, finished: Finished, *, keep: bool) -> int:
    """Syncs everything once in an empty directory and hands the summary over; 0 when nothing failed.

    With `keep` the fleet stays up until it is cancelled.
    """
    fleet = Fleet(options.directory, SimulatorOptions(seed=options.seed, clients=options.clients))
    async with fleet:
        with open_database(of_fleet(options.directory), None, needs_msp=False) as database:
            with database.transaction() as connection:
                row = add_msp(connection, MSP)
            database.msp_id = row["id"] if row else None
            started = time.monotonic()
            connect_vendors(database, fleet.simulators_file)
            over = await _watched(database, fleet, options, console)
            summary = await asyncio.to_thread(summarize, database, fleet.truth_file, over - started)
            await asyncio.to_thread(add_reconciliation, database, summary, REPORT_SECONDS)
            await _add_reports(database, summary, fleet.home.path / "reports")
            _keep_metrics(database, fleet.home.path / "metrics")
        write_json(fleet.home.path / "summary.json", summary)
        finished(summary, fleet)
        if keep:
            await asyncio.Event().wait()
    return 0 if summary["ok"] else 1


async def _watched(database: Database, fleet: Fleet, options: Options, console: Console) -> float:
    mapping = Mapping(orjson.loads(fleet.truth_file.read_bytes()))
    with Bars(console, live=options.live) as bars:
        return await until_over(database, mapping, bars.show, options.seconds)


async def _add_reports(database: Database, summary: dict[str, Any], out: Path) -> None:
    """Writes the reports and names them in the summary; one that fails makes the demo fail, not end."""
    for order in orders(clients_to_report(summary)):
        try:
            made = await asyncio.to_thread(make_report, database, order, out, REPORT_SECONDS)
        except Failure as error:
            summary["ok"] = False
            summary["report_errors"].append(str(error))
        else:
            summary["reports"] += [str(path) for path in made]


def orders(clients: list[dict[str, Any]]) -> list[Order]:
    """The summary of each client, every report on the first, and the summary of all together."""
    found = [Order(FIRST)]
    for place, client in enumerate(clients):
        called = client["name"] or f"company {client['company_id']}"
        found += [Order(name, UUID(client["id"]), called) for name in (FIRST, *(REPORTS if place == 0 else ()))]
    return found


def _keep_metrics(database: Database, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in scrape(database.target.services).items():
        (folder / f"{name}.prom").write_text(text)
