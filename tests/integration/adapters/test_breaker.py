"""A job whose vendor fails again and again rests, and says so until the vendor answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.integration.adapters.conftest import Bench

from mspbyte_common.errors import CredentialSpreading
from mspbyte_common.vendors.breaker import OPENS_AT
from mspbyte_common.vendors.session import Session

USERS = {"path_contains": "/v1.0/users?", "times": -1}


async def _until_it_ends(bench: Bench, account, *, trigger: str = "schedule") -> dict[str, Any]:
    """A run of the users, tried as often as it may be."""
    queued = bench.queue("m365", account, "users")
    bench.database.execute("UPDATE run SET trigger = %s WHERE id = %s", trigger, queued)
    while (row := await bench.carry_out(queued))["state"] == "queued":
        bench.due(queued)
    return row


def _breaker(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.database.execute(
        "SELECT failures, open_since IS NOT NULL, error_class, "
        "extract(epoch FROM next_probe_at - clock_timestamp())::int FROM breaker"
    )


def _rechecks(bench: Bench, account) -> int:
    [(number,)] = bench.database.execute(
        "SELECT count(*) FROM work WHERE stage = 'evaluate' AND kind = 'recheck' AND entity_ids = %s", [account]
    )
    return number


@pytest.mark.parametrize(
    ("action", "error_class"),
    [
        ("status:500", "transient"),
        ("html", "vendor_outage"),
        ("drop", "unreachable"),
        ("status:418", "unclassified"),
        ("malformed", "schema_drift"),
        ("status:401", "token_expired"),
    ],
)
async def test_the_third_failed_run_in_a_row_stops_the_schedule_and_an_answer_starts_it_again(
    bench: Bench, action: str, error_class: str
) -> None:
    account = bench.account("m365", next(iter(bench.world.estate.m365)))
    await bench.fault("m365", action=action, **USERS)
    for failures in range(1, OPENS_AT):
        assert (await _until_it_ends(bench, account))["state"] == "failed"
        assert _breaker(bench) == [(failures, False, error_class, None)]
    assert _rechecks(bench, account) == 0
    await _until_it_ends(bench, account)
    [(failures, opened, _, seconds)] = _breaker(bench)
    assert (failures, opened) == (OPENS_AT, True)
    assert seconds in range(30, 61)
    assert _rechecks(bench, account) == 1, "the checks look at the account once"
    await _until_it_ends(bench, account, trigger="probe")
    [(failures, opened, _, seconds)] = _breaker(bench)
    assert (failures, opened) == (OPENS_AT + 1, True)
    assert seconds in range(90, 121), "the pause has doubled"
    await bench.world.http.delete(f"{bench.world.at.m365}/_sim/faults")
    assert (await _until_it_ends(bench, account, trigger="probe"))["state"] == "succeeded"
    assert _breaker(bench) == []
    assert _rechecks(bench, account) == 2


async def test_a_probe_asks_once_where_a_run_asks_six_times(bench: Bench) -> None:
    account = bench.account("m365", next(iter(bench.world.estate.m365)))
    await bench.fault("m365", action="status:500", **USERS)
    asked = []
    for trigger in ("schedule", "probe"):
        await bench.world.http.delete(f"{bench.world.at.m365}/_sim/counters")
        assert (await _until_it_ends(bench, account, trigger=trigger))["state"] == "failed"
        counters = (await bench.world.http.get(f"{bench.world.at.m365}/_sim/counters")).json()
        asked.append(counters["requests"]["GET /v1.0/users"])
    assert asked == [6, 1]


@pytest.mark.parametrize(("status", "state"), [(404, "failed"), (403, "unavailable")])
async def test_what_is_not_the_vendors_failing_does_not_count(bench: Bench, status: int, state: str) -> None:
    account = bench.roots["autotask"]
    await bench.read("autotask", account, "Companies")
    await bench.fault("autotask", path_contains="Contacts", action=f"status:{status}", times=-1)
    queued = bench.queue("autotask", account, "Contacts")
    while (row := await bench.carry_out(queued))["state"] == "queued":
        bench.due(queued)
    assert row["state"] == state
    assert _breaker(bench) == []


async def test_a_credential_that_may_still_be_spreading_is_tried_four_times_before_the_connection_stops(
    bench: Bench,
) -> None:
    async def unknown_yet(*_: object) -> Session:
        raise CredentialSpreading("AADSTS700027")

    bench.vendors["m365"] = replace(bench.vendors["m365"], connect=unknown_yet)
    account = bench.account("m365", next(iter(bench.world.estate.m365)))
    queued, states = bench.queue("m365", account, "users"), []
    while (row := await bench.carry_out(queued))["state"] == "queued":
        states.append(row["state"])
        bench.due(queued)
    assert (len(states), row["state"], row["error_class"]) == (3, "parked", "credential_invalid")
    assert bench.database.execute("SELECT id FROM account WHERE parked_at IS NOT NULL") == [(bench.roots["m365"],)]


async def test_a_page_of_progress_makes_a_run_worth_six_more_tries(bench: Bench) -> None:
    await bench.read("autotask", bench.roots["autotask"], "Companies")
    queued = bench.queue("autotask", bench.roots["autotask"], "Contacts")
    bench.database.execute("UPDATE run SET attempts = 5 WHERE id = %s", queued)
    await bench.fault("autotask", path_contains="Contacts", action="status:503", after=1)
    row = await bench.carry_out(queued)
    assert (row["state"], row["pages"], row["attempts"]) == ("queued", 1, 1)
