"""Due jobs become runs, each once; what was lost is found."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import nats.js.errors
import pytest

from svc_scheduler.jobs.reconcile import reconcile
from svc_scheduler.recover import recheck, recover
from svc_scheduler.runs.choose import Caps
from svc_scheduler.runs.dispatch import dispatch


class Broker:
    """A broker that holds so many messages for each consumer."""

    def __init__(self, **held: int) -> None:
        self.held = held

    def jetstream(self, timeout: float) -> Broker:
        """Itself."""
        return self

    async def consumer_info(self, _stream: str, consumer: str) -> SimpleNamespace:
        """What it holds."""
        if consumer not in self.held:
            raise nats.js.errors.NotFoundError
        return SimpleNamespace(num_pending=self.held[consumer], num_ack_pending=0)


async def test_each_reachable_account_has_a_job_for_each_of_its_resources(plan) -> None:
    root, tenant = plan.account(is_root=True, is_tenant=False), plan.account()
    away, excluded = plan.account(unreachable_reason="no host"), plan.account(state="excluded")
    await reconcile(plan.pool)
    assert plan.jobs() == {(root, "customers", True), (tenant, "users", True)}
    plan.database.execute("UPDATE account SET state = 'excluded' WHERE id = %s", tenant)
    plan.database.execute(
        "UPDATE account SET unreachable_reason = NULL, state = 'unmapped' WHERE id = ANY(%s)", [away, excluded]
    )
    await reconcile(plan.pool)
    assert plan.jobs() == {
        (root, "customers", True),
        (tenant, "users", False),
        (away, "users", True),
        (excluded, "users", True),
    }


async def test_many_schedulers_over_many_due_jobs_open_each_run_once(plan, database) -> None:
    for _ in range(60):
        plan.account()
    await reconcile(plan.pool)
    pools = [await database.pool("svc_scheduler") for _ in range(4)]
    announced = [one for found in await asyncio.gather(*(plan.tick(pool) for pool in pools * 3)) for one in found]
    assert len(announced) == len({one[0] for one in announced}) == 60
    assert database.execute("SELECT count(*), count(DISTINCT job_id) FROM run") == [(60, 60)]
    assert await plan.tick() == []


async def test_a_job_fires_again_only_after_its_interval(plan) -> None:
    plan.account()
    await reconcile(plan.pool)
    await plan.tick()
    [(seconds,)] = plan.database.execute("SELECT extract(epoch FROM next_fire_at - now())::int FROM job")
    assert 3_590 <= seconds <= 3_600 * 1.1


async def test_a_fire_that_meets_an_open_run_is_skipped_and_says_why(plan) -> None:
    plan.account()
    await reconcile(plan.pool)
    await plan.tick()
    plan.database.execute("UPDATE job SET next_fire_at = now()")
    assert await plan.tick() == []
    assert plan.runs("state, error") == [("queued", None), ("skipped", "the run before it was still open")]


async def test_instants_of_an_outage_are_on_record_as_missed(plan) -> None:
    plan.account()
    await reconcile(plan.pool)
    plan.database.execute("UPDATE job SET next_fire_at = now() - interval '3 hours 10 minutes'")
    await plan.tick()
    assert plan.runs("state, cardinality(further_fire_times)") == [("missed", 2), ("queued", 0)]


async def test_a_persons_wish_runs_at_once_and_leaves_the_schedule_alone(plan) -> None:
    plan.account()
    await reconcile(plan.pool)
    plan.database.execute("UPDATE job SET next_fire_at = now() + interval '1 day', paused = true, manual_at = now()")
    before = plan.database.execute("SELECT next_fire_at FROM job")
    assert len(await plan.tick()) == 1
    assert plan.runs() == [("queued", "manual")]
    assert plan.database.execute("SELECT next_fire_at FROM job") == before
    assert await plan.tick() == []


@pytest.mark.parametrize("parked", ["itself", "the root, credential", "the root, consent"])
async def test_a_parked_account_rests_and_a_refused_credential_rests_the_connection(plan, parked: str) -> None:
    plan.account(is_root=True, is_tenant=False)
    tenant = plan.account()
    await reconcile(plan.pool)
    parked_class = "credential_invalid" if parked.endswith("credential") else "consent_missing"
    where = "id = %s" if parked == "itself" else "is_root AND id <> %s"
    plan.database.execute(
        f"UPDATE account SET parked_at = now(), parked_class = '{parked_class}' WHERE {where}", tenant
    )
    fired = {one[3] for one in await plan.tick()}
    assert fired == {"itself": {"customers"}, "the root, credential": set(), "the root, consent": {"users"}}[parked]


async def test_a_run_whose_process_is_gone_is_queued_again_with_the_attempt_counted(plan) -> None:
    plan.account()
    await reconcile(plan.pool)
    await plan.tick()
    plan.database.execute("UPDATE run SET state = 'running', fence = 7, lease_until = now() - interval '1 second'")
    await recover(plan.pool, Broker())
    assert len(await dispatch(plan.pool, Caps())) == 1
    assert plan.runs("state, attempts, fence") == [("queued", 1, 8)]
    plan.database.execute("UPDATE run SET state = 'running', attempts = 5, lease_until = now() - interval '1 second'")
    await recover(plan.pool, Broker())
    assert plan.runs("state, error_class") == [("failed", "process_lost")]


async def test_a_lease_that_holds_is_left_alone(plan) -> None:
    plan.account()
    await reconcile(plan.pool)
    await plan.tick()
    plan.database.execute("UPDATE run SET state = 'running', lease_until = now() + interval '10 seconds'")
    assert await recover(plan.pool, Broker(**{"adapter-m365": 1})) == ([], [])
    assert plan.runs("state, attempts") == [("running", 0)]


def _work(plan: Any, number: int, *, announced: bool) -> None:
    plan.database.execute(
        f"""
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent, announced_at)
        SELECT %s, %s, 'link', 'device', ARRAY[gen_random_uuid()], '00-0-0-01',
               {"now() - interval '1 minute'" if announced else "NULL"} FROM generate_series(1, %s)
        """,
        plan.msp,
        plan.connection,
        number,
    )


async def test_work_the_broker_no_longer_has_is_announced_again(plan) -> None:
    _work(plan, 5, announced=True)
    _, again = await recover(plan.pool, Broker(link=2))
    assert len(again) == 5
    assert await recover(plan.pool, Broker(link=2)) == ([], []), "a moment ago is not lost yet"


async def test_work_the_broker_still_has_is_not_said_twice_however_long_the_queue(plan) -> None:
    _work(plan, 5, announced=True)
    assert await recover(plan.pool, Broker(link=5)) == ([], [])


async def test_without_a_broker_nothing_is_announced(plan) -> None:
    _work(plan, 5, announced=True)
    assert await recover(plan.pool, Broker()) == ([], [])


async def test_waiting_work_is_announced_up_to_the_window(plan) -> None:
    _work(plan, 20, announced=False)
    _, found = await recover(plan.pool, Broker())
    assert len(found) == 8
    assert [one[0] for one in sorted(found)] == list(range(1, 9)), "the oldest"
    assert await recover(plan.pool, Broker(link=8)) == ([], [])


async def test_a_check_is_asked_again_when_its_time_comes(plan) -> None:
    subject = uuid4()
    for name, due in (("due", "now()"), ("later", "now() + interval '1 hour'")):
        plan.database.execute(
            f"""
            INSERT INTO recheck (subject_id, check_name, msp_id, subject_kind, due_at)
            VALUES (%s, '{name}', %s, 'device', {due})
            """,
            subject,
            plan.msp,
        )
    assert len(await recheck(plan.pool)) == 1
    assert await recheck(plan.pool) == []
    assert plan.database.execute("SELECT stage, kind, entity_ids FROM work") == [("evaluate", "recheck", [subject])]


async def _troubled(plan: Any, *, next_fire: str, probe: str) -> None:
    """One job with an open breaker."""
    plan.account()
    await reconcile(plan.pool)
    plan.database.execute(f"UPDATE job SET next_fire_at = now() + interval '{next_fire}'")
    plan.database.execute(
        f"""
        INSERT INTO breaker (job_id, msp_id, account_id, vendor, resource, failures, failing_since, open_since,
                             next_probe_at, error_class, error, advice)
        SELECT id, msp_id, account_id, vendor, resource, 4, '2026-11-20 08:00Z', now(), now() + interval '{probe}',
               'vendor_outage', 'HTTP 503', 'wait' FROM job
        """
    )


async def test_while_the_vendor_fails_a_scheduled_instant_is_skipped_and_says_why(plan) -> None:
    await _troubled(plan, next_fire="-1 second", probe="1 hour")
    assert await plan.tick() == []
    assert plan.runs("state, error") == [("skipped", "the vendor fails: vendor_outage since 2026-11-20 08:00 UTC")]
    assert plan.database.execute("SELECT next_fire_at > now() FROM job") == [(True,)]
    assert await plan.tick() == [], "each instant once"


async def test_a_probe_runs_when_its_time_comes_whatever_the_schedule(plan) -> None:
    await _troubled(plan, next_fire="1 day", probe="-1 second")
    before = plan.database.execute("SELECT next_fire_at FROM job")
    assert len(await plan.tick()) == 1
    assert plan.runs() == [("queued", "probe")]
    assert plan.database.execute("SELECT next_fire_at FROM job") == before
    assert await plan.tick() == [], "one at a time"
    plan.database.execute("UPDATE run SET state = 'failed'")
    assert await plan.tick() == [], "a probe whose process is lost is not repeated at once"


async def test_a_probe_and_a_scheduled_instant_at_once_are_one_run_and_one_account(plan) -> None:
    await _troubled(plan, next_fire="-1 second", probe="-1 second")
    assert len(await plan.tick()) == 1
    assert sorted(plan.runs()) == [("queued", "probe"), ("skipped", "schedule")]


async def test_a_persons_wish_asks_a_failing_vendor_at_once(plan) -> None:
    await _troubled(plan, next_fire="1 day", probe="1 hour")
    plan.database.execute("UPDATE job SET manual_at = now()")
    assert len(await plan.tick()) == 1
    assert plan.runs() == [("queued", "manual")]


@pytest.mark.parametrize("state", ["paused = true", "enabled = false"])
async def test_a_job_that_may_not_run_is_not_probed(plan, state: str) -> None:
    await _troubled(plan, next_fire="1 day", probe="-1 second")
    plan.database.execute(f"UPDATE job SET {state}")
    assert await plan.tick() == []
