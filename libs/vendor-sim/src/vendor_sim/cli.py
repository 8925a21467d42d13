"""`vendor-sim`: start the simulators."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from vendor_sim.addresses import HOST, ports_from, write_both
from vendor_sim.enforced import Enforced, Rules
from vendor_sim.estate import generate
from vendor_sim.forward import forward as forward_to
from vendor_sim.limits import UNLIMITED, Distant
from vendor_sim.serve import serve as serve_estate

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def main() -> None:
    """Three vendors, simulated over one generated MSP."""


@app.command()
def serve(
    seed: Annotated[int, typer.Option(help="Equal seeds give equal estates.")] = 1,
    clients: Annotated[int, typer.Option(min=1, help="How many clients the MSP has.")] = 12,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The estate's date; today (UTC).")
    ] = None,
    addresses: Annotated[Path | None, typer.Option(help="Written once all listen; its ports are used again.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Where to write the ground truth.")] = None,
    limits: Annotated[bool, typer.Option("--limits", help="Refuse what exceeds the vendors' limits.")] = False,  # noqa: FBT002
    limits_scale: Annotated[float, typer.Option(min=0.0, help="What the limits allow is multiplied by this.")] = 1.0,
    autotask_window: Annotated[float, typer.Option(min=0.1, help="Seconds of Autotask's threshold, an hour.")] = 3600.0,
    latency: Annotated[float, typer.Option(min=0.0, help="Seconds until a request is answered.")] = 0.0,
    host: Annotated[
        str, typer.Option(help="Where to listen. Addresses in answers are of loopback all the same.")
    ] = HOST,
    first_port: Annotated[int | None, typer.Option(help="Ports in a row from here on, in place of free ones.")] = None,
) -> None:
    """Serve Microsoft 365, Autotask and Sophos Central until a signal comes."""
    day: date = as_of.date() if as_of else datetime.now(UTC).date()
    estate = generate(seed, clients, day)
    enforced = Enforced(estate, Rules(scale=limits_scale, autotask_window=autotask_window)) if limits else UNLIMITED
    answering = Distant(enforced, latency) if latency else enforced
    asyncio.run(serve_estate(estate, addresses, truth, answering, host=host, first_port=first_port))


@app.command()
def describe(
    addresses: Annotated[Path, typer.Option(help="Where to write addresses and credentials.")],
    truth: Annotated[Path, typer.Option(help="Where to write the ground truth.")],
    first_port: Annotated[int, typer.Option(help="As given to serve.")],
    seed: Annotated[int, typer.Option(help="As given to serve.")] = 1,
    clients: Annotated[int, typer.Option(min=1, help="As given to serve.")] = 12,
) -> None:
    """Write what serve would write, and serve nothing: for an operator on another machine."""
    estate = generate(seed, clients, datetime.now(UTC).date())
    write_both(estate, ports_from(first_port), addresses, truth)


@app.command()
def forward(
    host: Annotated[str, typer.Argument(help="Where serve listens.")],
    first_port: Annotated[int, typer.Option(help="As given to serve.")],
) -> None:
    """Bring simulators of another machine to this one's loopback until a signal comes."""
    asyncio.run(forward_to(host, first_port))
