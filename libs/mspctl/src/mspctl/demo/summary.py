"""What a sync brought: the document and what a person reads of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from rich.console import Group, RenderableType
from rich.text import Text

from mspctl.demo import store
from mspctl.demo.quality import link_quality
from mspctl.output import table
from mspctl.schedule.store import open_dead_letters
from mspctl.store import Database

WORST = 5
RECONCILED = ("client", "service", "state", "billed", "actual", "difference", "money_difference", "currency")


def summarize(database: Database, truth_file: Path, seconds: float) -> dict[str, Any]:
    """The content of summary.json, but for the reports."""
    truth = orjson.loads(truth_file.read_bytes())
    with database.transaction() as connection:
        entities = store.entities(connection)
        findings = store.findings(connection)
        read = store.fetched(connection)
        counts = {
            "dead_letters": open_dead_letters(connection),
            "failed_runs": store.failed_runs(connection),
            "quarantined": store.quarantined(connection),
        }
        summary: dict[str, Any] = {
            "ok": not any(counts.values()),
            "seconds": round(seconds, 2),
            "records": sum(int(row["records"]) for row in read),
            "entities": _sums(entities, "kind"),
            "relationships": _sums(store.relationships(connection), "relation"),
            "findings": _sums(findings, "check"),
            "link_quality": link_quality(truth, store.references(connection), store.sameness(connection)),
            **counts,
            "reports": [],
            "report_errors": [],
            "reconciliation": {"states": {}, "totals": [], "dearest": []},
            "entities_by_vendor": entities,
            "findings_by_severity": findings,
            "clients": [{**row, "id": str(row["id"])} for row in store.clients_by_trouble(connection)],
        }
    summary["records_per_second"] = round(summary["records"] / seconds, 1) if seconds else None
    return summary


def clients_to_report(summary: dict[str, Any], most: int = 3) -> list[dict[str, Any]]:
    """The largest client and the worst ones, each once."""
    worst: list[dict[str, Any]] = summary["clients"]
    largest = sorted(worst, key=lambda row: -row["records"])[:1]
    chosen = {row["id"]: row for row in (*largest, *worst) if row["records"]}
    return list(chosen.values())[:most]


def draw(summary: dict[str, Any], directory: Path | None = None) -> RenderableType:
    """The summary for a person; with the directory, where the rest was kept."""
    quality = [
        {
            "relation": relation,
            "precision": _share(found["precision"]),
            "recall": _share(found["recall"]),
            "between clients": found["between_clients"],
        }
        for relation, found in summary["link_quality"].items()
    ]
    worst = [row for row in summary["clients"] if row["findings"]][:WORST]
    parts: list[RenderableType] = [
        Text(),
        table(summary["entities_by_vendor"], ("vendor", "kind", "n"), "Entities"),
        Text(),
        table(_pairs(summary["relationships"], "relation"), ("relation", "n"), "Relationships"),
        Text(),
        table(summary["findings_by_severity"], ("check", "severity", "n"), "Open findings"),
        Text(),
        table(worst, ("name", "records", "findings", "grave"), "Worst clients"),
        Text(),
        table(summary["reconciliation"]["dearest"], RECONCILED, "Billed against actual"),
        table(summary["reconciliation"]["totals"], ("currency", "under", "over", "net")),
        Text(),
        table(quality, ("relation", "precision", "recall", "between clients"), "Links against the truth"),
        Text(),
        Text(
            f"{summary['records']:,} records in {summary['seconds']:.1f} s "
            f"({summary['records_per_second']} records/s); {summary['dead_letters']} dead letters, "
            f"{summary['failed_runs']} failed runs, {summary['quarantined']} quarantined"
        ),
        *(Text(error, style="red") for error in summary["report_errors"]),
        *(Text(f"report   {path}") for path in summary["reports"] if path.endswith(".html")),
    ]
    if directory is not None:
        parts += [Text(f"metrics  {directory / 'metrics'}"), Text(f"summary  {directory / 'summary.json'}")]
    return Group(*parts)


def _sums(rows: list[dict[str, Any]], name: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row[name]] += int(row["n"])
    return dict(sums)


def _pairs(counts: dict[str, int], name: str) -> list[dict[str, Any]]:
    return [{name: key, "n": value} for key, value in counts.items()]


def _share(value: float | None) -> str:
    return "no data" if value is None else f"{value:.4f}"
