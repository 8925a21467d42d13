"""The operator's commands against a real database, as the operator's role."""

from __future__ import annotations

from uuid import UUID, uuid4

import orjson
import pytest
from psycopg.types.json import Jsonb

from mspbyte_common import ids, secrets
from mspbyte_common.key_ring import read_key_ring
from mspctl.cli import invoke

TRACE = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"


@pytest.fixture
def estate(ctl, rows, tmp_path):
    """An msp with a Sophos connection, one tenant account with 1,001 devices, and one client."""
    msp = UUID(ctl("msp", "add", "Acme")["id"])
    (tmp_path / "secret.json").write_bytes(orjson.dumps({"client_secret": "hunter2"}))
    arguments = ("--setting", "client_id=partner", "--secret-file", str(tmp_path / "secret.json"))
    connection = UUID(ctl("connection", "add", "sophos", "Sophos", *arguments)["id"])
    root, tenant = ids.account_id(connection, "partner"), ids.account_id(connection, "tenant-1")
    assert rows("DELETE FROM work RETURNING account_id, stage, kind") == [(root, "evaluate", "recheck")]
    client = uuid4()
    rows(
        "INSERT INTO account (id, msp_id, connection_id, vendor, external_id, name) VALUES (%s, %s, %s, 'sophos', %s, %s)",
        *(tenant, msp, connection, "tenant-1", "Contoso"),
    )
    rows(
        "INSERT INTO client (id, msp_id, account_id, company_id, name) VALUES (%s, %s, %s, '7', 'Contoso GmbH')",
        *(client, msp, uuid4()),
    )
    entity = """INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                                    volatile_hash, normalized_data)
                SELECT gen_random_uuid(), %s, %s, 'sophos', %s, %s, %s || n, '{}', '', '', %s FROM generate_series(1, %s) n"""
    rows(entity, msp, tenant, "endpoints", "device", "d", Jsonb({"name": "PC"}), 1_001)
    rows(entity, msp, root, "tenants", "tenant", "t", Jsonb({"tenant_id": "tenant-1"}), 1)
    rows(entity, msp, root, "tenants", "tenant", "other", Jsonb({"tenant_id": "tenant-2"}), 1)
    return {"msp": msp, "connection": connection, "root": root, "tenant": tenant, "client": client}


def test_a_secret_is_stored_so_that_only_its_own_row_opens_it(estate, rows, kek):
    ((sealed, version, wrapped, kek_id),) = rows(
        "SELECT secret, key_version, wrapped, kek_id FROM connection JOIN data_key USING (msp_id) WHERE version = key_version"
    )
    assert b"hunter2" not in bytes(sealed)
    key = secrets.unwrap(read_key_ring(kek), kek_id, bytes(wrapped), estate["msp"], version)
    opened = secrets.decrypt(key, bytes(sealed), estate["msp"], "sophos", estate["connection"], version)
    assert opened == {"client_secret": "hunter2"}


def test_no_command_shows_a_secret(ctl, estate):
    assert "secret" not in ctl("connection", "list")[0]


def test_a_connection_brings_its_root_account_which_is_nobodys(ctl, estate):
    (root,) = [account for account in ctl("account", "list") if account["is_root"]]
    assert (root["external_id"], root["is_tenant"], root["state"]) == ("partner", False, "root")
    assert "is nobody's" in ctl("account", "map", "partner", "7", code=2)


def test_a_second_connection_of_that_name_is_refused(ctl, estate, tmp_path):
    arguments = ("--setting", "client_id=x", "--secret-file", str(tmp_path / "secret.json"))
    assert "already" in ctl("connection", "add", "sophos", "Sophos", *arguments, code=2)


def test_mapping_an_account_has_its_entities_and_its_tenant_record_resolved_anew(ctl, estate, rows):
    said = ctl("account", "map", "contoso", "Contoso GmbH")
    assert UUID(said["client_id"]) == estate["client"]
    work = rows("SELECT account_id, stage, kind, cardinality(entity_ids), announced_at FROM work ORDER BY 2, 3, 4")
    assert work == [
        (estate["tenant"], "evaluate", "account", 1, None),
        (estate["tenant"], "resolve", "device", 1, None),
        (estate["tenant"], "resolve", "device", 1_000, None),
        (estate["root"], "resolve", "tenant", 1, None),
    ]
    assert said["work"] == len(work)
    ((external_id,),) = rows(
        "SELECT external_id FROM entity JOIN work ON entity.id = ANY(entity_ids) WHERE work.kind = 'tenant'"
    )
    assert external_id == "t1"


