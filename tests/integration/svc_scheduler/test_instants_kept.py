"""The ledger of instants: every one has a row, also while a job rests, waits, or is made up for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from svc_scheduler.jobs.store import ROW_INSTANTS

INSTANTS = "state, trigger, 1 + cardinality(further_fire_times), error"


async def _end_open_run(plan: Any, state: str = "succeeded") -> None:
    plan.database.execute(
        "UPDATE run SET state = %s, finished_at = now(), started_at = now() WHERE state IN ('queued', 'running')", state
    )


async def test_instants_that_a_paused_job_passes_are_skipped_and_share_a_row(plan) -> None:
    await plan.job(paused=True, paused_reason="moving house")
    for _ in range(3):
        plan.due("1 second")
        assert await plan.tick() == []
    assert plan.runs(INSTANTS) == [("skipped", "schedule", 3, "the job is paused: moving house")]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("parked_at = now(), parked_class = 'consent_missing'", "the account is stopped: consent_missing"),
        ("unreachable_reason = 'no host'", "the account cannot be reached: no host"),
        ("state = 'excluded'", "the account is excluded"),
    ],
)
async def test_instants_of_an_account_that_is_not_read_say_why(plan, change: str, why: str) -> None:
    await plan.job()
    plan.database.execute(f"UPDATE account SET {change}")
    plan.due("2 hours 10 minutes")
    assert await plan.tick() == []
    assert plan.runs(INSTANTS) == [("skipped", "schedule", 3, why)]


async def test_one_row_holds_so_many_instants_and_the_next_takes_the_others(plan) -> None:
    await plan.job(paused=True, schedule="every 60s")
    plan.due("450 minutes 30 seconds")
    await plan.tick()
    assert [row[2] for row in plan.runs(INSTANTS)] == [ROW_INSTANTS, ROW_INSTANTS, 451 - 2 * ROW_INSTANTS]
    told = plan.database.execute("SELECT DISTINCT unnest(fire_time || further_fire_times) FROM run")
    assert len(told) == 451


async def test_an_instant_that_meets_an_open_run_waits_where_the_job_says_so(plan) -> None:
    await plan.job(overlap="queue")
    for _ in range(3):
        plan.due("1 second")
        await plan.tick()
    assert [state for (state,) in plan.runs("state")] == ["queued", "waiting", "skipped"]
    await _end_open_run(plan)
    assert len(await plan.tick()) == 1
    assert [state for (state,) in plan.runs("state")] == ["succeeded", "queued", "skipped"]
    await _end_open_run(plan)
    assert await plan.tick() == []


async def test_what_waits_goes_on_waiting_while_its_job_rests(plan) -> None:
    await plan.job(overlap="queue")
    for _ in range(2):
        plan.due("1 second")
        await plan.tick()
    await _end_open_run(plan)
    plan.set(paused=True)
    assert await plan.tick() == []
    plan.set(paused=False)
    assert len(await plan.tick()) == 1


async def test_catching_up_on_all_instants_runs_them_one_after_the_other_the_earliest_first(plan) -> None:
    await plan.job(catch_up="all")
    plan.due("3 hours 10 minutes")
    announced = []
    for _ in range(5):
        announced += await plan.tick()
        await _end_open_run(plan)
    assert [run for (run,) in plan.runs("id")] == [one[0] for one in announced]
    assert [state for (state,) in plan.runs("state")] == ["succeeded"] * 4


async def test_a_cron_job_fires_by_the_clock_of_its_zone(plan) -> None:
    await plan.job(schedule="30 2 * * *", time_zone="Asia/Kolkata")
    plan.due("1 second")
    await plan.tick()
    [(following,)] = plan.database.execute("SELECT next_fire_at FROM job")
    assert (following.astimezone(UTC).hour, following.minute) == (21, 0)


async def test_what_was_missed_is_made_up_for_and_leaves_the_row_of_those_that_were_not_asked_for(plan) -> None:
    await plan.job()
    plan.due("9 hours 30 minutes")
    await plan.tick()
    await _end_open_run(plan)
    [(instants,)] = plan.database.execute("SELECT fire_time || further_fire_times FROM run WHERE state = 'missed'")
    plan.set(backfill_from=instants[3], backfill_to=instants[5])
    announced = []
    for _ in range(5):
        announced += await plan.tick()
        await _end_open_run(plan)
    made_up = plan.database.execute("SELECT fire_time FROM run WHERE trigger = 'backfill' ORDER BY finished_at")
    assert [at for (at,) in made_up] == instants[3:6]
    [(left,)] = plan.database.execute("SELECT fire_time || further_fire_times FROM run WHERE state = 'missed'")
    assert left == instants[:3] + instants[6:]
    assert len(announced) == 3
    plan.set(backfill_from=instants[0], backfill_to=instants[-1] + timedelta(days=1))
    await plan.tick()
    assert plan.database.execute("SELECT count(*) FROM run WHERE state = 'missed'") == [(0,)]
    total = plan.database.execute(
        "SELECT count(*), count(DISTINCT fire_time), sum(cardinality(further_fire_times)) FROM run"
    )
    assert total == [(10, 10, 0)]


async def test_an_account_whose_pages_wait_to_be_worked_up_is_not_read_further(plan) -> None:
    await plan.job()
    plan.due("1 second")
    [(account,)] = plan.database.execute("SELECT account_id FROM job")
    plan.database.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT %s, %s, 'process', 'device', ARRAY[gen_random_uuid()], '00-0-0-01' FROM generate_series(1, 64)
        """,
        plan.msp,
        account,
    )
    assert await plan.tick() == []
    assert plan.runs("state") == [("queued",)]
    plan.database.execute("DELETE FROM work WHERE id = (SELECT min(id) FROM work)")
    assert len(await plan.tick()) == 1


