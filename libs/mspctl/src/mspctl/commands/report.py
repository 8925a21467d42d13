"""`mspctl report`: what is told to clients, and about them, as HTML, JSON and CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.schedule import Schedule
from mspctl.author import who
from mspctl.checks.scope import scope_of
from mspctl.choose import id_range, only
from mspctl.failure import Failure
from mspctl.options import UP, Dir, Json, Msp, moment
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.reports import store
from mspctl.reports.ordered import FLEET, Order, file_name, make_report
from mspctl.reports.ordered import write as write_files
from mspctl.store import Connection, Row, open_database
from mspctl.target import find
from mspctl.tenants.store import clients

app = typer.Typer(name="report", help="Reports on a client, or on all of them.", no_args_is_help=True)
schedule = typer.Typer(name="schedule", help="Reports that are made again and again.", no_args_is_help=True)
app.add_typer(schedule)

LOOK = "mspctl report list"
KEPT_DAYS = 400
Name = Annotated[str, typer.Argument(help="Which report: mspctl report kinds.")]
ReportId = Annotated[str, typer.Argument(metavar="ID", help="The report's id or its beginning.")]
OnClient = Annotated[
    str | None, typer.Option("--client", help="A client's id, company id or name; all when not given.")
]
Out = Annotated[Path, typer.Option("--out", help="The directory to write to.")]


@app.command()
def kinds(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists which reports there are."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.declared(connection)
    show_rows(rows, ("name", "title", "lead"), as_json=as_json, none="None: svc-workers has not started yet.")


@app.command()
def make(
    name: Name,
    *,
    client: OnClient = None,
    at: Annotated[
        str | None, typer.Option(help="As things were at this time: 2026-11-23 or 2026-11-23T08:00Z.")
    ] = None,
    out: Out = Path("reports"),
    seconds: Annotated[float, typer.Option("--timeout", help="How long to wait.")] = 120.0,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Makes a report now and writes it: HTML with charts, JSON and CSV."""
    then = moment(at) if at else None
    with open_database(find(directory), msp) as database:
        with database.transaction() as connection:
            _named(connection, name)
            _, client_id = scope_of(connection, client, None, None)
            called = next((_called(row) for row in clients(connection) if row["id"] == client_id), FLEET)
        paths = make_report(database, Order(name, client_id, called, then), out, seconds)
    _show_paths(paths, as_json=as_json)


