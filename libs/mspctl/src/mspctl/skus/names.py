"""Product names by part number, from the CSV Microsoft publishes: a row per product and service plan in it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import orjson

from mspctl.failure import Failure

NAME, PART_NUMBER = "Product_Display_Name", "String_Id"
COLUMNS = (NAME, PART_NUMBER, "GUID", "Service_Plan_Name", "Service_Plan_Id", "Service_Plans_Included_Friendly_Names")
LEAST = 100
"""Products. Microsoft's list has several hundred: one with fewer is a part of it."""
LEAST_KEPT = 0.5
"""The share of the known products a new list must have, to be believed."""


@dataclass(frozen=True)
class Changes:
    """What a new list changes: part numbers with their names, before and after where both are known."""

    added: dict[str, str]
    renamed: dict[str, tuple[str, str]]
    removed: dict[str, str]


def read_names(content: bytes) -> dict[str, str]:
    """Names by part number, in capitals; the first of several names counts. Failure for anything but such a list."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    found: dict[str, str] = {}
    try:
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            message = f"this is not Microsoft's list of product names: it has no column {', '.join(missing)}."
            raise Failure(message)
        for row in rows:
            part_number, name = ((row[column] or "").strip() for column in (PART_NUMBER, NAME))
            if part_number and name:
                found.setdefault(part_number.upper(), name)
    except csv.Error as error:
        message = f"the list cannot be read: {error} (line {rows.line_num})."
        raise Failure(message) from None
    if len(found) < LEAST:
        message = f"the list has {len(found)} products, Microsoft's has hundreds: it is not whole."
        raise Failure(message)
    return dict(sorted(found.items()))


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """What is new; Failure where the new list lacks so many products that it cannot be whole."""
    kept = before.keys() & after.keys()
    if len(kept) < LEAST_KEPT * len(before):
        message = f"the list has only {len(kept)} of the {len(before)} products known so far: it is not whole."
        raise Failure(message)
    return Changes(
        {one: after[one] for one in after if one not in before},
        {one: (before[one], after[one]) for one in sorted(kept) if before[one] != after[one]},
        {one: before[one] for one in before if one not in after},
    )


def stored(file: Path) -> dict[str, str]:
    """The names in the file; none where it is not there yet."""
    if not file.exists():
        return {}
    names: dict[str, str] = orjson.loads(file.read_bytes())
    return names


def store(file: Path, names: Mapping[str, str]) -> None:
    """Writes the names: whoever reads meanwhile reads the old list or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
        new.write(orjson.dumps(names, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        new.flush()
        os.fsync(new.fileno())
    try:
        Path(new.name).chmod(0o644)
        Path(new.name).replace(file)
    except OSError:
        Path(new.name).unlink()
        raise
