"""`mspctl bench`: what the system achieves on this machine, against a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mspbyte_common.declarations import discover, index
from mspbyte_common.errors import UsageError
from mspctl import bench as figures
from mspctl.bench import report
from mspctl.bench.figure import Figure
from mspctl.embedded.logs import log_to
from mspctl.embedded.signals import run_until_signal
from mspctl.options import Json
from mspctl.output import console, emit_json, table


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[FIGURE[.VARIANT]]...", help="Which figures; all when not given.")
    ] = None,
    *,
    directory: Annotated[Path, typer.Option("--dir", help="Where report.json is kept.")] = Path("var/bench"),
    as_json: Json = False,
) -> None:
    """Measures figures and writes them to report.json, each beside the baseline it is compared with."""
    chosen = _chosen(names or [])
    log_to(directory / "supervisor.log")
    code = run_until_signal(_measure(chosen, directory, quiet=as_json))
    if as_json:
        emit_json(report.read(directory / "report.json"))
    raise typer.Exit(code)


def _chosen(names: list[str]) -> list[tuple[Figure, tuple[str, ...]]]:
    known = index(discover(figures, Figure), key=lambda figure: figure.name)
    if not names:
        return [(figure, figure.variants) for figure in known.values()]
    chosen = []
    for name in names:
        found = [(figure, figure.named(name)) for figure in known.values() if figure.named(name)]
        if not found:
            message = f"there is no figure {name!r}: {', '.join(known)}."
            raise UsageError(message)
        chosen += found
    return chosen


async def _measure(chosen: list[tuple[Figure, tuple[str, ...]]], directory: Path, *, quiet: bool) -> int:
    file = directory / "report.json"
    for figure, variants in chosen:
        async for measured in figure.measure(directory / figure.name, variants):
            report.add(file, measured)
            if not quiet:
                row = measured.document()
                console.print(f"{row['name']}  {row['ours']} {row['unit']}, ratio {row['ratio']}  {row['settings']}")
    if not quiet:
        console.print(table(report.read(file), ("name", "ours", "baseline", "ratio", "unit", "n")))
        console.print(f"report  {file}")
    return 0
