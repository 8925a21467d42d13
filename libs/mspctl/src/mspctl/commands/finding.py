"""`mspctl finding`: what checks have to say."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.choose import choose, id_range, only
from mspctl.knowledge import store
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.store import open_database
from mspctl.target import find
from mspctl.tenants.store import clients

app = typer.Typer(name="finding", help="What checks have to say.", no_args_is_help=True)

LOOK = "mspctl finding list"
STATES = ("open", "acknowledged", "suppressed", "resolved", "regressed")


@app.command("list")
def list_(
    *,
    client: Annotated[str | None, typer.Option(help="A client's id, company id or name.")] = None,
    check: Annotated[str | None, typer.Option(help="Only this check's.")] = None,
    severity: Annotated[str | None, typer.Option(help="critical, high, medium, low or info.")] = None,
    state: Annotated[str | None, typer.Option(help=f"{', '.join(STATES)}; open and regressed when not given.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, gravest first.")] = 200,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists findings, the gravest first."""
    if state is not None and state not in STATES:
        message = f"there is no state {state!r}: take {', '.join(STATES)}."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = (
            choose("client", client, clients(connection), "company_id", "name", look="mspctl account clients")["id"]
            if client
            else None
        )
        rows = store.findings(
            connection,
            states=(state,) if state else ("open", "regressed"),
            check=check,
            severity=severity,
            client_id=chosen,
            limit=limit,
        )
    columns = ("severity", "check", "client", "title", "state", "opened_at", "id")
    show_rows(rows, columns, as_json=as_json, none="No such finding.")


@app.command()
def show(
    finding: Annotated[str, typer.Argument(help="The finding's id or its beginning.")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows a finding with its evidence and history."""
    first, last = id_range("finding", finding, look=LOOK)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        found = store.findings_between(connection, first, last)
        row = dict(only("finding", finding, found, "check", "title", look=LOOK))
        events = store.finding_events(connection, row["id"])
    if as_json:
        emit_json({**row, "events": events})
        return
    console.print(facts(row))
    console.print()
    console.print(table(events, ("at", "state", "severity", "author", "evidence"), "History"))
