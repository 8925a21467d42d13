"""Reports over a real database: the same numbers in every form, and those of the views."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb

from mspbyte_common.db.engine import transaction
from svc_workers.reports.document import REPORTS, document
from svc_workers.reports.read import read
from svc_workers.reports.render import json_of

HOSTILE = "=cmd()<script>alert(1)</script>"
ALL = (
    *("m365/users", "m365/subscribedSkus", "m365/devices", "m365/managedDevices", "m365/groups", "m365/directoryRoles"),
    *("m365/conditionalAccessPolicies", "m365/securityDefaults", "m365/userRegistrationDetails", "m365/secureScores"),
    *("sophos/endpoints", "sophos/alerts", "autotask/Contacts", "autotask/ConfigurationItems", "autotask/Contracts"),
    *("autotask/ContractServiceUnits", "autotask/Services"),
    "autotask/ContractServices",
)
KINDS = {
    "m365/groups": "group",
    "m365/directoryRoles": "role",
    "m365/conditionalAccessPolicies": "policy",
    "m365/securityDefaults": "policy",
    "m365/userRegistrationDetails": "mfa_registration",
    "m365/secureScores": "score",
}


async def _start(estate: Any) -> None:
    await estate.start()
    for listing, kind in KINDS.items():
        vendor, resource = listing.split("/")
        await estate.run(
            "svc_adapter_m365",
            "INSERT INTO resource (vendor, name, kind, level, interval_seconds, priority)"
            " VALUES (%s, %s, %s, 'tenant', 86400, 5) ON CONFLICT DO NOTHING",
            *(vendor, resource, kind),
        )


async def _fill(estate: Any) -> dict[str, UUID]:
    await _start(estate)
    licence = await estate.entity("m365/subscribedSkus", "licence", "SPB", bought=25, assigned=13)
    bob = await estate.entity(
        "m365/users", "identity", "bob", object_id="o2", display_name=HOSTILE, enabled=False, licence_ids=("spb",)
    )
    ann = await estate.entity("m365/users", "identity", "ann", licence_ids=("spb",))
    zoe = await estate.entity(
        "m365/users", "identity", "zoe", object_id="o3", display_name="Zoë", upn="zoe@example.com"
    )
    for person in (bob, ann):
        await estate.link("licensed_with", person, licence)
    await estate.entity(
        *("m365/directoryRoles", "role", "admins"),
        role_id="r1",
        template_id="t1",
        name="Global Administrator",
        privileged=True,
        members=({"object_id": "o3", "member_type": "identity"},),
    )
    await estate.entity(
        *("m365/userRegistrationDetails", "mfa_registration", "o1"),
        object_id="o1",
        registered=True,
        methods=(),
    )
    await estate.entity(
        "m365/secureScores", "score", "s", source="Score", value=Decimal(12), maximum=Decimal(28), parts=()
    )
    entra = await estate.device("m365/devices", "PC-1", os_version="10.0.19045.1")
    intune = await estate.device("m365/managedDevices", "PC-1", os_version="10.0.19045.1", compliance="compliant")
    agent = await estate.device("sophos/endpoints", "PC-1", tamper_protection=False, agent_health="good")
    await estate.device(
        "sophos/endpoints", "PC-2", tamper_protection=True, last_seen_at=estate.now - timedelta(days=90)
    )
    bare = await estate.device("m365/managedDevices", HOSTILE, compliance="noncompliant")
    await estate.device("autotask/ConfigurationItems", "PC-9", last_seen_at=None)
    await estate.merge(intune, entra)
    await estate.link("same_device", intune, agent)
    alert = await estate.entity("sophos/alerts", "alert", "a1")
    lines = [
        await estate.line("l1", units=0),
        await estate.line("l2", units=30, service="Microsoft 365 Business Premium"),
        await estate.line("l3", units=4, service="Backup"),
    ]
    await estate.complete(*ALL)
    await estate.evaluate("licence", licence)
    await estate.evaluate("identity", ann, bob, zoe)
    await estate.evaluate("device", entra, intune, agent, bare)
    await estate.evaluate("alert", alert)
    await estate.evaluate("contract_line", *lines)
    return {"ann": ann, "licence": licence, "agent": agent, "bare": bare, "zoe": zoe}


def _cells(text: str) -> dict[tuple[str, str, str, str], str]:
    rows = csv.DictReader(io.StringIO(text))
    return {(row["section"], row["table"], row["item"], row["measure"]): row["value"] for row in rows}


def _figures(made: dict[str, Any]) -> dict[str, Any]:
    return {figure["name"]: figure["value"] for figure in made["json"]["figures"]}


def _table(made: dict[str, Any], name: str) -> dict[str, Any]:
    tables = [table for section in made["json"]["sections"] for table in section["tables"] if table["name"] == name]
    assert len(tables) == 1, name
    found: dict[str, Any] = tables[0]
    return found


async def _counted(estate: Any, client: UUID | None, at: datetime | None = None) -> list[dict[str, Any]]:
    """Every report as it is counted, without being drawn."""
    async with transaction(await estate.pool("svc_workers"), estate.msp) as connection:
        known = await read(connection, client, at)
    return [{"json": json_of(document(report, known, fleet=client is None))} for report in REPORTS.values()]


COMPUTER = "device_class IN ('workstation', 'server')"
IN_USE = f"{COMPUTER} AND last_seen_at > now() - interval '30 days'"
DEVICE = """(SELECT coalesce(merged_into, id) AS thing, coalesce((
                 SELECT min(least(r.source_id::text, r.target_id::text)) FROM v_relationship r
                 WHERE r.relation = 'same_device' AND coalesce(d.merged_into, d.id) IN (r.source_id, r.target_id)),
                 coalesce(merged_into, id)::text) AS machine, vendor, resource, device_class, last_seen_at, client_id
             FROM v_device d) AS m"""
"""Records of devices with the machine each is."""
VIEWS = {
    "devices": f"SELECT count(DISTINCT machine) FROM {DEVICE}",
    "in_sophos": f"SELECT count(DISTINCT machine) FILTER (WHERE vendor = 'sophos'), count(DISTINCT machine) FROM {DEVICE}",
    "in_intune": f"SELECT count(DISTINCT machine) FILTER (WHERE resource = 'managedDevices'), count(DISTINCT machine)"
    f" FROM {DEVICE}",
    "in_psa": f"SELECT count(DISTINCT machine) FILTER (WHERE vendor = 'autotask'), count(DISTINCT machine) FROM {DEVICE}",
    "protected": f"SELECT count(DISTINCT machine) FILTER (WHERE machine IN (SELECT machine FROM {DEVICE} WHERE vendor ="
    f" 'sophos')), count(DISTINCT machine) FROM {DEVICE} WHERE {IN_USE}",
    "unprotected": f"SELECT count(DISTINCT machine) FROM {DEVICE} WHERE {IN_USE} AND machine NOT IN"
    f" (SELECT machine FROM {DEVICE} WHERE vendor = 'sophos')",
    "unlisted": f"SELECT count(DISTINCT machine) FROM {DEVICE} WHERE {IN_USE} AND machine NOT IN"
    f" (SELECT machine FROM {DEVICE} WHERE vendor = 'autotask')",
    "tamper_protection": "SELECT count(*) FILTER (WHERE tamper_protection), count(*) FROM v_device"
    " WHERE vendor = 'sophos' AND tamper_protection IS NOT NULL",
    "high_alerts": "SELECT count(*) FROM v_alert WHERE state = 'open' AND severity = 'high'",
    "secure_score": "SELECT sum(value), sum(maximum) FROM v_score WHERE resource = 'secureScores'",
    "mfa": "SELECT 0, count(*) FROM v_identity WHERE resource = 'users' AND enabled AND identity_type <> 'guest'",
    "mfa_registered": "SELECT count(*) FILTER (WHERE registered), count(*) FROM v_mfa_registration",
    "admins_without_mfa": "SELECT count(*) FROM finding WHERE check_name = 'admin_no_mfa' AND state = 'open'",
    "unsupported": "SELECT count(*) FROM finding WHERE check_name = 'os_unsupported' AND state = 'open'",
    "unused": "SELECT sum(bought - assigned) FROM v_licence WHERE NOT free AND state = 'enabled'",
    "bought": "SELECT sum(bought) FROM v_licence WHERE NOT free AND state = 'enabled'",
    "departed": "SELECT count(*) FROM v_identity i WHERE NOT i.enabled AND cardinality(i.licence_ids) > 0",
    "unbilled": "SELECT sum((evidence ->> 'money_difference')::numeric) FROM finding WHERE check_name = 'under_billed'",
    "overbilled": "SELECT sum(-(evidence ->> 'money_difference')::numeric) FROM finding WHERE check_name = 'over_billed'",
    "grave": "SELECT count(*) FROM finding WHERE severity IN ('critical', 'high') AND state = 'open'",
    "issues": "SELECT coalesce(sum(records), 0) FROM v_data_quality WHERE state = 'issue'",
    "quarantined": "SELECT coalesce(sum(records), 0) FROM v_data_quality WHERE state = 'quarantined'",
    "fresh": "SELECT 0",
    "findings": "SELECT 0",
}
"""Each figure, from the views; a share is two columns."""
ELSEWHERE = {"fresh", "findings"}
"""Told by tests of their own."""


async def test_every_figure_is_that_of_the_views(estate: Any) -> None:
    await _fill(estate)
    counted = await _counted(estate, estate.client)
    told = {name: value for made in counted for name, value in _figures(made).items()}
    fleet = {name: value for made in await _counted(estate, None) for name, value in _figures(made).items()}

    assert set(VIEWS) >= set(told)
    for name, value in told.items():
        if name in ELSEWHERE:
            continue
        [row] = await estate.run("mspbyte_reader", VIEWS[name])
        numbers = tuple(map(Decimal, _numbers(value)))
        assert numbers == tuple(map(Decimal, row)), name
    assert fleet == told, "one client is the whole fleet"


def _numbers(value: Any) -> Iterable[Any]:
    """Those a figure is told by: a share's two; of money the amounts."""
    match value:
        case dict():
            return value.values()
        case list():
            return [one["amount"] for one in value]
        case _:
            return (value,)