def test_excluding_an_account_takes_its_client_away(ctl, estate, rows):
    ctl("account", "map", "tenant-1", "7")
    ctl("account", "exclude", "tenant-1")
    assert rows("SELECT state, client_id FROM account WHERE external_id = 'tenant-1'") == [("excluded", None)]


def test_a_stopped_account_goes_on(ctl, estate, rows):
    rows("UPDATE account SET parked_class = 'consent_missing', parked_at = now() WHERE external_id = 'tenant-1'")
    assert ctl("account", "resume", "Contoso")["resumed"] is True
    assert ctl("account", "resume", "Contoso")["resumed"] is False


def _resources(rows, estate):
    """Four resources: one read, one refused, one not read yet, one of the root alone."""
    for name, level in (("alerts", "tenant"), ("endpoints", "tenant"), ("licenses", "tenant"), ("tenants", "root")):
        rows(
            "INSERT INTO resource (vendor, name, kind, level, interval_seconds, priority, needs) "
            "VALUES ('sophos', %s, 'device', %s, 3600, 5, 'a role')",
            *(name, level),
        )
    for name, why in (("endpoints", None), ("licenses", "the credential may not read it")):
        job = ids.job_id(estate["tenant"], name)
        rows(
            """INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
               VALUES (%s, %s, %s, 'sophos', %s, 'every 3600s', 5, now())""",
            *(job, estate["msp"], estate["tenant"], name),
        )
        rows(
            """INSERT INTO listing (job_id, msp_id, account_id, vendor, resource, complete_at, records, unavailable_reason)
               VALUES (%s, %s, %s, 'sophos', %s, CASE WHEN %s::text IS NULL THEN now() END, 3, %s)""",
            *(job, estate["msp"], estate["tenant"], name, why, why),
        )


def test_an_account_shows_what_it_has_and_why_it_lacks_the_rest(ctl, estate, rows):
    _resources(rows, estate)
    shown = {
        row["resource"]: (row["state"], row["why"], row["needs"]) for row in ctl("account", "resources", "Contoso")
    }
    assert shown == {
        "alerts": ("unknown", "not read yet", "a role"),
        "endpoints": ("available", None, "a role"),
        "licenses": ("unavailable", "the credential may not read it", "a role"),
    }
    assert [row["resource"] for row in ctl("account", "resources", "partner")] == ["tenants"]


def test_resuming_asks_again_for_what_was_unavailable(ctl, estate, rows):
    _resources(rows, estate)
    assert ctl("account", "resume", "Contoso")["resumed"] is True
    assert rows("SELECT resource FROM job WHERE manual_at IS NOT NULL") == [("licenses",)]


def test_a_new_secret_lets_accounts_go_on_that_the_old_one_stopped(ctl, estate, rows, tmp_path):
    rows("UPDATE account SET parked_class = 'credential_invalid' WHERE external_id = 'tenant-1'")
    ctl("connection", "set-secret", "Sophos", "--secret-file", str(tmp_path / "secret.json"))
    assert rows("SELECT count(*) FROM account WHERE parked_class IS NOT NULL") == [(0,)]


def _dead(rows, estate, number: int) -> int:
    ((letter,),) = rows(
        """INSERT INTO dead_letter (msp_id, work_id, account_id, stage, kind, entity_ids, attempts, error_class, error,
                                    traceparent)
           VALUES (%s, %s, %s, 'link', 'device', ARRAY[%s]::uuid[], 4, 'KeyError', 'x', %s) RETURNING id""",
        *(estate["msp"], number, estate["tenant"], uuid4(), TRACE),
    )
    return letter


def test_a_replayed_dead_letter_is_work_again_and_only_once(ctl, estate, rows):
    letter = _dead(rows, estate, 1)
    assert ctl("dead", "replay", str(letter))["replayed"] == [letter]
    assert rows("SELECT stage, kind, attempts, traceparent FROM work") == [("link", "device", 0, TRACE)]
    assert "no open dead letter" in ctl("dead", "replay", str(letter), code=2)
    assert rows("SELECT count(*) FROM work") == [(1,)]


