"""`mspctl status`: how far everything is, live."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from mspbyte_common.jetstream.topology import STAGES
from mspctl.metrics import done_by_stage, scrape
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import ago, console, emit_json, table
from mspctl.schedule import store
from mspctl.store import Database, open_database
from mspctl.target import find


def status(
    *,
    once: Annotated[bool, typer.Option("--once", help="Show it and end.")] = False,
    every: Annotated[float, typer.Option("--every", min=0.2, help="Seconds between two looks.")] = 1.0,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows work per stage, freshness per vendor and resource, runs, failing vendors and dead letters until Ctrl-C."""
    with open_database(find(directory), msp) as database:
        if as_json:
            emit_json(look(database))
        elif once or not console.is_terminal:
            console.print(draw(look(database)))
        else:
            with Live(draw(look(database)), console=console, screen=False) as live:
                while True:
                    time.sleep(every)
                    live.update(draw(look(database)))


def look(database: Database) -> dict[str, Any]:
    """The state of everything, as one document."""
    texts = scrape(database.target.services)
    done = done_by_stage(texts)
    with database.transaction() as connection:
        waiting = {row["stage"]: row for row in store.waiting(connection)}
        return {
            "stages": [
                {
                    "stage": stage,
                    "done": done.get(stage, 0) if texts else None,
                    "waiting": waiting.get(stage, {}).get("waiting", 0),
                    "entities": waiting.get(stage, {}).get("entities", 0),
                    "oldest_seconds": waiting.get(stage, {}).get("oldest_seconds"),
                }
                for stage in STAGES
            ],
            "lag_seconds": max((row["oldest_seconds"] or 0.0 for row in waiting.values()), default=0.0),
            "held_back": store.held_back(connection),
            "freshness": store.freshness(connection),
            "runs": store.runs_by_state(connection),
            "breakers": store.open_breakers(connection),
            "dead_letters": store.open_dead_letters(connection),
            "services": {name: name in texts for name in database.target.services},
        }


def draw(state: dict[str, Any]) -> RenderableType:
    """The same for a person."""
    stages = [{**row, "oldest": ago(row["oldest_seconds"])} for row in state["stages"]]
    fresh = [
        {**row, "oldest": ago(row["oldest_seconds"]), "newest": ago(row["newest_seconds"])}
        for row in state["freshness"]
    ]
    silent = [name for name, answers in state["services"].items() if not answers]
    dead = state["dead_letters"]
    return Group(
        table(stages, ("stage", "done", "waiting", "entities", "oldest"), "Stages"),
        Text(f"Lag: {ago(state['lag_seconds'])}"),
        Text(),
        *_held_back(state["held_back"]),
        table(
            fresh,
            ("vendor", "resource", "accounts", "complete", "unavailable", "records", "oldest", "newest"),
            "Freshness",
        ),
        Text(),
        table(state["runs"], ("vendor", "state", "runs"), "Runs"),
        Text(),
        *_troubled(state["breakers"]),
        Text(f"Dead letters: {dead}" + (" (mspctl dead list)" if dead else ""), style="red" if dead else ""),
        *_answers(state["services"], silent),
    )


def _answers(services: dict[str, bool], silent: list[str]) -> list[RenderableType]:
    """Who answers; nothing where services are not ours to reach."""
    if silent:
        return [Text(f"No answer from {', '.join(silent)}", style="red")]
    return [Text("All services answer.")] if services else []


def _held_back(rows: list[dict[str, Any]]) -> list[RenderableType]:
    """Accounts read faster than they are worked up, when there are such."""
    drawn = [{**row, "oldest": ago(row["oldest_seconds"])} for row in rows]
    columns = ("stage", "account", "waiting", "oldest")
    return [table(drawn, columns, "Held back: the stages before these wait"), Text()] if rows else []


def _troubled(breakers: list[dict[str, Any]]) -> list[RenderableType]:
    """What is not read on its schedule, when there is such a thing."""
    columns = ("vendor", "resource", "jobs", "error_class", "failing_since", "next_probe_at")
    return [table(breakers, columns, "Not on schedule: the vendor fails"), Text()] if breakers else []