def _unnamed(amount: str) -> list[dict[str, str | None]]:
    """Money in a currency nobody named."""
    return [{"amount": amount, "currency": None}]


async def test_the_three_forms_say_the_same(estate: Any) -> None:
    await _fill(estate)
    made = await estate.report("licences")
    cells, html = _cells(made["csv"]), made["html"]

    assert (made["state"], made["json"]["client"]) == ("ready", "Example Ltd")
    assert _figures(made) == {
        "unbilled": _unnamed("4.50"),
        "overbilled": _unnamed("22.50"),
        "unused": 12,
        "departed": 1,
    }
    for name, value in _figures(made).items():
        assert [cells["figures", "", name, "value"]] == list(map(str, _numbers(value)))
    assert [row["state"] for row in _table(made, "billing")["rows"]] == ["under", "over"]
    for shown in ("<dd>4.50</dd>", "<dd>22.50</dd>", "<dd>12</dd>", "Example Ltd"):
        assert shown in html


async def test_totals_are_the_sums_of_their_rows_to_the_cent(estate: Any) -> None:
    await _fill(estate)
    made = await estate.report("licences")
    lines = _table(made, "billing")["rows"]

    for direction, state in enumerate(("under", "over")):
        total = _table(made, "totals")["rows"][direction]
        amounts = [abs(Decimal(row["amount"][0]["amount"])) for row in lines if row["state"] == state]
        assert (total["amount"], total["services"]) == (_unnamed(str(sum(amounts))), len(amounts))
    for fleet in await _counted(estate, None):
        clients = _table(fleet, "clients")
        for name, total in clients["total"].items():
            if isinstance(total, int):
                assert total == sum(row[name] for row in clients["rows"] if row[name] is not None)


