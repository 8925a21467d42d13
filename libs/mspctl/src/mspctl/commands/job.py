"""`mspctl job`: what is fetched when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.schedule import CATCH_UPS, OVERLAPS, Schedule
from mspctl.choose import choose
from mspctl.duration import duration
from mspctl.failure import Failure
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.schedule import store
from mspctl.schedule.explain import why
from mspctl.schedule.store import Change
from mspctl.schedule.waiting import run_now
from mspctl.store import Connection, Row, open_database
from mspctl.target import find

app = typer.Typer(name="job", help="What is fetched when.", no_args_is_help=True)

LOOK = "mspctl job list"
BACKFILL_MOST = 100
"""Instants one wish makes up for."""
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
    cron: Annotated[str | None, typer.Option(help="When it runs, in five fields: '30 2 * * 1-5'.")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Whose clock --cron goes by: Europe/Berlin. UTC when not given.")
    ] = None,
    full: Annotated[
        str | None,
        typer.Option(
            help="How old its last full listing may grow; the runs between read what changed, where they can."
        ),
    ] = None,
    overlap: Annotated[
        str | None, typer.Option(help="An instant that meets an open run: skip it, or queue one behind it.")
    ] = None,
    catch_up: Annotated[
        str | None, typer.Option(help="Of instants nobody was there for run none, the latest, or all (24 at most).")
    ] = None,
    priority: Annotated[
        int | None, typer.Option(min=0, max=100, help="The lower the sooner, within an account.")
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
    """Sets when jobs run, how often in full, and what becomes of instants that cannot; of all that fit every choice given."""
    if all(one is None for one in (every, cron, full, overlap, catch_up, priority)):
        message = "say what to set: --every or --cron, --full, --overlap, --catch-up, --priority"
        raise UsageError(message)
    if not any((job, vendor, resource, connection, account)):
        message = "say which jobs: --job, --vendor, --resource, --connection or --account"
        raise UsageError(message)
    change = Change(
        full=None if full is None else duration(full),
        overlap=_one_of("overlap", overlap, OVERLAPS),
        catch_up=_one_of("catch-up", catch_up, CATCH_UPS),
        priority=priority,
    )
    schedule = _schedule(every, cron, zone)
    if schedule is not None:
        following = next(schedule.after(datetime.now(UTC)))
        change = replace(change, schedule=schedule.text, time_zone=schedule.zone, next_fire_at=following)
    wanted = {"vendor": vendor, "resource": resource, "connection": connection, "account": account}
    with open_database(find(directory), msp) as database, database.transaction() as found:
        rows = [_chosen(found, job)] if job else list(store.jobs(found))
        rows = [row for row in rows if all(value in {None, row[name]} for name, value in wanted.items())]
        store.set_schedule(found, [row["id"] for row in rows], change)
    if as_json:
        emit_json({"jobs": [row["id"] for row in rows]})
    else:
        console.print(f"{len(rows)} jobs set." if rows else f"No such job. See: {LOOK}")


@app.command()
def pause(
    job: Job,
    *,
    reason: Annotated[str | None, typer.Option(help="Why: it is kept with each instant that is skipped.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Stops a job from running until it is resumed. Its instants are on record as skipped."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _chosen(connection, job)
        changed = store.pause(connection, [row["id"]], reason)
    _said(row, "paused", changed=changed, paused=True, as_json=as_json)


@app.command()
def resume(job: Job, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lets a paused job run again: at once, if its interval was passed by meanwhile."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _chosen(connection, job)
        changed = store.resume(connection, [row["id"]])
    _said(row, "not paused", changed=changed, paused=False, as_json=as_json)


@app.command()
def backfill(
    job: Job,
    *,
    since: Annotated[datetime, typer.Option(help="The first instant to make up for, in UTC.")],
    until: Annotated[datetime | None, typer.Option(help="The last, in UTC; now when not given.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Runs a job for the instants that were skipped or missed, the earliest first, one at a time.

    A list tells what is now: each run reads the same. It is for lists that tell what happened, and for the record.
    """
    first, last = since.replace(tzinfo=UTC), (until or datetime.now(UTC)).replace(tzinfo=UTC)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _chosen(connection, job)
        instants = store.unrun(connection, row["id"], first, last)
        if instants > BACKFILL_MOST:
            message = f"that is {instants} instants: take {BACKFILL_MOST} at most, with --since and --until"
            raise UsageError(message)
        if instants:
            store.backfill(connection, row["id"], first, last)
    if as_json:
        emit_json({"id": row["id"], "instants": instants})
    elif instants:
        console.print(f"{instants} instants are made up for, one after the other. See: mspctl run list")
    else:
        console.print("Every instant of that time ran.")


@app.command()
def explain(job: Job, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Says why a job runs, waits or rests, and what to do about it."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _chosen(connection, job)
        found = store.standing(connection, row["id"])
    verdict, reasons = why(found)
    if as_json:
        emit_json({"id": row["id"], "is": verdict, "because": reasons, "facts": found})
        return
    console.print(f"{row['vendor']} {row['resource']} of {row['account']} {verdict}")
    for reason in reasons:
        console.print(f"  {reason}", soft_wrap=True)


def _schedule(every: str | None, cron: str | None, zone: str | None) -> Schedule | None:
    if every is not None and cron is not None:
        message = "a job has --every or --cron, not both"
        raise UsageError(message)
    if zone is not None and cron is None:
        message = "--zone goes with --cron: an interval knows no clock"
        raise UsageError(message)
    if cron is not None:
        return Schedule(cron, zone or "UTC")
    return None if every is None else Schedule(f"every {duration(every)}s")


def _one_of(option: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    if value is not None and value not in allowed:
        message = f"--{option} is one of {', '.join(allowed)}"
        raise UsageError(message)
    return value


def _said(row: Row, state: str, *, changed: int, paused: bool, as_json: bool) -> None:
    if as_json:
        emit_json({"id": row["id"], "paused": paused, "changed": bool(changed)})
    else:
        console.print(f"{row['vendor']} {row['resource']} of {row['account']} is {state}.")


def _chosen(connection: Connection, job: str) -> Row:
    return dict(choose("job", job, store.jobs(connection), look=LOOK))
