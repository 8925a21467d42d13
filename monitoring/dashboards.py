"""Writes Grafana's files from `pages.py`, and the rules once more as prometheus-operator takes them: `make dashboards`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pages import DASHBOARDS
from panel import Dashboard

HERE = Path(__file__).parent
RULES = sorted((HERE / "rules").glob("*.yml"))
PROMETHEUS_RULE = HERE.parent / "k8s" / "components" / "prometheus-operator" / "rules.yaml"

WIDTH, COLUMNS, HEIGHT = 24, 3, 8
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def document(dashboard: Dashboard) -> dict[str, Any]:
    """The dashboard in Grafana's JSON model."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["mspbyte"],
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": list(_panels(dashboard)),
    }


def _panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    top, number = 0, 0
    for title, panels in dashboard.rows.items():
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
            "panels": [],
        }
        for place, panel in enumerate(panels):
            number += 1
            line, column = divmod(place, COLUMNS)
            width = WIDTH // COLUMNS
            yield {
                "id": number,
                "type": panel.kind,
                "title": panel.title,
                "description": panel.about,
                "datasource": SOURCE,
                "gridPos": {"x": column * width, "y": top + 1 + line * HEIGHT, "w": width, "h": HEIGHT},
                "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
                "targets": [
                    {
                        "refId": chr(ord("A") + index),
                        "datasource": SOURCE,
                        "expr": query,
                        "legendFormat": legend,
                        "instant": panel.kind != "timeseries",
                        "format": "table" if panel.kind == "table" else "time_series",
                    }
                    for index, (legend, query) in enumerate(panel.queries.items())
                ],
            }
        top += 1 + -(-len(panels) // COLUMNS) * HEIGHT


def prometheus_rule() -> dict[str, Any]:
    """The rules as prometheus-operator takes them."""
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "mspbyte"},
        "spec": {"groups": groups},
    }


def files() -> dict[Path, str]:
    """Every file that is written, with its text."""
    written = {
        HERE / "dashboards" / f"{one.uid}.json": json.dumps(document(one), indent=2) + "\n" for one in DASHBOARDS
    }
    head = "# Written by `make dashboards` from monitoring/rules; do not edit.\n"
    return written | {PROMETHEUS_RULE: head + yaml.safe_dump(prometheus_rule(), sort_keys=False, width=120)}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
