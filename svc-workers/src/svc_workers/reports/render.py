"""Two of the three forms of a report: HTML and CSV. The third, JSON, is the numbers themselves."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from svc_workers.reports.charts import charts

NO_DATA: Final = "no data"
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+]00:00)")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


def html(numbers: dict[str, Any]) -> str:
    """The report as one self-contained page."""
    environment = Environment(
        loader=PackageLoader("svc_workers", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "money": _money, "day": _day, "moment": _moment, "words": _words}
    drawn = {name: Markup(svg) for name, svg in charts(numbers).items()}  # noqa: S704 - drawn by us, text escaped
    return environment.get_template("client.html.j2").render(n=numbers, charts=drawn)


def table(numbers: dict[str, Any]) -> str:
    """The report as CSV: one line per number, with the section and item it belongs to."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("section", "item", "measure", "value"))
    for section, item, measure, value in _cells(numbers):
        writer.writerow((section, _plain(item), measure, _plain(value)))
    return text.getvalue()


def _cells(numbers: dict[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    for measure in ("client", "msp", "as_of"):
        yield "report", "", measure, numbers[measure]
    for measure, value in numbers["headline"].items():
        yield "headline", "", measure, value
    for row in numbers["freshness"]:
        yield "freshness", f"{row['vendor']}/{row['resource']}", "current_at", row["current_at"]
    for row in numbers["people"]:
        yield "people", row["source"], row["measure"], row["value"]
    yield from _rows("devices", numbers["devices"]["rows"], "class")
    if numbers["devices"]["total"]:
        yield from (("devices", "total", measure, value) for measure, value in numbers["devices"]["total"].items())
    yield from _rows("licences", numbers["licences"]["rows"], "sku")
    yield from _rows("billing", numbers["billing"]["rows"], "service")
    for measure, value in (numbers["billing"]["totals"] or {}).items():
        yield "billing", "total", measure, value
    for row in numbers["findings"]["by_severity"]:
        yield "findings", row["severity"], "open", row["open"]
    yield from _rows("open_findings", numbers["findings"]["rows"], "title")
    yield from _rows("departed_licensed", numbers["departed"], "upn")


def _rows(section: str, rows: list[dict[str, Any]] | None, item: str) -> Iterator[tuple[str, str, str, Any]]:
    if rows is None:
        yield section, "", "", None
    for row in rows or ():
        for measure, value in row.items():
            if measure != item and not (measure == "why" and value is None):
                yield section, row[item] or "", measure, value


def _plain(value: Any) -> str:
    """A cell. Text that a spreadsheet would compute is quoted; numbers, negative ones too, stay numbers."""
    if value is None:
        return NO_DATA
    if isinstance(value, (dict, list)):
        value = _words(value)
    text = str(value)
    if text.startswith(FORMULA) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False


def _number(value: int | None) -> str:
    return NO_DATA if value is None else f"{value:,}".replace(",", "\u202f")


def _money(value: str | None) -> str:
    return NO_DATA if value is None else f"{Decimal(value):,.2f}".replace(",", "\u202f").replace("-", "\u2212")


def _day(value: str | None) -> str:
    return NO_DATA if value is None else f"{datetime.fromisoformat(value):%-d %b %Y}"


def _moment(value: str | None) -> str:
    return NO_DATA if value is None else f"{datetime.fromisoformat(value):%-d %b %Y, %H:%M} UTC"


def _words(value: Any) -> str:
    """Evidence for a reader: 'serial: C02, user: ann'; what is not known is left out."""
    if isinstance(value, dict):
        said = {name.replace("_", " "): _words(part) for name, part in value.items() if part not in (None, "", [], {})}
        return ", ".join(f"{name}: {text}" for name, text in said.items())
    if isinstance(value, list):
        return "; ".join(_words(part) for part in value)
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return _moment(value)
    return str(value)
