"""Which subjects a change reaches."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import Next
from mspbyte_common.ledger.perform import perform
from mspbyte_common.ledger.store import insert_work
from mspbyte_common.models import Conditions, Principals
from svc_workers.evaluate import evaluate

UNPROTECTED = "no_endpoint_protection"


async def test_an_unknown_verdict_waits_for_its_listing_and_is_answered_when_that_is_complete(estate: Any) -> None:
    await estate.start()
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.evaluate("device", device)
    waiting = await estate.findings(), await estate.rechecks(UNPROTECTED)
    jobs = await estate.complete("sophos/endpoints")
    await estate.evaluate("listing", *jobs)

    assert waiting == ({}, {(UNPROTECTED, device): "sophos/endpoints"})
    assert await estate.findings() == {(UNPROTECTED, device): "open"}
    assert await estate.rechecks(UNPROTECTED) == {(UNPROTECTED, device): None}


async def test_every_account_of_the_client_must_be_complete(estate: Any) -> None:
    await estate.start()
    second = await estate.add_account("sophos", "t2")
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.complete("sophos/endpoints")
    await estate.evaluate("device", device)
    half = await estate.findings()
    jobs = await estate.complete("sophos/endpoints", account=second)
    await estate.evaluate("listing", *jobs)

    assert half == {}
    assert await estate.findings() == {(UNPROTECTED, device): "open"}


async def test_a_listing_older_than_two_intervals_tells_nothing(estate: Any) -> None:
    await estate.start()
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.complete("sophos/endpoints", age=timedelta(days=2, hours=1))
    await estate.evaluate("device", device)

    assert await estate.findings() == {}
    assert await estate.rechecks(UNPROTECTED) == {(UNPROTECTED, device): "sophos/endpoints"}


async def test_a_list_that_a_rebuild_has_yet_to_map_tells_nothing(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    device = await estate.device("m365/managedDevices", "PC-1")
    agent = await estate.device("sophos/endpoints", "PC-2")
    rebuild = uuid4()
    await estate.run(
        "mspctl",
        "INSERT INTO rebuild (id, msp_id, reason, stages, stage) VALUES (%s, %s, 'asked', '{process,link}', 'process')",
        *(rebuild, estate.msp),
    )
    await estate.evaluate("device", device)
    before = await estate.findings()
    waits = await estate.run("svc_workers", "SELECT why FROM recheck WHERE subject_id = %s", device)
    await estate.run("svc_processors", "UPDATE entity SET mapper_version = 1 WHERE id = %s", agent)
    await estate.evaluate("device", device)

    assert before == {}
    assert any(why is not None for (why,) in waits)
    assert await estate.findings() == {(UNPROTECTED, device): "open"}


async def test_what_was_never_mapped_holds_nothing_up_when_no_rebuild_is_to_map_it(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.device("sophos/endpoints", "PC-2")
    for state, stage, vendor in (
        ("done", "process", None),
        ("open", "link", None),
        ("open", "process", "m365"),
    ):
        await estate.run(
            "mspctl",
            "INSERT INTO rebuild (id, msp_id, reason, stages, stage, vendor, state)"
            " VALUES (%s, %s, 'asked', '{process,link}', %s, %s, %s)",
            *(uuid4(), estate.msp, stage, vendor, state),
        )
    await estate.evaluate("device", device)

    assert await estate.findings() == {(UNPROTECTED, device): "open"}


async def test_licences_of_the_same_account_are_waited_for(estate: Any) -> None:
    await estate.start()
    person = await estate.entity("m365/users", "identity", "ann", enabled=False, licence_ids=("spb",))
    await estate.evaluate("identity", person)
    waiting = await estate.rechecks()
    licence = await estate.entity("m365/subscribedSkus", "licence", "SPB")
    await estate.link("licensed_with", person, licence)
    await estate.evaluate("licence", licence)

    assert waiting == {("licensed_but_disabled", person): "m365/subscribedSkus"}
    assert await estate.findings() == {("licensed_but_disabled", person): "open"}


async def test_a_neighbour_that_comes_and_goes_is_felt_at_the_other_end(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    device = await estate.device("m365/managedDevices", "PC-1")
    agent = await estate.device("sophos/endpoints", "PC-1", tamper_protection=True)
    states = []
    await estate.evaluate("device", device)
    states.append(await estate.findings())
    await estate.link("same_device", device, agent)
    await estate.evaluate("device", agent)
    states.append(await estate.findings())
    await estate.unlink(device, agent)
    await estate.delete(agent)
    await estate.evaluate("device", agent)
    await estate.evaluate("recheck", device)  # the linkers name both ends of an edge they end
    states.append(await estate.findings())

    assert [state[UNPROTECTED, device] for state in states] == ["open", "resolved", "regressed"]


async def test_an_agent_that_is_known_to_be_the_device_over_a_third_record_protects_it(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    device = await estate.device("m365/managedDevices", "PC-1")
    agent = await estate.device("sophos/endpoints", "PC-2", tamper_protection=True)
    item = await estate.device("autotask/ConfigurationItems", "PC-1")
    await estate.evaluate("device", device)
    before = await estate.findings()
    await estate.cluster("same_device", device, item, agent)
    await estate.evaluate("device", agent)

    assert before[UNPROTECTED, device] == "open"
    assert (await estate.findings())[UNPROTECTED, device] == "resolved"


async def test_a_candidate_edge_neither_protects_nor_accuses(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    device = await estate.device("m365/managedDevices", "PC-1")
    agent = await estate.device("sophos/endpoints", "PC-1", tamper_protection=True)
    await estate.link("same_device", device, agent, state="candidate")
    await estate.evaluate("device", agent)

    assert await estate.findings() == {}
    reasons = await estate.run("svc_workers", "SELECT subject_id, why FROM recheck WHERE check_name = %s", UNPROTECTED)
    assert reasons == [(device, "a Sophos endpoint may be this device: PC-1")]


async def test_a_device_more_is_felt_by_the_contract_line_of_its_client(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    line = await estate.line("l1", units=1)
    first = await estate.device("sophos/endpoints", "PC-1", tamper_protection=True)
    await estate.evaluate("device", first)
    matched = await estate.findings()
    second = await estate.device("sophos/endpoints", "PC-2", tamper_protection=True)
    await estate.evaluate("device", second)

    assert matched == {}
    assert await estate.findings() == {("under_billed", line): "open"}
    [(evidence,)] = await estate.run("svc_workers", "SELECT evidence FROM finding")
    assert (evidence["billed"], evidence["actual"], evidence["money_difference"]) == (1, 2, "4.50")


async def test_an_account_mapped_later_answers_those_who_waited_for_its_vendor(estate: Any) -> None:
    await estate.start()
    account = estate.account["sophos"]
    await estate.run("mspctl", "UPDATE account SET state = 'unmapped', client_id = NULL WHERE id = %s", account)
    await estate.complete("sophos/endpoints")
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.evaluate("device", device)
    unmapped = await estate.findings()
    await estate.run(
        "mspctl", "UPDATE account SET state = 'mapped', client_id = %s WHERE id = %s", estate.client, account
    )
    await estate.evaluate("account", account)

    assert unmapped == {}
    assert await estate.findings() == {(UNPROTECTED, device): "open"}


async def test_more_subjects_than_a_batch_become_work_of_their_own(estate: Any) -> None:
    await estate.start()
    licence = await estate.entity("m365/subscribedSkus", "licence", "SPB")
    person = await estate.entity("m365/users", "identity", "p0", enabled=False, licence_ids=("spb",))
    await estate.run(
        "svc_adapter_m365",
        "INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,"
        " volatile_hash) SELECT gen_random_uuid(), msp_id, account_id, vendor, resource, kind, 'p' || n, raw_data, '',"
        " '' FROM entity, generate_series(1, 1204) n WHERE id = %s",
        person,
    )
    await estate.run(
        "svc_processors",
        "UPDATE entity SET normalized_data = (SELECT normalized_data FROM entity WHERE id = %s)"
        " WHERE kind = 'identity'",
        person,
    )
    await estate.run("svc_resolvers", "UPDATE entity SET client_id = %s WHERE kind = 'identity'", estate.client)
    await estate.run(
        "svc_linkers",
        "INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version,"
        " confidence, scope_id, key_value, evidence) SELECT msp_id, 'licensed_with', id, %s, 'active', 'sku', 1, 1,"
        " account_id, 'k', '{}' FROM entity WHERE kind = 'identity'",
        licence,
    )

    following = await estate.evaluate("licence", licence)
    before = await estate.findings()
    for piece in following:
        assert await estate.evaluate(piece.kind, *piece.entity_ids) == []

    assert [(piece.stage, piece.kind, len(piece.entity_ids)) for piece in following] == [
        ("evaluate", "recheck", 1000),
        ("evaluate", "recheck", 206),
    ]
    assert before == {}
    assert len(await estate.findings()) == 1205


async def test_two_evaluations_of_one_client_at_once_miss_nothing(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    line = await estate.line("l1", units=0)
    devices = [await estate.device("sophos/endpoints", f"PC-{n}", tamper_protection=True) for n in range(4)]
    pool = await estate.pool("svc_workers")
    async with transaction(pool, estate.msp) as connection:
        following = [Next("evaluate", "device", estate.account["sophos"], [device]) for device in devices]
        announced = await insert_work(connection, estate.msp, None, "00-0-0-00", following)
    done = await asyncio.gather(*(perform(pool, estate.msp, work[0], evaluate) for work in announced))

    assert {performed.outcome for performed in done} == {"done"}
    assert await estate.run("svc_workers", "SELECT subject_id, evidence ->> 'actual' FROM finding") == [(line, "4")]
    assert await estate.run("svc_workers", "SELECT count(*) FROM finding_event") == [(1,)]


async def test_a_check_that_needs_a_list_the_account_lacks_says_why(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    await estate.run(
        "svc_adapter_sophos",
        "UPDATE listing SET unavailable_reason = 'the account lacks the licence' WHERE resource = 'endpoints'",
    )
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.evaluate("device", device)

    assert await estate.findings() == {}
    [(why,)] = await estate.run("svc_workers", "SELECT why FROM recheck WHERE check_name = %s", UNPROTECTED)
    assert why == "no sophos/endpoints: the account lacks the licence"


async def test_a_policy_or_group_that_changes_asks_everybody_of_its_account_and_of_no_other(estate: Any) -> None:
    await estate.start()
    other = await estate.add_account("m365", "t2")
    people = {
        account: await estate.entity("m365/users", "identity", f"p{number}", account=account, object_id=f"p{number}")
        for number, account in enumerate((estate.account["m365"], other))
    }
    for account in people:
        await estate.complete(
            *(f"m365/{name}" for name in ("conditionalAccessPolicies", "securityDefaults", "groups", "directoryRoles")),
            account=account,
        )
    policy = await estate.entity(
        "m365/securityDefaults",
        "policy",
        "defaults",
        policy_id="defaults",
        policy_type="security_defaults",
        state="disabled",
        include=Principals(everyone=True),
        exclude=Principals(),
        conditions=Conditions(),
        session_controls=(),
    )
    await estate.evaluate("policy", policy)

    assert {subject for check, subject in await estate.findings() if check == "no_mfa_enforced"} == {
        people[estate.account["m365"]]
    }


async def test_a_listing_that_becomes_complete_has_its_account_looked_at(estate: Any) -> None:
    await estate.start()
    account = estate.account["sophos"]
    jobs = await estate.complete("sophos/endpoints", age=timedelta(days=9))
    await estate.evaluate("account", account)
    before = (await estate.findings())[("stale_data", account)]
    await estate.complete("sophos/endpoints")
    await estate.evaluate("listing", *jobs)

    assert (before, (await estate.findings())[("stale_data", account)]) == ("open", "resolved")


async def test_a_list_refused_for_want_of_a_permission_is_told_of_the_account(estate: Any) -> None:
    await estate.start()
    account = estate.account["sophos"]
    [job] = await estate.complete("sophos/alerts")
    await estate.run(
        "svc_scheduler",
        "INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, error_class,"
        " traceparent) VALUES (gen_random_uuid(), %s, %s, %s, 'sophos', 'alerts', now(), 'schedule', 'unavailable',"
        " 'permission_missing', '00-0-0-00')",
        *(estate.msp, job, account),
    )
    await estate.run("svc_adapter_sophos", "UPDATE listing SET unavailable_reason = 'refused' WHERE job_id = %s", job)
    await estate.evaluate("account", account)

    assert (await estate.findings())[("consent_missing", account)] == "open"


async def test_a_person_is_felt_by_a_contract_line_only_where_a_rule_counts_people(estate: Any) -> None:
    await estate.start()
    await estate.complete("m365/users")
    line = await estate.line("l1", units=0, service="Helpdesk")
    first = await estate.entity("m365/users", "identity", "u1", object_id="u1")
    second = await estate.entity("m365/users", "identity", "u2", object_id="u2")
    await estate.evaluate("identity", first)
    before = await estate.findings()
    await estate.run(
        "mspctl",
        "INSERT INTO billing_rule (msp_id, rule_id, scope, rule, author) VALUES (%s, 'users', 'global', %s::jsonb, 'ann')",
        *(
            estate.msp,
            '{"id": "users", "services": "Helpdesk", "count": "people", "of": "m365/users", "counts": "users"}',
        ),
    )
    await estate.cluster("same_person", first, second)
    await estate.evaluate("identity", first)
    [[title]] = await estate.run("svc_workers", "SELECT title FROM finding WHERE check_name = 'under_billed'")

    assert ("under_billed", line) not in before
    assert title == "1 units used are not billed: Helpdesk"