async def test_what_is_past_its_time_is_let_go_and_what_proves_a_listing_stays(plan) -> None:
    from svc_scheduler.retention.clean import clean

    await plan.job()
    [(job, account)] = plan.database.execute("SELECT id, account_id FROM job")
    old = datetime.now(UTC) - timedelta(days=200)
    runs = [uuid4() for _ in range(4)]
    for number, run in enumerate(runs):
        plan.database.execute(
            """
            INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, traceparent,
                             finished_at)
            VALUES (%s, %s, %s, %s, 'm365', 'users', %s, 'schedule', 'succeeded', '', %s)
            """,
            *(run, plan.msp, job, account, old + timedelta(hours=number), old + timedelta(hours=number)),
        )
        plan.database.execute(
            "INSERT INTO page (msp_id, run_id, number, entity_ids, changed) VALUES (%s, %s, 0, '{}', 0)", plan.msp, run
        )
    plan.database.execute(
        """
        INSERT INTO listing (job_id, msp_id, account_id, vendor, resource, complete_run_id)
        VALUES (%s, %s, %s, 'm365', 'users', %s)
        """,
        *(job, plan.msp, account, runs[1]),
    )
    for state, closed in (("open", None), ("replayed", old), ("discarded", datetime.now(UTC))):
        plan.database.execute(
            """
            INSERT INTO dead_letter (msp_id, work_id, stage, kind, entity_ids, attempts, error_class, error, traceparent,
                                     state, closed_at)
            VALUES (%s, (random() * 1e9)::bigint, 'link', 'device', '{}', 4, 'E', 'e', '', %s, %s)
            """,
            *(plan.msp, state, closed),
        )
    assert await clean(plan.pool) == 4 + 2 + 1
    assert [run for (run,) in plan.runs("id")] == [runs[1], runs[3]], "the one that proves the listing, and the last"
    assert plan.database.execute("SELECT count(*) FROM page") == [(0,)]
    assert plan.database.execute("SELECT state FROM dead_letter ORDER BY state") == [("discarded",), ("open",)]
