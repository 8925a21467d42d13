"""`mspctl report`: a client's report as HTML, JSON and CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mspctl.choose import choose
from mspctl.knowledge.reporting import make_report
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json
from mspctl.store import open_database
from mspctl.target import find
from mspctl.tenants.store import clients


def report(
    client: Annotated[str, typer.Argument(help="The client's id, company id or name.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="The directory to write to.")] = Path("reports"),
    seconds: Annotated[float, typer.Option("--timeout", help="How long to wait.")] = 120.0,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Writes a client's report: HTML with charts, JSON and CSV."""
    with open_database(find(directory), msp) as database:
        with database.transaction() as connection:
            rows = clients(connection)
        row = choose("client", client, rows, "company_id", "name", look="mspctl account clients")
        name = row["name"] or f"company {row['company_id']}"
        paths = make_report(database, row["id"], name, out, seconds)
    if as_json:
        emit_json({"client_id": row["id"], "client": row["name"], "paths": [str(path) for path in paths]})
    else:
        for path in paths:
            console.print(str(path))