def test_a_discarded_dead_letter_keeps_its_reason(ctl, estate, rows):
    letter = _dead(rows, estate, 2)
    ctl("dead", "discard", str(letter), "--reason", "the record is gone")
    assert ctl("dead", "show", str(letter))["reason"] == "the record is gone"
    assert ctl("dead", "list") == []


def test_replaying_all_leaves_what_the_filter_does_not_name(ctl, estate, rows):
    _dead(rows, estate, 3)
    assert ctl("dead", "replay", "--all", "--stage", "resolve")["work"] == []
    assert len(ctl("dead", "replay", "--all", "--stage", "link")["work"]) == 1


def _job(rows, estate) -> UUID:
    job = ids.job_id(estate["tenant"], "endpoints")
    rows(
        """INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
           VALUES (%s, %s, %s, 'sophos', 'endpoints', 'every 60s', 5, now() + interval '1 day')""",
        *(job, estate["msp"], estate["tenant"]),
    )
    return job


def test_running_a_job_tells_the_scheduler_to(ctl, estate, rows):
    job = _job(rows, estate)
    ctl("job", "run", str(job)[:8])
    assert rows("SELECT manual_at <= clock_timestamp() FROM job") == [(True,)]


def test_a_paused_job_says_so_and_why_until_it_is_resumed(ctl, estate, rows):
    job = str(_job(rows, estate))
    ctl("job", "pause", job, "--reason", "moving house")
    assert [row["paused"] for row in ctl("job", "list")] == [True]
    explained = ctl("job", "explain", job)
    assert explained["is"] == "rests"
    assert "moving house" in explained["because"][0]
    rows("UPDATE job SET next_fire_at = now() + interval '1 hour'")
    _instants(rows, job, "skipped", 1)
    ctl("job", "resume", job)
    assert [row["paused"] for row in ctl("job", "list")] == [False]
    assert rows("SELECT next_fire_at <= now() FROM job") == [(True,)], "its instant passed by meanwhile"
    assert ctl("job", "explain", job)["is"] == "waits"


def _instants(rows, job: str, state: str, number: int) -> None:
    """A row of so many instants of the job that did not run, an hour apart, the last one now."""
    rows(
        """
        INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, further_fire_times, trigger, state,
                         error, traceparent, finished_at)
        SELECT gen_random_uuid(), msp_id, id, account_id, vendor, resource, at[1], at[2:], 'schedule', %s, 'why', '', now()
        FROM job, (SELECT array_agg(now() - n * interval '1 hour' ORDER BY n DESC) AS at FROM generate_series(0, %s) n) i
        WHERE id = %s
        """,
        *(state, number - 1, job),
    )


def test_a_job_by_the_clock_keeps_its_zone_and_its_policies(ctl, estate, rows):
    job = str(_job(rows, estate))
    berlin = ("--cron", "30 2 * * *", "--zone", "Europe/Berlin")
    ctl("job", "set", "--job", job, *berlin, "--overlap", "queue", "--catch-up", "all", "--priority", "3")
    assert rows("SELECT schedule, time_zone, overlap, catch_up, priority FROM job") == [
        ("30 2 * * *", "Europe/Berlin", "queue", "all", 3)
    ]
    assert rows("SELECT to_char(next_fire_at AT TIME ZONE 'Europe/Berlin', 'HH24:MI') FROM job") == [("02:30",)]
    ctl("job", "set", "--job", job, "--every", "2h")
    assert rows("SELECT schedule, time_zone, overlap FROM job") == [("every 7200s", "UTC", "queue")]
    for wrong, told in (
        (("--cron", "61 * * * *"), "nor a cron expression"),
        (("--cron", "0 3 * * *", "--zone", "Berlin"), "no time zone"),
        (("--every", "1h", "--zone", "Europe/Berlin"), "--zone goes with --cron"),
        (("--every", "1h", "--cron", "0 3 * * *"), "not both"),
        (("--overlap", "sometimes"), "skip, queue"),
    ):
        assert told in ctl("job", "set", "--job", job, *wrong, code=2)


