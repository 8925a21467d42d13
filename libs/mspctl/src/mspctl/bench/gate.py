"""Whether a figure fell back behind what it was when the reference was committed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson
from pydantic import RootModel, ValidationError

from mspbyte_common.errors import UsageError
from mspctl.bench.figure import Measured

WORST = 2 / 3
"""The part of its reference that a ratio must keep: machines are shared, and a third is more than their noise in one run."""

Ratios = RootModel[dict[str, float]]


def reference(file: Path) -> dict[str, float]:
    """Figure → its ratio when the reference was committed."""
    try:
        return Ratios.model_validate_json(file.read_bytes()).root
    except FileNotFoundError:
        message = f"there is no reference {file}: --write-reference makes it."
    except ValidationError as error:
        message = f"{file} is no reference, an object of ratios by figure: {error.errors()[0]['msg']}"
    raise UsageError(message)


def write(file: Path, measured: Iterable[Measured]) -> None:
    """Makes what was measured the reference; figures that were not measured keep theirs."""
    known = reference(file) if file.exists() else {}
    known |= {one.name: round(one.ratio, 3) for one in measured if one.ratio is not None}
    file.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


def fallen(measured: Iterable[Measured], known: dict[str, float]) -> list[str]:
    """A line for each figure whose ratio is worse than its reference by more than a third, or that has none."""
    return [line for one in measured if (line := _fallen(one, known.get(one.name))) is not None]


def _fallen(one: Measured, before: float | None) -> str | None:
    if one.ratio is None:
        return None
    if before is None:
        return f"{one.name}: no reference; --write-reference makes {one.ratio:.3f} its own."
    kept = one.ratio / before if one.more_is_better else before / one.ratio
    if kept >= WORST:
        return None
    return f"{one.name}: ratio {one.ratio:.3f} where the reference has {before:.3f}, {1 - kept:.0%} worse."
