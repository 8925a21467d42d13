"""`mspctl demo`: one full sync of a simulated estate."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from mspctl.commands.up import addresses
from mspctl.demo.play import Options, play
from mspctl.demo.summary import draw
from mspctl.embedded import Fleet
from mspctl.embedded.leftovers import empty
from mspctl.embedded.logs import log_to
from mspctl.embedded.signals import run_until_signal
from mspctl.options import Json
from mspctl.output import console, emit_json


def demo(
    *,
    clients: Annotated[int, typer.Option(min=1, help="How many clients the msp has.")] = 12,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal estates.")] = 1,
    directory: Annotated[Path, typer.Option("--dir", help="Its earlier data is deleted.")] = Path("var/demo"),
    keep: Annotated[bool, typer.Option("--keep", help="Leaves the fleet up until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Empties the directory, starts a fleet with simulators, syncs everything once and sums it up."""
    options = Options(directory, clients, seed, live=console.is_terminal and not as_json)

    def finished(summary: dict[str, Any], fleet: Fleet) -> None:
        if as_json:
            emit_json(summary)
        else:
            console.print(draw(summary, directory))
        if keep and not as_json:
            console.print()
            console.print(addresses(fleet))
            console.print(f"\nCtrl-C stops everything. In another terminal: mspctl status --dir {directory}")

    asyncio.run(empty(directory))
    log_to(directory / "logs" / "supervisor.log")
    raise typer.Exit(run_until_signal(play(options, console, finished, keep=keep)))