async def test_a_page_asks_for_nothing_holds_no_script_and_can_be_read_aloud(estate: Any) -> None:
    """Names are text in HTML and in a spreadsheet; each chart has a text and a table; headings step down one by one."""
    await _fill(estate)
    for report in REPORTS:
        for fleet in (False, True):
            made = await estate.report(report, fleet=fleet)
            html = made["html"]
            assert not re.search(r"<(script|link|img|iframe|object|embed)|@import|\bsrc=|url\((?!#)", html)
            assert not set(re.findall(r'href="([^#"][^"]*)"', html))
            assert not re.search("[\n,]=", made["csv"])
            assert html.count('<svg role="img" aria-labelledby=') == html.count("<figure>")
            assert html.count("<table>") == html.count("<caption>") >= html.count("<figure>")
            assert [int(level) for level in re.findall(r"<h(\d)", html)][:2] == [1, 2]
            assert set(re.findall(r"<h(\d)", html)) == {"1", "2"}
            assert len(re.findall(r' id="([^"]+)"', html)) == len(set(re.findall(r' id="([^"]+)"', html)))
            assert '<html lang="en">' in html
    assert "&lt;script&gt;" in (await estate.report("licences"))["html"]


async def test_what_was_not_read_is_no_data_and_never_zero(estate: Any) -> None:
    await _start(estate)
    await estate.line("l1", units=3)
    await estate.complete("autotask/ContractServices", "m365/users")
    await estate.complete("m365/subscribedSkus", age=timedelta(days=3))
    licences, posture = await estate.report("licences"), await estate.report("posture")

    assert _figures(licences) == dict.fromkeys(("unbilled", "overbilled", "unused", "departed"))
    assert [(row["state"], row["actual"]) for row in _table(licences, "billing")["rows"]] == [("no data", None)]
    assert set(_figures(posture).values()) == {None}
    assert _cells(licences["csv"])["licences", "licences", "", ""] == "no data"
    assert "no data" in licences["html"]


