"""What the fleet's gauges show of a database whose content is known."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID, uuid4

import nats.errors
import pytest
from prometheus_client import REGISTRY

from mspbyte_common.ledger.store import PRESSED
from svc_scheduler.figures.database import DATABASE
from svc_scheduler.figures.measure import measure_broker, measure_flow, measure_knowledge


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


class Estate:
    """Rows of two msps, which no figure tells apart."""

    def __init__(self, database) -> None:
        self.database = database
        self.msps = [uuid4(), uuid4()]
        for msp in self.msps:
            database.execute("INSERT INTO msp (id, name) VALUES (%s, %s)", msp, str(msp))
        database.execute(
            "INSERT INTO resource (vendor, name, kind, level, interval_seconds, priority) "
            "VALUES ('m365', 'users', 'identity', 'tenant', 3600, 1)"
        )

    def job(self, msp: UUID, *, age: str | None, account: str = "true", schedule: str = "every 3600s") -> UUID:
        """A job whose listing is that old; `account` is what else holds of its account, as an assignment."""
        connection, tenant, job = uuid4(), uuid4(), uuid4()
        self.database.execute(
            "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, 'm365', %s, '', 1)",
            connection,
            msp,
            str(connection),
        )
        self.database.execute(
            "INSERT INTO account (id, msp_id, connection_id, vendor, external_id, created_at) "
            "VALUES (%s, %s, %s, 'm365', %s, now() - interval '10 minutes')",
            tenant,
            msp,
            connection,
            str(tenant),
        )
        self.database.execute(
            "INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at) "
            "VALUES (%s, %s, %s, 'm365', 'users', %s, 1, now())",
            job,
            msp,
            tenant,
            schedule,
        )
        if age is not None:
            self.database.execute(
                "INSERT INTO listing (job_id, msp_id, account_id, vendor, resource, current_at) "
                "VALUES (%s, %s, %s, 'm365', 'users', now() - %s::interval)",
                job,
                msp,
                tenant,
                age,
            )
        if account != "true":
            self.database.execute(f"UPDATE account SET {account} WHERE id = %s", tenant)
        return job


@pytest.fixture
def estate(database) -> Estate:
    return Estate(database)


async def test_work_and_dead_letters_are_counted_over_all_msps_and_go_back_to_nothing(database, estate) -> None:
    for msp, attempts, age in zip(estate.msps, (0, 2), ("1 minute", "10 minutes"), strict=True):
        database.execute(
            "INSERT INTO work (msp_id, stage, kind, entity_ids, attempts, created_at, traceparent) "
            "VALUES (%s, 'link', 'device', ARRAY[gen_random_uuid()], %s, now() - %s::interval, '')",
            msp,
            attempts,
            age,
        )
        database.execute(
            "INSERT INTO dead_letter (msp_id, work_id, stage, kind, entity_ids, attempts, error_class, error, traceparent, "
            "state, created_at) VALUES (%s, %s, 'link', 'device', '{}', 4, 'KeyError', '', '', 'open', "
            "now() - interval '1 hour')",
            msp,
            attempts,
        )
    pool = await database.pool("svc_scheduler")

    await measure_flow(pool)
    assert shown("mspbyte_lag_seconds", rank="1") >= 600
    assert 60 <= shown("mspbyte_lag_seconds", rank="2") < 600
    assert shown("mspbyte_work_waiting", stage="link") == 2
    assert shown("mspbyte_work_waiting", stage="report") == 0
    assert shown("mspbyte_work_retrying", stage="link") == 1
    assert shown("mspbyte_work_oldest_seconds", stage="link") >= 600
    assert shown("mspbyte_dead_letters", stage="link") == 2
    assert shown("mspbyte_dead_letter_oldest_seconds") >= 3600

    assert shown("mspbyte_accounts_held_back", stage="link") == 0
    for msp, minutes, pieces in ((estate.msps[0], 5, 1), (estate.msps[1], 20, PRESSED)):
        database.execute(
            "INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent, created_at) SELECT %s, "
            "gen_random_uuid(), 'evaluate', 'device', ARRAY[gen_random_uuid()], '', now() - make_interval(mins => %s)",
            msp,
            minutes,
        )
        database.execute(
            "INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent) SELECT msp_id, account_id, stage, "
            "kind, entity_ids, '' FROM work, generate_series(2, %s) WHERE stage = 'evaluate' AND msp_id = %s",
            pieces,
            msp,
        )
    await measure_flow(pool)
    assert shown("mspbyte_accounts_held_back", stage="evaluate") == 1
    assert 1200 <= shown("mspbyte_lag_seconds", rank="1") < 2 * 1200
    assert shown("mspbyte_lag_seconds", rank="2") is not None

    database.execute("DELETE FROM work")
    database.execute("UPDATE dead_letter SET state = 'discarded'")
    await measure_flow(pool)
    assert shown("mspbyte_work_oldest_seconds", stage="link") == 0
    assert shown("mspbyte_dead_letters", stage="link") == 0
    assert shown("mspbyte_dead_letter_oldest_seconds") == 0


async def test_a_run_waits_from_the_moment_it_may_start(database, estate) -> None:
    def run(state: str, made: str, not_before: str | None) -> None:
        job = estate.job(estate.msps[0], age=None)
        database.execute(
            "INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, traceparent, "
            "created_at, not_before) SELECT %s, msp_id, id, account_id, vendor, resource, now(), 'schedule', %s, '', "
            "now() - %s::interval, now() - %s::interval FROM job WHERE id = %s",
            uuid4(),
            state,
            made,
            not_before,
            job,
        )

    pool = await database.pool("svc_scheduler")
    run("queued", "3 hours", "-1 hour")  # the vendor said to wait an hour more
    run("running", "5 hours", None)
    run("succeeded", "9 hours", None)
    await measure_flow(pool)
    assert shown("mspbyte_runs_open", vendor="m365", state="queued") == 1
    assert shown("mspbyte_runs_open", vendor="m365", state="running") == 1
    assert shown("mspbyte_run_oldest_seconds", vendor="m365") == 0

    run("queued", "3 hours", "20 minutes")
    await measure_flow(pool)
    assert 1200 <= shown("mspbyte_run_oldest_seconds", vendor="m365") < 3 * 3600


async def test_a_listing_is_late_after_two_intervals_unless_it_waits_for_a_person(database, estate) -> None:
    mine, other = estate.msps
    estate.job(mine, age="119 minutes")
    estate.job(mine, age="121 minutes")
    estate.job(other, age="121 minutes", schedule="every 86400s")
    estate.job(other, age="121 minutes", schedule="0 4 * * *")  # a cron expression: the interval of the resource counts
    estate.job(other, age=None)  # never read, of an account found ten minutes ago
    for waiting in ("parked_at = now()", "is_root = true, parked_class = 'credential_invalid', parked_at = now()"):
        estate.job(mine, age="9 days", account=waiting)
    excluded = estate.job(mine, age="9 days", account="state = 'excluded'")
    database.execute("UPDATE job SET enabled = false WHERE id = %s", excluded)

    await measure_knowledge(await database.pool("svc_scheduler"))
    assert shown("mspbyte_listings", vendor="m365", resource="users") == 5
    assert shown("mspbyte_listings_late", vendor="m365", resource="users") == 2


async def test_the_oldest_listings_have_ranks_and_no_names(database, estate) -> None:
    for hours in range(1, 8):
        estate.job(estate.msps[hours % 2], age=f"{hours} hours")
    await measure_knowledge(await database.pool("svc_scheduler"))
    hours = [
        round(shown("mspbyte_freshness_seconds", vendor="m365", resource="users", rank=str(rank)) / 3600)
        for rank in range(1, 6)
    ]
    assert hours == [7, 6, 5, 4, 3]
    assert shown("mspbyte_freshness_seconds", vendor="m365", resource="users", rank="6") is None


async def test_an_account_is_counted_once_by_what_becomes_of_it(database, estate) -> None:
    msp = estate.msps[0]
    estate.job(msp, age=None)
    estate.job(msp, age=None, account="parked_at = now()")
    estate.job(msp, age=None, account="parked_at = now(), unreachable_reason = 'gone'")
    estate.job(msp, age=None, account="parked_at = now(), unreachable_reason = 'gone', state = 'excluded'")
    await measure_knowledge(await database.pool("svc_scheduler"))
    counted = {
        state: shown("mspbyte_accounts", vendor="m365", state=state)
        for state in ("mapped", "unmapped", "excluded", "parked", "unreachable")
    }
    assert counted == {"mapped": 0, "unmapped": 1, "excluded": 1, "parked": 1, "unreachable": 1}


async def test_the_share_of_a_limit_is_that_of_the_scope_used_most(database, estate) -> None:
    connection = uuid4()
    for scope, spent, factor, pause in (("a", 50, 1, None), ("b", 90, 0.5, None), ("c", 10, 1, "1 hour")):
        database.execute(
            "INSERT INTO budget (msp_id, scope, vendor, level, connection_id, limit_text, amount, seconds, window_at, spent, "
            "factor, lowered_at, not_before) VALUES (%s, %s, 'sophos', 'account', %s, 'x', 100, 3600, now(), %s, %s, now(), "
            "now() + %s::interval)",
            estate.msps[0],
            scope,
            connection,
            spent,
            factor,
            pause,
        )
    await measure_flow(await database.pool("svc_scheduler"))
    assert shown("mspbyte_budget_use_ratio", vendor="sophos", level="account") == pytest.approx(0.9, abs=0.01)
    assert shown("mspbyte_budget_share_ratio", vendor="sophos", level="account") == pytest.approx(0.5, abs=0.05)
    assert shown("mspbyte_budget_paused_scopes", vendor="sophos", level="account") == 1
    assert shown("mspbyte_budget_paused_scopes", vendor="m365", level="account") == 0


async def test_findings_and_the_database_itself_are_counted(database, estate) -> None:
    for msp, state in zip(estate.msps, ("open", "resolved"), strict=True):
        database.execute(
            "INSERT INTO finding (id, msp_id, check_name, subject_id, subject_kind, severity, state, title, evidence) "
            "VALUES (%s, %s, 'stale', %s, 'identity', 'low', %s, '', '{}')",
            uuid4(),
            msp,
            uuid4(),
            state,
        )
    await measure_knowledge(await database.pool("svc_scheduler"))
    assert shown("mspbyte_findings", check="stale", severity="low", state="open") == 1
    assert shown("mspbyte_findings", check="stale", severity="low", state="resolved") == 1
    assert shown("mspbyte_table_bytes", table="finding") > 0
    families = {family.name: family.samples[0].value for family in DATABASE.collect()}
    assert 0 < families["mspbyte_database_connections"] < families["mspbyte_database_connections_most"]
    assert families["mspbyte_database_commits"] > 0


async def test_a_consumer_the_broker_does_not_answer_for_keeps_no_old_figure() -> None:
    class Broker:
        silent = ""

        def jetstream(self, timeout: float) -> Broker:
            return self

        async def consumer_info(self, _stream: str, consumer: str) -> SimpleNamespace:
            if consumer == self.silent:
                raise nats.errors.TimeoutError
            return SimpleNamespace(num_pending=7, num_ack_pending=3, num_redelivered=None)

    broker = Broker()
    await measure_broker(broker)
    assert shown("mspbyte_consumer_pending_messages", consumer="link") == 7
    broker.silent = "link"
    await measure_broker(broker)
    assert shown("mspbyte_consumer_pending_messages", consumer="link") is None
    assert shown("mspbyte_consumer_held_messages", consumer="resolve") == 3
    assert shown("mspbyte_consumer_redelivered_messages", consumer="resolve") == 0