@app.command("list")
def list_(
    *,
    name: Annotated[str | None, typer.Option("--name", help="Only this report.")] = None,
    client: Annotated[str | None, typer.Option("--client", help="Only those on this client.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the latest first.")] = 50,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists the reports that were asked for, by a person or by a schedule."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        _, client_id = scope_of(connection, client, None, None)
        rows = [_listed(row) for row in store.reports(connection, name=name, client_id=client_id, limit=limit)]
    columns = ("id", "name", "client", "state", "as_of", "kept_until")
    show_rows(rows, columns, as_json=as_json, none="None: mspctl report make executive.")


@app.command()
def show(report_id: ReportId, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Shows what became of a report, and its figures; with --json all of it."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _listed(_found(connection, report_id))
        document = (store.report(connection, row["id"]) or {}).get("json")
    if as_json:
        emit_json({**row, "document": document})
        return
    console.print(facts(row))
    if document:
        console.print()
        columns = ("figure", "value", "known_until")
        rows = [
            {"figure": one["label"], "value": _value(one["value"]), "known_until": one["as_of"]}
            for one in document["figures"]
        ]
        console.print(table(rows, columns, "Figures"))


@app.command()
def write(
    report_id: ReportId, *, out: Out = Path("reports"), msp: Msp = None, directory: Dir = UP, as_json: Json = False
) -> None:
    """Writes the three forms of a report that was made."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _listed(_found(connection, report_id))
        made = store.report(connection, row["id"])
    if made is None or made["state"] != "ready":
        message = f"the report is {row['state']}{': ' + row['error'] if row['error'] else ''}"
        raise Failure(message)
    name = file_name(row["client"], row["name"], f"{made['as_of']:%Y-%m-%d}")
    _show_paths(write_files(made, name, out), as_json=as_json)


@schedule.command("add")
def add(
    name: Name,
    when: Annotated[
        str, typer.Argument(help="Cron fields in UTC, as '0 6 1 * *' for the first of each month at 6:00.")
    ],
    *,
    client: Annotated[str | None, typer.Option("--client", help="On this client.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="On each client of this group.")] = None,
    every_client: Annotated[bool, typer.Option("--every-client", help="On each client.")] = False,
    keep: Annotated[int, typer.Option("--keep-days", min=1, help="How long each is kept.")] = KEPT_DAYS,
    author: Annotated[str | None, typer.Option("--author", help="Who asks; you when not given.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Has a report made again and again; on all clients together unless said otherwise."""
    planned = Schedule(when)
    if every_client and (client or group):
        message = "give one of --client, --group and --every-client, or none of them for all clients together."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        _named(connection, name)
        scope, target = scope_of(connection, client, group, None)
        row: Row = {
            "id": uuid4(),
            "msp_id": database.msp,
            "name": name,
            "scope": ("every_client" if every_client else "fleet") if scope == "global" else scope,
            "target_id": target,
            "schedule": planned.text,
            "next_fire_at": next(planned.after(datetime.now(UTC))),
            "keep_days": keep,
            "author": who(author),
        }
        store.add_schedule(connection, row)
    if as_json:
        emit_json(row)
    else:
        console.print(f"{name} is made on {row['next_fire_at']:%Y-%m-%d at %H:%M} UTC, and so on.")


@schedule.command("list")
def list_schedules(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists the reports that are made again and again, and when next."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.schedules(connection)
    columns = ("id", "name", "scope", "target", "schedule", "next_fire_at", "keep_days", "author")
    show_rows(
        rows, columns, as_json=as_json, none="None: mspctl report schedule add executive '0 6 1 * *' --every-client."
    )


@schedule.command("remove")
def remove(
    schedule_id: Annotated[str, typer.Argument(metavar="ID", help="The schedule's id or its beginning.")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Ends a schedule; the reports it made stay as long as they are kept."""
    look = "mspctl report schedule list"
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        first, last = id_range("schedule", schedule_id, look=look)
        rows = store.schedules_between(connection, first, last)
        row = only("schedule", schedule_id, rows, "name", "scope", "schedule", look=look)
        store.remove_schedule(connection, row["id"])
    if as_json:
        emit_json({"id": row["id"], "removed": True})
    else:
        console.print(f"{row['name']} is no longer made by itself.")


def _named(connection: Connection, name: str) -> None:
    """UsageError for a report that the running release does not have."""
    names = [row["name"] for row in store.declared(connection)]
    if name not in names:
        told = f"it has {', '.join(names)}" if names else "svc-workers has not started yet"
        message = f"there is no report {name!r}: {told}."
        raise UsageError(message)


def _found(connection: Connection, report_id: str) -> Row:
    first, last = id_range("report", report_id, look=LOOK)
    rows = store.between(connection, first, last)
    return dict(only("report", report_id, rows, "name", "client", "state", look=LOOK))


def _listed(row: Row) -> Row:
    return {**row, "client": row["client"] or FLEET}


def _called(row: Row) -> str:
    return row["name"] or f"company {row['company_id']}"


def _value(value: object) -> object:
    """A figure as the document has it: a share as its two numbers, money as its amounts with their currencies."""
    match value:
        case None:
            return "no data"
        case {"part": part, "whole": whole}:
            return f"{part} of {whole}"
        case list():
            return " + ".join(" ".join(filter(None, (one["amount"], one["currency"]))) for one in value) or "0.00"
        case _:
            return value


def _show_paths(paths: list[Path], *, as_json: bool) -> None:
    if as_json:
        emit_json({"paths": [str(path) for path in paths]})
    else:
        for path in paths:
            console.print(str(path))
