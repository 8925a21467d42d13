"""Charts as inline SVG. Each is drawn from the table it stands above, and has a text that says what it shows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from html import escape
from threading import Lock
from typing import Final, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from svc_workers.reports.model import Chart, Money, Row, Share, Table, Value, currencies
from svc_workers.reports.shown import parts, shown

INK: Final = "#1f2937"
GRID: Final = "#d5dae1"
SEVERITY: Final = {"critical": "#7f1d1d", "high": "#c2410c", "medium": "#a16207", "low": "#1d4ed8", "info": "#55606e"}
BAR: Final = "#0f766e"
REST: Final = "#e3e9ef"
"""Of a whole, what is not the part. It carries no meaning of its own: both numbers stand beside it."""
WIDTH: Final = 6.4
HALF: Final = 4.8
"""Inches of a chart with the page, or half of it, to itself."""
NARROW: Final = 6
"""The most rows a table may have to stand beside its chart."""
SETTINGS: Final = Lock()
"""Held while drawing: matplotlib has one set of settings for all threads of the process."""
LABEL: Final = 34
"""The most characters of a bar's name."""

Drawing = Callable[[Axes], None]


def chart(table: Table, prefix: str) -> str | None:
    """The table's chart as SVG, its ids beginning with `prefix`; None where there is none, or nothing to draw.

    Amounts of two currencies are not drawn: they have no scale in common.
    """
    if table.chart is None or not table.rows:
        return None
    if len(currencies(value for name in table.chart.series for value in _values(table, name, table.rows))) > 1:
        return None
    rows = table.rows[: table.chart.most]
    drawing = {"bars": _bars, "within": _within, "shares": _shares, "stacked": _stacked}[table.chart.kind]
    draw = drawing(table, table.chart, rows)
    if draw is None:
        return None
    upright = table.chart.kind == "stacked"
    size = (HALF if beside(table) else WIDTH, 2.5 if upright else 0.36 * len(rows) + 0.15)
    return _svg(draw, size, prefix, alt(table, table.chart), upright=upright)


def beside(table: Table) -> bool:
    """Whether the chart and its table fit on one line."""
    return table.rows is not None and len(table.rows) <= NARROW and len(table.columns) <= 3  # noqa: PLR2004


def alt(table: Table, drawn: Chart) -> str:
    """What the chart shows, in words."""
    rows = (table.rows or ())[: drawn.most]
    names = {column.name: column.label.lower() for column in table.columns}
    told = []
    for row in rows:
        values = [(names[name], row[table.column(name)]) for name in drawn.series]
        if len(values) == 1 or all(value is None for _, value in values):
            told.append(f"{_label(table, drawn, row)} {_said(values[0][1])}")
        else:
            told.append(f"{_label(table, drawn, row)} " + " ".join(f"{_said(value)} {name}" for name, value in values))
    left = len(table.rows or ()) - len(rows)
    return f"{drawn.says}: " + ", ".join(told) + (f", and {left} more in the table" if left else "")


def _label(table: Table, drawn: Chart, row: Row) -> str:
    column = table.columns[table.column(drawn.label)]
    return shown(row[table.column(drawn.label)], column.unit)


def _said(value: Value) -> str:
    return parts(value) if isinstance(value, Share) else shown(value, "number")


def _number(value: Value) -> float:
    if isinstance(value, Money):  # of one currency: others are not drawn
        return sum(float(amount) for _, amount in value.amounts)
    return 0.0 if value is None or isinstance(value, str | tuple | Share) or hasattr(value, "year") else float(value)


def _values(table: Table, name: str, rows: Sequence[Row]) -> list[Value]:
    return [row[table.column(name)] for row in rows]


def _bars(table: Table, drawn: Chart, rows: Sequence[Row]) -> Drawing | None:
    values = _values(table, drawn.series[0], rows)
    numbers = [_number(value) for value in values]
    if not any(numbers):
        return None
    raw = [str(row[table.column(drawn.label)]) for row in rows]
    labels = [_label(table, drawn, row) for row in rows]

    def draw(axes: Axes) -> None:
        places = range(len(rows))
        bars = axes.barh(places, numbers, color=[SEVERITY.get(name, BAR) for name in raw], height=0.62)
        axes.bar_label(bars, [_said(value) for value in values], padding=4, color=INK, fontsize=9)
        axes.set_yticks(places, [_short(label) for label in labels])
        axes.set_xlim(0, max(numbers) * 1.16)

    return draw