def test_what_did_not_run_is_made_up_for_when_a_person_asks(ctl, estate, rows):
    job = str(_job(rows, estate))
    assert ctl("job", "backfill", job, "--since", "2020-01-01")["instants"] == 0
    assert rows("SELECT backfill_from FROM job") == [(None,)]
    _instants(rows, job, "missed", 30)
    assert ctl("job", "backfill", job, "--since", "2020-01-01")["instants"] == 30
    assert rows("SELECT backfill_from IS NOT NULL, backfill_to <= now() FROM job") == [(True, True)]
    _instants(rows, job, "skipped", 150)
    assert "180 instants: take 100" in ctl("job", "backfill", job, "--since", "2020-01-01", code=2)


def test_an_msps_weight_is_its_share_beside_the_others(ctl, estate, rows):
    ctl("msp", "weight", "Acme", "3")
    assert rows("SELECT weight FROM msp") == [(3,)]
    assert [row["weight"] for row in ctl("msp", "list")] == [3]
    assert "no msp" in ctl("msp", "weight", "Nobody", "3", code=2)


def test_a_failed_run_says_why_and_what_to_do(ctl, estate, rows):
    run = uuid4()
    rows(
        """INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, error_class, error,
                            advice, traceparent)
           VALUES (%s, %s, %s, %s, 'sophos', 'endpoints', now(), 'manual', 'failed', 'schema_drift', 'no items',
                   'report it', %s)""",
        *(run, estate["msp"], _job(rows, estate), estate["tenant"], TRACE),
    )
    rows(
        "INSERT INTO page (msp_id, run_id, number, entity_ids, changed) VALUES (%s, %s, 0, '{}', 0)", estate["msp"], run
    )
    shown = ctl("run", "show", str(run)[:13])
    assert (shown["error_class"], shown["error"], shown["advice"]) == ("schema_drift", "no items", "report it")
    assert len(shown["page_list"]) == 1


def test_an_entity_shows_both_its_sides_and_what_hangs_on_it(ctl, estate, rows):
    ((device,), (other,)) = rows("SELECT id FROM entity WHERE kind = 'device' ORDER BY id LIMIT 2")
    rows(
        """INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version, confidence,
                                            scope_id, key_value, evidence)
           VALUES (%s, 'same_device', %s, %s, 'active', 'serial', 1, 0.95, %s, 'S1', '{"serial": "S1"}')""",
        *(estate["msp"], other, device, estate["msp"]),
    )
    rows(
        "INSERT INTO entity_key VALUES (%s, %s, false, 'serial', 'S1', 'device', 'endpoints', %s, NULL)",
        *(estate["msp"], device, estate["tenant"]),
    )
    shown = ctl("entity", "show", str(device))
    assert shown["raw_data"] == {}
    assert shown["normalized_data"] == {"name": "PC"}
    (edge,) = shown["relationships"]
    assert (edge["direction"], edge["other_id"], edge["other"], edge["confidence"]) == ("from", str(other), "PC", 0.95)
    assert shown["keys"] == [{"refers": False, "key_type": "serial", "key_value": "S1"}]
    assert (shown["findings"], shown["issues"], shown["quarantine"]) == ([], [], [])


def test_another_msps_rows_are_not_shown(ctl, estate):
    ctl("msp", "add", "Other")
    assert "2 msps" in ctl("account", "list", code=2)
    assert ctl("account", "list", "--msp", "other") == []
    assert len(ctl("account", "list", "--msp", "Acme")) == 2


def test_status_counts_what_waits(ctl, estate):
    ctl("account", "map", "tenant-1", "7")
    stages = {row["stage"]: row for row in ctl("status")["stages"]}
    assert (stages["resolve"]["waiting"], stages["resolve"]["entities"]) == (3, 1_002)
    assert stages["link"]["oldest_seconds"] is None


def test_lists_with_nothing_in_them_are_empty_documents(ctl, estate):
    for command in (("finding", "list"), ("quarantine", "list"), ("run", "list"), ("dead", "list")):
        assert ctl(*command) == []


