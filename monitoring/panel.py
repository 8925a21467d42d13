"""What a dashboard is made of, and the few forms its queries have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """One chart. `queries`: legend → PromQL; `unit` is Grafana's name for it; `about` says how to read it."""

    title: str
    unit: str
    queries: dict[str, str]
    about: str = ""
    kind: str = "timeseries"


@dataclass(frozen=True)
class Dashboard:
    """A page of panels, in rows with a title."""

    uid: str
    title: str
    rows: dict[str, tuple[Panel, ...]]


def per_second(metric: str, by: str, where: str = "") -> str:
    """The rate of a counter."""
    return f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))"


def quantile(share: float, metric: str, by: str) -> str:
    """A quantile of a histogram."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket[$__rate_interval])))"


def fleetwide(metric: str, by: str, where: str = "") -> str:
    """A figure of the whole fleet."""
    return f"max by ({by}) ({metric}{where})"