async def test_a_client_without_sophos_and_one_without_anything_have_their_reports(estate: Any) -> None:
    await _start(estate)
    await estate.run("mspctl", "DELETE FROM account WHERE vendor = 'sophos'")
    await estate.device("m365/devices", "PC-1")
    await estate.complete("m365/devices")
    bare = uuid4()
    await estate.run(
        "svc_resolvers",
        "INSERT INTO client (id, msp_id, account_id, company_id, name) VALUES (%s, %s, %s, 'k2', NULL)",
        *(bare, estate.msp, estate.account["autotask"]),
    )

    coverage = await estate.report("coverage")
    assert _table(coverage, "classes")["rows"] == [
        {"class": "Workstation", "devices": 1, "in_use": 1, "entra": 1, "intune": None, "sophos": None, "psa": None}
    ]
    for report in REPORTS:
        made = await estate.report(report, client=bare)
        assert (made["state"], made["json"]["client"]) == ("ready", "Company k2")


async def test_the_past_is_what_it_was(estate: Any, database: Any) -> None:
    """A day later a seat more is held, an agent is protected, a device is gone and its finding resolved."""
    known = await _fill(estate)
    before = {made["json"]["report"]: made for made in await _counted(estate, estate.client)}
    database.execute("UPDATE account SET created_at = created_at - interval '9 days'")
    database.execute("UPDATE entity SET first_seen_at = first_seen_at - interval '9 days'")
    database.execute("UPDATE entity_relationship SET valid_from = valid_from - interval '9 days'")
    database.execute(
        "UPDATE finding SET opened_at = opened_at - interval '9 days', changed_at = changed_at - interval '9 days'"
    )
    database.execute("UPDATE finding_event SET at = at - interval '9 days'")
    database.execute(
        "INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, finished_at,"
        " traceparent)"
        " SELECT gen_random_uuid(), msp_id, job_id, account_id, vendor, resource, now() - interval '6 days', 'schedule',"
        " 'succeeded', now() - interval '6 days', '' FROM listing"
    )
    _change(database, known["licence"], "assigned", 13, 14)
    _change(database, known["agent"], "tamper_protection", False, True)
    _change(database, known["ann"], "enabled", True, False)
    await estate.delete(known["bare"])
    database.execute(
        "INSERT INTO entity_change (msp_id, entity_id, path, before, after, traceparent) VALUES (%s, %s, 'deleted', NULL,"
        " 'true', '')",
        *(estate.msp, known["bare"]),
    )
    await estate.evaluate("device", known["agent"], known["bare"])
    await estate.evaluate("licence", known["licence"])
    then = estate.now - timedelta(days=5)
    after = {made["json"]["report"]: made for made in await _counted(estate, estate.client, then)}

    unkept = {"protected", "unsupported", "unprotected", "unlisted", "issues", "quarantined"}
    for name, made in after.items():
        expected = {key: None if key in unkept else value for key, value in _figures(before[name]).items()}
        assert {**_figures(made), "fresh": None} == {**expected, "fresh": None}, name
    now = {made["json"]["report"]: made for made in await _counted(estate, estate.client)}
    assert _figures(now["licences"])["unused"] == 11
    assert _bare(after["coverage"]) == _bare(before["coverage"])
    assert "Device without endpoint protection" in _bare(before["coverage"])
    assert _bare(now["coverage"]) == []
    made = await estate.report("licences", at=then)
    assert (made["state"], made["json"]) == ("ready", after["licences"]["json"])