def test_intervals_are_set_for_the_jobs_a_choice_fits_and_a_shorter_one_fires_earlier(ctl, rows, estate) -> None:
    _job(rows, estate)
    ctl("job", "set", "--resource", "endpoints", "--every", "15m", "--full", "2d")
    assert rows(
        "SELECT schedule, full_seconds, next_fire_at <= now() + interval '15 minutes' FROM job WHERE resource = 'endpoints'"
    ) == [("every 900s", 172_800, True)]
    ctl("job", "set", "--connection", "Sophos", "--full", "1h")
    assert set(rows("SELECT full_seconds FROM job")) == {(3_600,)}
    assert "which jobs" in ctl("job", "set", "--every", "15m", code=2)
    assert "no span of time" in ctl("job", "set", "--vendor", "sophos", "--every", "soon", code=2)


def test_a_budget_shows_its_use_its_share_and_who_is_paused(ctl, estate, rows):
    msp, connection = (rows(f"SELECT id FROM {table}")[0][0] for table in ("msp", "connection"))
    values = """INSERT INTO budget (msp_id, scope, vendor, level, connection_id, limit_text, amount, seconds, window_at,
                                    spent, spent_before, factor, lowered_at, not_before, refused, reason)
                VALUES (%s, %s, 'sophos', 'connection', %s, %s, %s, %s, now() + make_interval(secs => %s), %s, %s, %s,
                        {}, {}, %s, %s)"""
    limit = values.format("now() - interval '60 seconds'", "NULL")
    rows(limit, msp, "a", connection, "100 requests / 3600 s", 100, 3_600, 0, 40, 20, 0.5, 0, None)
    rows(limit, msp, "b", connection, "9 requests / 1 s", 9, 1, -900, 9, 9, 1, 0, None)
    place = values.format("'epoch'", "now() + interval '1 hour'")
    rows(place, msp, "c", connection, None, None, None, 0, 0, 0, 1, 2, "too many")
    rows(place.replace("'1 hour'", "'-1 hour'"), msp, "d", connection, None, None, None, 0, 0, 0, 1, 0, None)
    shown = {row["limit"]: row for row in ctl("budget", "list", "--vendor", "sophos")}
    assert len(shown) == 3
    assert shown["100 requests / 3600 s"]["used"] == 60
    assert shown["100 requests / 3600 s"]["share"] == pytest.approx(0.6, abs=0.02)
    assert shown["9 requests / 1 s"]["used"] == 0
    assert (shown[None]["refused"], shown[None]["reason"]) == (2, "too many")
    assert shown[None]["paused_until"] is not None


def test_a_connection_says_when_its_secret_ends_and_a_new_one_begins_anew(ctl, estate, rows, tmp_path):
    assert ctl("connection", "list")[0]["expires_at"] is None
    secret = ("--secret-file", str(tmp_path / "secret.json"))
    ctl("connection", "set-secret", "Sophos", *secret, "--expires", "2027-02-01")
    assert ctl("connection", "list")[0]["expires_at"].startswith("2027-02-01")
    assert rows("SELECT account_id, stage, kind FROM work") == [(estate["root"], "evaluate", "recheck")]
    ctl("connection", "set-secret", "Sophos", *secret)
    assert ctl("connection", "list")[0]["expires_at"] is None, "the old end says nothing of the new secret"


def test_a_failing_job_says_since_when_why_and_when_it_is_asked_next(ctl, estate, rows):
    job = ids.job_id(estate["tenant"], "endpoints")
    rows(
        """
        INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
        VALUES (%s, %s, %s, 'sophos', 'endpoints', 'every 3600s', 5, now())
        """,
        *(job, estate["msp"], estate["tenant"]),
    )
    rows(
        """
        INSERT INTO breaker (job_id, msp_id, account_id, vendor, resource, failures, failing_since, open_since,
                             next_probe_at, error_class, error, advice)
        SELECT id, msp_id, account_id, vendor, resource, 4, '2026-11-20 08:00Z', '2026-11-20 10:00Z', '2026-11-20 10:02Z',
               'vendor_outage', 'tenant: HTTP 503', 'wait' FROM job
        """
    )
    shown = ctl("job", "show", str(job)[:8])
    assert (shown["failures"], shown["error_class"], shown["advice"]) == (4, "vendor_outage", "wait")
    assert (shown["failing_since"][:16], shown["next_probe_at"][:16]) == ("2026-11-20T08:00", "2026-11-20T10:02")
    (trouble,) = ctl("status", "--once")["breakers"]
    assert (trouble["vendor"], trouble["resource"], trouble["jobs"]) == ("sophos", "endpoints", 1)
    assert invoke(["status", "--once"]) == 0
