"""The three forms of a report: HTML, CSV and JSON, each made from the document alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from svc_workers.reports.charts import beside, chart
from svc_workers.reports.model import Column, Document, Figure, Money, Row, Share, Table, Value
from svc_workers.reports.shown import NO_DATA, as_json, called, parts, shown

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""
NUMERIC: Final = frozenset({"number", "difference", "money", "share", "day", "moment"})
Cell = tuple[str, str, str, Value, str, Value, str]
"""(section, table, row, item, measure, value, currency)."""
ENVIRONMENT: Final = Environment(
    loader=PackageLoader("svc_workers", "reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters |= {"shown": shown, "parts": parts}
ENVIRONMENT.tests["share"] = lambda value: isinstance(value, Share)


def html(document: Document) -> str:
    """The report as one self-contained page."""
    return ENVIRONMENT.get_template("report.html.j2").render(
        document=document,
        style=Markup(_text("report.css")),  # noqa: S704 - a file of ours
        drawn={
            f"{part.name}-{table.name}": Markup(svg)  # noqa: S704 - drawn by us, text escaped
            for part in document.parts
            for table in part.tables
            if (svg := chart(table, f"{part.name}-{table.name}")) is not None
        },
        beside=beside,
        columns=_columns,
        small=_small,
        groups=_groups,
        origins=_origins,
        numeric=NUMERIC,
    )


def json_of(document: Document) -> dict[str, Any]:
    """The report as a JSON document."""
    return {
        "report": document.name,
        "title": document.title,
        "scope": document.scope,
        "msp": document.msp,
        "client": document.about,
        "as_of": document.as_of.isoformat(),
        "notes": list(document.notes),
        "figures": [_figure(figure) for figure in document.figures],
        "sections": [
            {"name": part.name, "title": part.title, "tables": [_table(table) for table in part.tables]}
            for part in document.parts
        ],
    }


def csv_of(document: Document) -> str:
    """The report as CSV: one line per value, with the table, the row by number and name, and the column it stands in.

    Money is one line per currency.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("section", "table", "row", "item", "measure", "value", "currency"))
    for *place, item, measure, value, currency in _cells(document):
        writer.writerow((*place, _plain(item), measure, _plain(value), currency))
    return text.getvalue()


def _figure(figure: Figure) -> dict[str, Any]:
    told = {
        "name": figure.name,
        "label": figure.label,
        "unit": figure.unit,
        "value": as_json(figure.value),
        "sources": list(figure.sources),
        "as_of": as_json(figure.as_of),
    }
    return told if figure.asked is None else {**told, "clients_with_data": figure.known, "clients": figure.asked}


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "caption": table.caption,
        "columns": [{"name": one.name, "label": one.label, "unit": one.unit} for one in table.columns],
        "rows": None if table.rows is None else [_row(table, row) for row in table.rows],
        "total": _row(table, table.total) if table.total else None,
        "why": table.why if table.rows is None else None,
        "notes": list(table.notes),
    }


def _row(table: Table, row: Row) -> dict[str, Any]:
    return {column.name: as_json(value) for column, value in zip(table.columns, row, strict=True)}


def _cells(document: Document) -> Iterator[Cell]:
    about = {"name": document.name, "msp": document.msp, "client": document.about or "all clients"}
    yield from (("report", "", "", "", measure, value, "") for measure, value in about.items())
    yield "report", "", "", "", "as_of", document.as_of, ""
    for figure in document.figures:
        yield from _spread(("figures", "", "", figure.name), "value", figure.value)
        yield "figures", "", "", figure.name, "as_of", figure.as_of, ""
    for part in document.parts:
        for table in part.tables:
            yield from _of_table(part.name, table)


def _of_table(section: str, table: Table) -> Iterator[Cell]:
    if table.rows is None:
        yield section, table.name, "", "", "", None, ""
        return
    rows = [(f"{number}", row) for number, row in enumerate(table.rows, start=1)]
    for number, row in [*rows, *([("total", table.total)] if table.total else [])]:
        for column, value in zip(table.columns, row, strict=True):
            yield from _spread((section, table.name, number, row[0]), column.name, value)


def _spread(place: tuple[str, str, str, Value], measure: str, value: Value) -> Iterator[Cell]:
    """A share is two numbers, money an amount per currency; nothing is 0.00 of none."""
    match value:
        case Share():
            yield *place, measure, value.part, ""
            yield *place, f"{measure}_of", value.whole, ""
        case Money():
            for currency, amount in value.amounts or ((None, Decimal("0.00")),):
                yield *place, measure, amount, currency or ""
        case _:
            yield *place, measure, value, ""


def _plain(value: Value) -> str:
    """A cell. Text that a spreadsheet would compute is quoted; numbers, negative ones too, stay numbers."""
    if value is None:
        return NO_DATA
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        value = "; ".join(value)
    text = str(value)
    if text.startswith(FORMULA) and not isinstance(value, int | Decimal):
        return f"'{text}"
    return text


def _columns(table: Table) -> list[tuple[int, Column]]:
    """The columns that stand for themselves, with their places; that of a group is its heading."""
    return [
        (place, column)
        for place, column in enumerate(table.columns)
        if column.under is None and column.name != table.group
    ]


def _small(table: Table, row: Row, under: Column) -> list[tuple[Column, Value]]:
    """What stands below a cell in small print."""
    return [
        (column, value)
        for column, value in zip(table.columns, row, strict=True)
        if column.under == under.name and value
    ]


def _groups(table: Table) -> list[tuple[Row | None, Sequence[Row], int]]:
    """Rows by group: one that tells the heading, those that are shown, and how many are not."""
    rows = table.rows or ()
    place = None if table.group is None else table.column(table.group)
    found = [list(rows)] if place is None else [list(group) for _, group in groupby(rows, key=lambda row: row[place])]
    most = table.printed or len(rows)
    return [(None if place is None else group[0], group[:most], max(len(group) - most, 0)) for group in found]


def _origins(document: Document) -> list[tuple[list[str], str, datetime | None]]:
    """The figures by what they are counted from: their labels, the lists by vendor, until when those are known."""
    labels: dict[tuple[tuple[str, ...], datetime | None], list[str]] = {}
    for figure in document.figures:
        labels.setdefault((figure.sources, figure.as_of), []).append(figure.label)
    return [(found, _lists(sources), as_of) for (sources, as_of), found in labels.items()]


def _lists(sources: Sequence[str]) -> str:
    by_vendor: dict[str, list[str]] = {}
    for source in sources:
        vendor, _, resource = source.partition("/")
        by_vendor.setdefault(vendor, []).append(resource)
    return (
        "; ".join(f"{called(vendor)}: {', '.join(lists)}" for vendor, lists in by_vendor.items())
        or "our own notes: findings, issues, listings"
    )


def _text(name: str) -> str:
    assert ENVIRONMENT.loader is not None  # noqa: S101 - it stands above
    return ENVIRONMENT.loader.get_source(ENVIRONMENT, name)[0]