def _bare(made: dict[str, Any]) -> list[str]:
    return [row["check"] for row in _table(made, "findings")["rows"] if HOSTILE in row["evidence"]]


def _change(database: Any, entity: UUID, path: str, was: Any, now: Any) -> None:
    database.execute(
        "UPDATE entity SET normalized_data = jsonb_set(normalized_data, ARRAY[%s], %s) WHERE id = %s",
        *(path, Jsonb(now), entity),
    )
    database.execute(
        "INSERT INTO entity_change (msp_id, entity_id, path, before, after, traceparent)"
        " SELECT msp_id, id, %s, %s, %s, '' FROM entity WHERE id = %s",
        *(path, Jsonb(was), Jsonb(now), entity),
    )


async def test_a_record_that_moved_to_another_client_counts_where_it_was(estate: Any, database: Any) -> None:
    known = await _fill(estate)
    database.execute("UPDATE account SET created_at = created_at - interval '9 days'")
    database.execute("UPDATE entity SET first_seen_at = first_seen_at - interval '9 days'")
    await estate.run("svc_resolvers", "UPDATE entity SET client_id = %s WHERE id = %s", uuid4(), known["licence"])
    database.execute(
        "INSERT INTO entity_change (msp_id, entity_id, path, before, after, traceparent) VALUES (%s, %s, 'client_id', %s, %s,"
        " '')",
        *(estate.msp, known["licence"], Jsonb(str(estate.client)), Jsonb(str(uuid4()))),
    )
    async with transaction(await estate.pool("svc_workers"), estate.msp) as connection:
        now = await read(connection, estate.client, None)
        then = await read(connection, estate.client, estate.now - timedelta(days=1))

    assert now.clients[0].of("m365/subscribedSkus") == ()
    assert [one.id for one in then.clients[0].of("m365/subscribedSkus")] == [known["licence"]]


@pytest.mark.parametrize(
    ("name", "days", "said"),
    [
        ("executive", 1, "is yet to come"),
        ("executive", -801, "changes are kept for 800 days"),
        ("executive", -1, "nothing is known of that time"),
        ("weather", 0, "has no report"),
    ],
)
async def test_what_cannot_be_made_says_why(estate: Any, name: str, days: int, said: str) -> None:
    await _start(estate)
    at = estate.now + timedelta(days=days) if days else None
    made = await estate.report(name, at=at)

    assert made["state"] == "failed"
    assert said in made["error"]


