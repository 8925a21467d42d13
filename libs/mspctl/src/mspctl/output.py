"""How answers look: one JSON document, or what a person reads."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=200)
"""Standard output; wide where nobody looks, so that a file or a pipe gets whole lines."""


def emit_json(document: object) -> None:
    """The one document of a command with --json."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    sys.stdout.buffer.write(orjson.dumps(document, default=_plain, option=options) + b"\n")
    sys.stdout.buffer.flush()


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Iterable[str], *, as_json: bool, none: str) -> None:
    """A list: all of each row as JSON, or the named columns as a table; `none` says what to do when there are none."""
    if as_json:
        emit_json(list(rows))
    elif rows:
        console.print(table(rows, columns))
    else:
        console.print(none, style="dim")


def table(rows: Iterable[Mapping[str, Any]], columns: Iterable[str], title: str | None = None) -> Table:
    """Rows under their column names; what nobody knows is shown as a dash."""
    names = list(columns)
    drawn = Table(title=title, box=None, header_style="bold", title_justify="left", pad_edge=False)
    for name in names:
        drawn.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell(row.get(name))) for name in names))
    return drawn


def facts(pairs: Mapping[str, Any]) -> Table:
    """Names and values, one pair a line."""
    drawn = Table(box=None, show_header=False, pad_edge=False)
    drawn.add_column(style="bold")
    drawn.add_column(overflow="fold")
    for name, value in pairs.items():
        drawn.add_row(name.replace("_", " "), Text(cell(value)))
    return drawn


def cell(value: object) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()
    return str(value)


def ago(seconds: float | None) -> str:
    """An age in one unit: 42 s, 7 min, 3 h, 2 d."""
    if seconds is None:
        return "-"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)