def _within(table: Table, drawn: Chart, rows: Sequence[Row]) -> Drawing | None:
    """Each row's first number within its second."""
    inner, outer = (_values(table, name, rows) for name in drawn.series)
    return _part_of(
        [_label(table, drawn, row) for row in rows],
        [_number(value) for value in inner],
        [_number(value) for value in outer],
        [f"{_said(one)} of {_said(other)}" for one, other in zip(inner, outer, strict=True)],
    )


def _shares(table: Table, drawn: Chart, rows: Sequence[Row]) -> Drawing | None:
    """Each row's share, as part of one length."""
    values = _values(table, drawn.series[0], rows)
    shares = [value if isinstance(value, Share) else None for value in values]
    return _part_of(
        [_label(table, drawn, row) for row in rows],
        [float(one.part) / float(one.whole) if one and one.whole else 0.0 for one in shares],
        [1.0 if one and one.whole else 0.0 for one in shares],
        ["no data" if one is None else f"{shown(one, 'share')} ({parts(one)})" for one in shares],
    )


def _part_of(
    labels: Sequence[str], inner: Sequence[float], outer: Sequence[float], texts: Sequence[str]
) -> Drawing | None:
    if not any(outer):
        return None
    longest = max(*inner, *outer, 0.0)

    def draw(axes: Axes) -> None:
        places = range(len(labels))
        axes.barh(places, outer, color=REST, height=0.62)
        axes.barh(places, inner, color=BAR, height=0.62)
        for place, text in enumerate(texts):
            end = max(inner[place], outer[place])
            axes.annotate(
                text, (end, place), xytext=(5, 0), textcoords="offset points", va="center", color=INK, fontsize=9
            )
        axes.set_yticks(places, [_short(label) for label in labels])
        axes.set_xlim(0, longest * 1.34)

    return draw


def _stacked(table: Table, drawn: Chart, rows: Sequence[Row]) -> Drawing | None:
    """One column per row, its series one above another."""
    series = {name: _values(table, name, rows) for name in drawn.series}
    heights = [sum(_number(values[place]) for values in series.values()) for place in range(len(rows))]
    if not any(heights):
        return None
    labels = [_label(table, drawn, row).rsplit(" ", 1) for row in rows]

    def draw(axes: Axes) -> None:
        feet = [0.0] * len(rows)
        for name, values in series.items():
            numbers = [_number(value) for value in values]
            axes.bar(range(len(rows)), numbers, bottom=feet, color=SEVERITY.get(name, BAR), width=0.62, label=name)
            feet = [foot + number for foot, number in zip(feet, numbers, strict=True)]
        for place, height in enumerate(heights):
            unknown = all(values[place] is None for values in series.values())
            text = "no data" if unknown else f"{height:.0f}"
            axes.annotate(
                text, (place, height), xytext=(0, 3), textcoords="offset points", ha="center", va="bottom", color=INK,
                fontsize=8, rotation=90 if unknown else 0,
            )  # fmt: skip
        axes.set_xticks(range(len(rows)), ["\n".join(label) for label in labels], fontsize=8)
        axes.set_ylim(0, max(heights) * 1.18)
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(series), frameon=False, fontsize=9, labelcolor=INK
        )

    return draw


def _svg(draw: Drawing, size: tuple[float, float], name: str, told: str, *, upright: bool) -> str:
    with SETTINGS, mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        draw(axes)
        _quiet(axes, upright=upright)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(text.getvalue(), name, told)


def _quiet(axes: Axes, *, upright: bool) -> None:
    """No ink but that of the bars: the values stand beside them. Bars that lie go from the top down."""
    axis: Literal["x", "y"] = "x" if upright else "y"
    other, foot = (axes.yaxis, "bottom") if upright else (axes.xaxis, "left")
    if not upright:
        axes.invert_yaxis()
        axes.margins(y=0.03)
    other.set_visible(False)
    axes.tick_params(axis=axis, length=0, labelcolor=INK, labelsize=8 if upright else 9.5, pad=6)
    for side, spine in axes.spines.items():
        spine.set_visible(side == foot)
        spine.set_color(GRID)


def _inline(document: str, name: str, told: str) -> str:
    """The drawing without XML prologue and metadata, scaled by its container, its ids its own, named for a reader."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    title = f'<title id="{name}-title">{escape(told)}</title>'
    svg = svg.replace("<svg", f'<svg role="img" aria-labelledby="{name}-title"', 1)
    return re.sub(r"(<svg[^>]*>)", lambda found: found.group(1) + title, svg, count=1)


def _short(label: str) -> str:
    return label if len(label) <= LABEL else label[: LABEL - 1].rstrip() + "…"