async def test_a_report_on_nobody_fails_and_says_so(estate: Any) -> None:
    await _start(estate)
    made = await estate.report(client=uuid4())

    assert made["state"] == "failed"
    assert "there is no client" in made["error"]


async def test_what_nobody_foresaw_is_tried_again_and_said_after_the_last_attempt(
    estate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _start(estate)

    def broken(_document: object) -> str:
        message = "no ink"
        raise RuntimeError(message)

    monkeypatch.setattr("svc_workers.reports.make.html", broken)
    with pytest.raises(RuntimeError):
        await estate.report()
    made = await estate.report(attempts=3)

    assert (made["state"], made["error"]) == ("failed", "RuntimeError: no ink")


async def test_two_hundred_clients_are_read_in_as_many_statements_as_one(estate: Any, database: Any) -> None:
    await _fill(estate)
    one = await _statements(estate)
    _more_clients(database, estate, 199)
    many = await _statements(estate)
    made = await estate.report("executive", fleet=True)

    assert many == one
    clients = _table(made, "clients")
    assert len(clients["rows"]) == 200
    assert clients["total"]["unused"] == 12 + 199 * 3
    assert made["json"]["figures"][0]["clients"] == 200


async def _statements(estate: Any) -> int:
    """How many statements reading the fleet takes, as the database counts them."""
    count = 0
    execute = psycopg.AsyncCursor.execute

    async def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        return await execute(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", counted)
        async with transaction(await estate.pool("svc_workers"), estate.msp) as connection:
            await read(connection, None, None)
    return count


def _more_clients(database: Any, estate: Any, number: int) -> None:
    """Clients with a tenant, a licence that was read, and nothing else."""
    licence = {"sku_id": "x", "sku": "X", "name": "X", "bought": 8, "assigned": 5, "free": False, "state": "enabled"}
    more = {"warning": None, "suspended": None}
    statements = """
        INSERT INTO client (id, msp_id, account_id, company_id, name)
        SELECT md5('c' || n)::uuid, %(msp)s, %(psa)s, 'x' || n, 'Client ' || n FROM generate_series(1, %(n)s) n;
        INSERT INTO account (id, msp_id, connection_id, vendor, external_id, state, client_id)
        SELECT md5('a' || n)::uuid, %(msp)s, (SELECT connection_id FROM account WHERE id = %(m365)s), 'm365', 'x' || n,
               'mapped', md5('c' || n)::uuid FROM generate_series(1, %(n)s) n;
        INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
        SELECT md5('j' || n)::uuid, %(msp)s, md5('a' || n)::uuid, 'm365', 'subscribedSkus', 'every 86400s', 5, now()
        FROM generate_series(1, %(n)s) n;
        INSERT INTO listing (job_id, msp_id, account_id, vendor, resource, current_at)
        SELECT md5('j' || n)::uuid, %(msp)s, md5('a' || n)::uuid, 'm365', 'subscribedSkus', now()
        FROM generate_series(1, %(n)s) n;
        INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                            volatile_hash, normalized_data, client_id)
        SELECT md5('e' || n)::uuid, %(msp)s, md5('a' || n)::uuid, 'm365', 'subscribedSkus', 'licence', 'x', '{}', '', '',
               %(licence)s, md5('c' || n)::uuid FROM generate_series(1, %(n)s) n
    """
    values = {
        "msp": estate.msp,
        "psa": estate.account["autotask"],
        "m365": estate.account["m365"],
        "n": number,
        "licence": orjson.dumps({**licence, **more}).decode(),
    }
    with psycopg.connect(database.admin_url) as connection:
        for statement in statements.split(";"):
            connection.execute(statement, values)
