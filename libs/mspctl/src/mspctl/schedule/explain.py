"""Why a job runs, waits or rests: from the facts that decide it, in the order in which they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mspbyte_common.ledger.store import PRESSED

Facts = Mapping[str, Any]


def why(facts: Facts) -> tuple[str, list[str]]:
    """(runs, waits or rests; each reason as a sentence that says what to do, the deciding one first)."""
    rests = list(_rests(facts))
    if facts["run_state"] == "running":
        return "runs", [_running(facts), *_behind(facts), *rests]
    if facts["run_state"] == "queued":
        return "waits", [*_queued(facts), *_behind(facts), *rests]
    if rests:
        return "rests", [*rests, *_behind(facts), *_last(facts)]
    return "waits", [*_next(facts), *_behind(facts), *_last(facts)]


def _rests(facts: Facts) -> Iterator[str]:
    if facts["account_state"] == "excluded":
        yield f"{facts['account']} is excluded. To read it again: mspctl account map."
    if facts["unreachable_reason"]:
        yield f"{facts['account']} cannot be reached: {facts['unreachable_reason']}."
    elif not facts["enabled"] and facts["account_state"] != "excluded":
        yield "No adapter that runs reads this list."
    if facts["paused"]:
        told = f": {facts['paused_reason']}" if facts["paused_reason"] else ""
        yield f"It is paused{_since(facts['paused_at'])}{told}. To go on: mspctl job resume."
    if facts["parked_class"]:
        yield f"The account is stopped ({facts['parked_class']}): {facts['parked_reason']} Then: mspctl account resume."
    elif facts["root_reason"]:
        yield f"The connection is stopped (credential_invalid): {facts['root_reason']} Then: mspctl account resume."
    if facts["breaker_class"]:
        yield (
            f"The vendor failed it {facts['failures']} times in a row{_since(facts['failing_since'])} "
            f"({facts['breaker_class']}); it is asked again at {_at(facts['next_probe_at'])}. Now: mspctl job run."
        )


def _running(facts: Facts) -> str:
    lease = facts["lease_until"]
    if lease is not None and lease < facts["now"]:
        return f"{facts['lease_owner']} has said nothing, its lease ended at {_at(lease)}: the run is about to go to another."
    return f"{facts['lease_owner']} fetches it: {facts['pages']} pages, {facts['records']} records so far."


def _queued(facts: Facts) -> Iterator[str]:
    if facts["not_before"] is not None and facts["not_before"] > facts["now"]:
        error = f" after {facts['run_error_class']}: {facts['run_error']}" if facts["run_error_class"] else ""
        yield f"Its run is tried again at {_at(facts['not_before'])}{error}."
    elif facts["announced_at"] is not None:
        yield f"Its run was announced at {_at(facts['announced_at'])}: the next free adapter of {facts['vendor']} takes it."
    elif facts["pages_waiting"] >= PRESSED:
        yield (
            f"{facts['pages_waiting']} pieces of work of {facts['account']} wait for svc-processors: "
            "nothing further is fetched until they are fewer (mspctl status)."
        )
    else:
        yield (
            f"Its run waits for its turn: {facts['account_in_hand']} runs of {facts['account']} and "
            f"{facts['msp_in_hand']} of the msp at {facts['vendor']} are in hand (MSPBYTE_RUNS_PER_… of svc-scheduler)."
        )
    if facts["budget_until"] is not None:
        yield f"{facts['vendor']} has asked for a pause until {_at(facts['budget_until'])} (mspctl budget list)."


def _behind(facts: Facts) -> Iterator[str]:
    if facts["waiting"]:
        yield f"{facts['waiting']} more instants wait for the runs before them to end."
    if facts["manual_at"] is not None:
        yield "A person has asked for a run: it comes as soon as nothing stops it and no other is open."
    if facts["backfill_from"] is not None:
        yield f"Instants since {_at(facts['backfill_from'])} are about to be made up for."


def _next(facts: Facts) -> Iterator[str]:
    if facts["next_fire_at"] <= facts["now"]:
        yield f"It has been due since {_at(facts['next_fire_at'])}: svc-scheduler has not come to it, or does not run."
    else:
        yield f"It fires next at {_at(facts['next_fire_at'])} ({facts['schedule']}, {facts['time_zone']})."


def _last(facts: Facts) -> Iterator[str]:
    if facts["last_state"] is not None:
        told = f": {facts['last_error']}" if facts["last_error"] else ""
        advice = f" {facts['last_advice']}" if facts["last_advice"] else ""
        yield f"Its last instant, {_at(facts['last_fire_time'])}, {_became(facts['last_state'])}{told}.{advice}"


def _became(state: str) -> str:
    return {"skipped": "was skipped", "missed": "was missed", "succeeded": "ran"}.get(state, f"ended as {state}")


def _since(moment: datetime | None) -> str:
    return f" since {_at(moment)}" if moment is not None else ""


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
