"""`mspctl bench`: what the system achieves on this machine, against a baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mspbyte_common.declarations import discover, index
from mspbyte_common.errors import UsageError
from mspctl.bench import figures, gate, report
from mspctl.bench.disk import fdatasync_per_second
from mspctl.bench.figure import Figure, Ground, Measured
from mspctl.bench.size import FULL, QUICK
from mspctl.embedded.logs import log_to
from mspctl.embedded.signals import run_until_signal
from mspctl.options import Json
from mspctl.output import console, emit_json, table

COLUMNS = ("name", "ours", "baseline", "ratio", "unit", "n")
Chosen = list[tuple[Figure, tuple[str, ...]]]


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[FIGURE[.VARIANT]]...", help="Which figures; all when not given.")
    ] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes: three minutes on an idle machine.")] = False,
    users: Annotated[int | None, typer.Option(min=1_000, help="How many users the large directory has.")] = None,
    clients: Annotated[int | None, typer.Option(min=1, help="How many clients the mixed estate has.")] = None,
    directory: Annotated[Path, typer.Option("--dir", help="Where report.json is kept.")] = Path("var/bench"),
    against: Annotated[
        Path | None, typer.Option(help="Ratios to hold: exit code 1 where one is worse by more than a third.")
    ] = None,
    write_reference: Annotated[Path | None, typer.Option(help="Where to keep the ratios as reference.")] = None,
    as_json: Json = False,
) -> None:
    """Measures figures and writes them to report.json, each beside the baseline it is compared with."""
    chosen = _chosen(names or [])
    shipped = QUICK if quick else FULL
    size = replace(shipped, users=users or shipped.users, clients=clients or shipped.clients)
    log_to(directory / "supervisor.log")
    known = None if against is None else gate.reference(against)
    measured: list[Measured] = []
    code = run_until_signal(_measure(chosen, Ground(directory, size), measured, quiet=as_json))
    if as_json:
        emit_json(report.read(directory / "report.json"))
    if write_reference is not None:
        gate.write(write_reference, measured)
    fallen = [] if known is None else gate.fallen(measured, known)
    for line in fallen:
        typer.echo(line, err=True)
    raise typer.Exit(code or bool(fallen))


def _chosen(names: list[str]) -> Chosen:
    known = index(discover(figures, Figure), key=lambda figure: figure.name)
    if not names:
        return [(figure, figure.variants) for figure in known.values()]
    chosen: Chosen = []
    for name in names:
        found = [(figure, figure.named(name)) for figure in known.values() if figure.named(name)]
        if not found:
            message = f"there is no figure {name!r}: {', '.join(known)}."
            raise UsageError(message)
        chosen += found
    return chosen


async def _measure(chosen: Chosen, ground: Ground, done: list[Measured], *, quiet: bool) -> int:
    """One figure after the other, each beside what the disk did when it had been measured; adds them to `done`."""
    file = ground.directory / "report.json"
    for figure, variants in chosen:
        async for measured in figure.measure(ground, variants):
            synced = {"fdatasync_per_s": round(fdatasync_per_second(ground.directory), 1)}
            done.append(measured)
            report.add(file, replace(measured, settings={**measured.settings, **synced}))
            if not quiet:
                row = measured.document()
                console.print(f"{row['name']}  {row['ours']} {row['unit']}, ratio {row['ratio']}, {synced}")
    if not quiet:
        console.print(table(report.read(file), COLUMNS))
        console.print(f"report  {file}")
    return 0
