"""The report: a list of measurements, kept over runs, the newest of each name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from mspctl.bench.figure import Measured
from mspctl.embedded.home import write_json


def add(file: Path, measured: Measured) -> None:
    """Puts a measurement into the report, in place of the one of its name."""
    kept = [one for one in read(file) if one["name"] != measured.name]
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, sorted([*kept, measured.document()], key=lambda one: str(one["name"])))


def read(file: Path) -> list[dict[str, Any]]:
    """The report's measurements, by name; none where there is no report."""
    try:
        found: list[dict[str, Any]] = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        return []
    return found
