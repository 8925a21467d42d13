"""Every query of rules and dashboards, and whether a Prometheus that scraped a fleet has data for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import yaml

MONITORING = Path(__file__).parents[1] / "monitoring"


def groups() -> Iterator[dict[str, Any]]:
    """The groups of all files of rules."""
    for file in sorted((MONITORING / "rules").glob("*.yml")):
        yield from yaml.safe_load(file.read_text())["groups"]


def rules(kind: str) -> dict[str, dict[str, Any]]:
    """Name → rule; `kind` is `record` or `alert`."""
    return {rule[kind]: rule for group in groups() for rule in group["rules"] if kind in rule}


def queries() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every rule and every panel."""
    for kind in ("record", "alert"):
        for name, rule in rules(kind).items():
            yield name, rule["expr"]
    for file in sorted((MONITORING / "dashboards").glob("*.json")):
        page = orjson.loads(file.read_bytes())
        for panel in page["panels"]:
            for target in panel.get("targets", ()):
                yield f"{page['title']} / {panel['title']}", target["expr"]


def asked() -> list[str]:
    """Each of them once, as a chart would ask it.

    An alert that is silent has no data by design: its comparisons give 0 or 1 here. Nor is there an hour ago for a
    Prometheus that has just started.
    """
    alerts = rules("alert")
    return sorted({_asked(query, alert=where in alerts) for where, query in queries()})


def _asked(query: str, *, alert: bool) -> str:
    query = query.replace("$__rate_interval", "5m").replace(" offset 1h", "")
    if not alert:
        return query
    query = query.replace(" > ", " > bool ").replace(" == ", " == bool ")
    return query.removeprefix("absent(").removesuffix(")") if query.startswith("absent(") else query


def without_data(prometheus: httpx.Client, asked: Iterable[str]) -> list[str]:
    """Those it has no data for, yet."""
    return [query for query in asked if not answer(prometheus, query)]


def answer(prometheus: httpx.Client, query: str) -> list[dict[str, Any]]:
    """What it answers. A query it does not understand fails the test."""
    told = prometheus.get("/api/v1/query", params={"query": query})
    assert told.status_code == httpx.codes.OK, f"{query}: {told.text}"
    found: list[dict[str, Any]] = told.json()["data"]["result"]
    return found


def firing(prometheus: httpx.Client) -> set[str]:
    """The alerts that fire."""
    alerts = prometheus.get("/api/v1/alerts").raise_for_status().json()["data"]["alerts"]
    return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}
