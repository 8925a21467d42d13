"""The options every command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Dir = Annotated[Path, typer.Option("--dir", envvar="MSPBYTE_DIR", help="The directory of the fleet.")]
Msp = Annotated[str | None, typer.Option("--msp", help="The msp's name; the only one when not given.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

UP = Path("var/up")
"""Where `mspctl up` keeps its fleet unless told otherwise."""
