"""Charts as inline SVG. Each is drawn from the report's numbers and has a text that says what it shows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK: Final = "#1f2937"
MUTED: Final = "#6b7280"
GRID: Final = "#e5e7eb"
SEVERITY: Final = {"critical": "#7f1d1d", "high": "#c2410c", "medium": "#ca8a04", "low": "#2563eb", "info": "#64748b"}
BOUGHT: Final = "#bfd3f2"
ASSIGNED: Final = "#1d4ed8"
SEEN: Final = "#0f766e"
MOST: Final = 10
"""How many bars a chart has room for."""
WIDTH: Final = 6.4
HALF: Final = 4.4
"""Inches of a chart with the page, or half of it, to itself."""
SOURCES: Final = {"entra": "Entra ID", "intune": "Intune", "sophos": "Sophos", "psa": "PSA"}


def charts(numbers: dict[str, Any]) -> dict[str, str]:
    """The report's charts as SVG, by name; one without data is left out."""
    drawn = {
        "findings": _findings(numbers["findings"]),
        "licences": _licences(numbers["licences"]),
        "coverage": _coverage(numbers["devices"]),
    }
    return {name: svg for name, svg in drawn.items() if svg is not None}


def _findings(findings: dict[str, Any]) -> str | None:
    rows = findings["by_severity"]
    if not findings["open"]:
        return None
    alt = "Open findings by severity: " + ", ".join(f"{row['severity']} {row['open']}" for row in rows)

    def draw(axes: Axes) -> None:
        values = [row["open"] for row in rows]
        bars = axes.barh(
            [row["severity"] for row in rows], values, color=[SEVERITY[row["severity"]] for row in rows], height=0.62
        )
        axes.bar_label(bars, padding=4, color=INK, fontsize=9)
        axes.set_xlim(0, max(values) * 1.12)

    return _svg(draw, (HALF, _height(len(rows))), "findings", alt)


def _licences(licences: dict[str, Any]) -> str | None:
    rows = [row for row in licences["rows"] or () if not row["free"] and row["bought"]][:MOST]
    if not rows:
        return None
    labels = [row["name"] or row["sku"] for row in rows]
    alt = "Licences: " + ", ".join(
        f"{label} {row['bought']} bought, {_or_no_data(row['assigned'])} assigned"
        for label, row in zip(labels, rows, strict=True)
    )

    def draw(axes: Axes) -> None:
        places = range(len(rows))
        bought = axes.barh(places, [row["bought"] for row in rows], color=BOUGHT, height=0.7, label="bought")
        axes.barh(places, [row["assigned"] or 0 for row in rows], color=ASSIGNED, height=0.34, label="assigned")
        axes.bar_label(
            bought,
            [f"{_or_no_data(row['assigned'])} / {row['bought']}" for row in rows],
            padding=4,
            color=INK,
            fontsize=9,
        )
        axes.set_yticks(places, [_short(label) for label in labels])
        axes.set_xlim(0, max(max(row["bought"], row["assigned"] or 0) for row in rows) * 1.22)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, frameon=False, fontsize=9, labelcolor=INK)

    return _svg(draw, (WIDTH, _height(len(rows)) + 0.3), "licences", alt)


def _coverage(devices: dict[str, Any]) -> str | None:
    total = devices["total"]
    if total is None or not total["devices"]:
        return None
    seen = {label: total[name] for name, label in SOURCES.items()}
    alt = f"Of {total['devices']} devices: " + ", ".join(
        f"{label} no data" if count is None else f"{label} sees {count}" for label, count in seen.items()
    )

    def draw(axes: Axes) -> None:
        places = list(seen)
        axes.barh(places, [total["devices"]] * len(places), color="#eef2f6", height=0.62)
        bars = axes.barh(places, [count or 0 for count in seen.values()], color=SEEN, height=0.62)
        texts = ["no data" if count is None else f"{count} of {total['devices']}" for count in seen.values()]
        for bar, text in zip(bars, texts, strict=True):
            axes.annotate(
                text,
                (total["devices"], bar.get_y() + bar.get_height() / 2),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                color=INK,
                fontsize=9,
            )
        axes.set_xlim(0, total["devices"] * 1.22)

    return _svg(draw, (WIDTH, _height(len(seen))), "coverage", alt)


def _height(bars: int) -> float:
    return 0.36 * bars + 0.15


def _svg(draw: Callable[[Axes], None], size: tuple[float, float], name: str, alt: str) -> str:
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        draw(axes)
        _quiet(axes)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(text.getvalue(), name, alt)


def _quiet(axes: Axes) -> None:
    """Bars from the top down, and no ink but theirs: the values stand beside them."""
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9.5, pad=6)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "left")
        spine.set_color(GRID)
    axes.margins(y=0.03)


def _inline(document: str, name: str, alt: str) -> str:
    """The drawing without XML prologue and metadata, scaled by its container, its ids its own, named for a reader."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    title = f'<title id="{name}-title">{escape(alt)}</title>'
    svg = svg.replace("<svg", f'<svg role="img" aria-labelledby="{name}-title"', 1)
    return re.sub(r"(<svg[^>]*>)", lambda found: found.group(1) + title, svg, count=1)


def _short(label: str, most: int = 34) -> str:
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"


def _or_no_data(value: int | None) -> str:
    return "no data" if value is None else str(value)
