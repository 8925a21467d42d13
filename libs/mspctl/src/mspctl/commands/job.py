"""`mspctl job`: what is fetched when."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.choose import choose
from mspctl.duration import duration
from mspctl.failure import Failure
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.schedule import store
from mspctl.schedule.waiting import run_now
from mspctl.store import Connection, Row, open_database
from mspctl.target import find

app = typer.Typer(name="job", help="What is fetched when.", no_args_is_help=True)

LOOK = "mspctl job list"
Job = Annotated[str, typer.Argument(help="The job's id or its beginning.")]


@app.command("list")
def list_(
    *,
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's.")] = None,
    resource: Annotated[str | None, typer.Option(help="Only this resource's.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists jobs with their schedule and last run."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.jobs(connection)
    rows = [row for row in rows if vendor in {None, row["vendor"]} and resource in {None, row["resource"]}]
    columns = (
        "vendor",
        "account",
        "resource",
        "schedule",
        "enabled",
        "paused",
        "next_fire_at",
        "last_state",
        "failing_since",
        "id",
    )
    show_rows(rows, columns, as_json=as_json, none="No such job: the scheduler makes them once a connection is there.")


@app.command()
def show(job: Job, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Shows a job: its schedule, its last run, and if the vendor fails since when, why, and when it is asked next."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _chosen(connection, job)
    if as_json:
        emit_json(row)
    else:
        console.print(facts(row))


@app.command()
def run(
    job: Job,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Until the run has ended.")] = False,
    seconds: Annotated[float, typer.Option("--timeout", help="How long to wait.")] = 300.0,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Has the scheduler run a job next, before everything scheduled."""
    with open_database(find(directory), msp) as database:
        with database.transaction() as connection:
            row = _chosen(connection, job)
            if not wait:
                store.fire(connection, [row["id"]])
        runs = run_now(database, [row["id"]], seconds) if wait else []
    if as_json:
        emit_json({"job": row["id"], "run": runs[0] if runs else None})
    elif runs:
        console.print(table(runs, ("id", "state", "pages", "records", "changed", "deleted", "error_class", "error")))
    else:
        console.print(f"{row['vendor']} {row['resource']} of {row['account']} runs next. See: mspctl run list")
    if any(ended["state"] == "failed" for ended in runs):
        message = (
            f"the run failed: {runs[0]['error'] or runs[0]['error_class']} ({runs[0]['advice'] or 'mspctl run show'})"
        )
        raise Failure(message)


@app.command("set")
def set_(
    *,
    every: Annotated[str | None, typer.Option(help="How often it runs: 15m, 4h, 1d.")] = None,
    full: Annotated[
        str | None,
        typer.Option(
            help="How old its last full listing may grow; the runs between read what changed, where they can."
        ),
    ] = None,
    job: Annotated[str | None, typer.Option(help="One job: its id or its beginning.")] = None,
    vendor: Annotated[str | None, typer.Option(help="All jobs of this vendor.")] = None,
    resource: Annotated[str | None, typer.Option(help="All jobs of this resource.")] = None,
    connection: Annotated[str | None, typer.Option(help="All jobs of this connection, by its name.")] = None,
    account: Annotated[str | None, typer.Option(help="All jobs of this account, by its name.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Sets how often jobs run, and how often in full; of all jobs that fit every choice given."""
    if every is None and full is None:
        message = "say what to set: --every, --full, or both"
        raise UsageError(message)
    if not any((job, vendor, resource, connection, account)):
        message = "say which jobs: --job, --vendor, --resource, --connection or --account"
        raise UsageError(message)
    wanted = {"vendor": vendor, "resource": resource, "connection": connection, "account": account}
    with open_database(find(directory), msp) as database, database.transaction() as found:
        rows = [_chosen(found, job)] if job else list(store.jobs(found))
        rows = [row for row in rows if all(value in {None, row[name]} for name, value in wanted.items())]
        seconds = None if every is None else duration(every)
        store.set_intervals(found, [row["id"] for row in rows], seconds, None if full is None else duration(full))
    if as_json:
        emit_json({"jobs": [row["id"] for row in rows]})
    else:
        console.print(f"{len(rows)} jobs set." if rows else f"No such job. See: {LOOK}")


@app.command()
def pause(job: Job, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Stops a job from running until it is resumed."""
    _set_paused(job, msp, directory, as_json=as_json, paused=True)


@app.command()
def resume(job: Job, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lets a paused job run again."""
    _set_paused(job, msp, directory, as_json=as_json, paused=False)


def _set_paused(job: str, msp: Msp, directory: Dir, *, as_json: bool, paused: bool) -> None:
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _chosen(connection, job)
        changed = store.pause(connection, [row["id"]], paused=paused)
    if as_json:
        emit_json({"id": row["id"], "paused": paused, "changed": bool(changed)})
    else:
        state = "paused" if paused else "not paused"
        console.print(f"{row['vendor']} {row['resource']} of {row['account']} is {state}.")


def _chosen(connection: Connection, job: str) -> Row:
    return dict(choose("job", job, store.jobs(connection), look=LOOK))
