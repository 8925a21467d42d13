"""The options every command has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mspbyte_common.errors import UsageError

Dir = Annotated[Path, typer.Option("--dir", envvar="MSPBYTE_DIR", help="The directory of the fleet.")]
Msp = Annotated[str | None, typer.Option("--msp", help="The msp's name; the only one when not given.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

UP = Path("var/up")
"""Where `mspctl up` keeps its fleet unless told otherwise."""


def moment(text: str) -> datetime:
    """A time as an option gives it; UTC where it names no zone. UsageError for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no time: give a date or a date and time, as 2026-11-23 or 2026-11-23T08:00Z (UTC)."
        raise UsageError(message) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
