"""Reconciliations as a person asks for them: now and at a time, drilled down, by rules that are set and taken back."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.mspctl.test_check_commands import _work as work
from tests.integration.mspctl.test_check_commands import ctl, estate
from tests.integration.svc_workers.conftest import Estate

from mspctl.cli import invoke
from svc_workers.reconciliation.reads import BILLED_LISTS

__all__ = ["ctl", "estate"]

WORKSTATION = "Endpoint Protection - Workstation"
COUNTED = ("sophos/endpoints", "sophos/firewalls", "m365/subscribedSkus")


async def _asked(estate: Estate, ctl: Any, *arguments: str) -> Any:
    """What `reconcile show` says while svc-workers answers."""
    told = asyncio.create_task(ctl("reconcile", "show", "--seconds", "30", *arguments))
    while not told.done():
        await work(estate)
        await asyncio.sleep(0.05)
    return await told


async def _client(estate: Estate) -> tuple[Any, Any, Any]:
    """One line of one unit, and two agents; everything was read."""
    line = await estate.line("l1", units=1)
    await estate.complete(*BILLED_LISTS, *COUNTED)
    first = await estate.device("sophos/endpoints", "PC-1", tamper_protection=True)
    second = await estate.device("sophos/endpoints", "PC-2", tamper_protection=True)
    return line, first, second


async def test_what_is_billed_stands_beside_what_is_counted_down_to_the_machines(estate: Estate, ctl: Any) -> None:
    line, first, second = await _client(estate)

    made = await _asked(estate, ctl)
    [position] = made["positions"]
    [drilled] = (await _asked(estate, ctl, "--line", str(line)[:13], "--client", "Example Ltd"))["positions"]

    assert (position["state"], position["billed"], position["actual"], position["difference"]) == ("under", 1, 2, 1)
    assert (position["unit_price"], position["money_difference"], position["currency"]) == ("4.50", "4.50", None)
    assert made["totals"] == [{"currency": None, "under": "4.50", "over": "0.00", "net": "4.50", "without_price": 0}]
    assert drilled == position
    assert {one["entity_id"] for one in position["counted"]} == {str(first), str(second)}
    assert [one["entity_id"] for one in position["lines"]] == [str(line)]
    assert await estate.run("mspctl", "SELECT count(*) FROM reconciliation") == [(0,)]


async def test_a_report_names_the_same_money_in_the_same_currency(
    estate: Estate, ctl: Any, tmp_path: Path, capsys: Any
) -> None:
    await _client(estate)
    await estate.line("l2", units=7, service="Microsoft 365 Business Premium")
    licence = await estate.entity("m365/subscribedSkus", "licence", "SPB", bought=2, assigned=2)
    await estate.evaluate("licence", licence)
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\nrules:\n- {id: currency, currency: EUR}\n")
    await ctl("reconcile", "rule", "set", str(file))

    [totals] = (await _asked(estate, ctl))["totals"]
    made = await estate.report("licences")
    figures = {one["name"]: one["value"] for one in made["json"]["figures"]}
    assert await asyncio.to_thread(invoke, ["report", "show", made["id"]]) == 0
    said = capsys.readouterr().out

    assert totals == {"currency": "EUR", "under": "4.50", "over": "22.50", "net": "-18.00", "without_price": 0}
    assert figures["unbilled"] == [{"amount": totals["under"], "currency": totals["currency"]}]
    assert figures["overbilled"] == [{"amount": totals["over"], "currency": totals["currency"]}]
    for shown in (made["html"], said):
        assert "4.50 EUR" in shown
        assert "22.50 EUR" in shown


async def test_a_rule_that_is_set_is_felt_by_the_findings_and_one_that_is_taken_back_too(
    estate: Estate, ctl: Any, tmp_path: Path
) -> None:
    line, *_ = await _client(estate)
    await estate.evaluate("contract_line", line)
    before = await estate.findings()
    file = tmp_path / "rules.yaml"
    file.write_text(
        f"version: 1\nrules:\n- {{id: endpoint-workstation, services: {WORKSTATION}, exclude: in the flat}}\n"
        "- {id: currency, currency: EUR}\n"
    )
    assert [row["services"] for row in await ctl("reconcile", "rule", "check", str(file))] == [WORKSTATION, None]
    said = await ctl("reconcile", "rule", "set", str(file), "--client", "Example Ltd", "--author", "ann")
    await work(estate)
    excluded = await estate.findings()
    [position] = (await _asked(estate, ctl))["positions"]
    mine = [row for row in await ctl("reconcile", "rule", "list") if row["scope"] == "client"]
    await ctl("reconcile", "rule", "remove", "endpoint-workstation", "--client", "Example Ltd")
    await work(estate)

    assert before == {("under_billed", line): "open"}
    assert said["looked_at_again"] == 1
    assert excluded == {("under_billed", line): "resolved"}
    assert (position["state"], position["why"], position["currency"]) == ("excluded", "in the flat", "EUR")
    assert [(row["rule"], row["target"], row["author"]) for row in mine] == [
        ("currency", "Example Ltd", "ann"),
        ("endpoint-workstation", "Example Ltd", "ann"),
    ]
    assert (await estate.findings())[("under_billed", line)] == "regressed"


async def test_what_is_exported_can_be_set_again_and_a_file_that_does_not_fit_says_where(
    estate: Estate, ctl: Any, tmp_path: Path, capsys: Any
) -> None:
    assert await asyncio.to_thread(invoke, ["reconcile", "rule", "export", "--shipped"]) == 0
    shipped = tmp_path / "shipped.yaml"
    shipped.write_text(capsys.readouterr().out)
    said = await ctl("reconcile", "rule", "set", str(shipped))
    assert await asyncio.to_thread(invoke, ["reconcile", "rule", "export"]) == 0
    assert sorted(capsys.readouterr().out.split("- id: ")[1:]) == sorted(shipped.read_text().split("- id: ")[1:])
    assert "endpoint-server" in said["set"]

    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "version: 1\nrules:\n- {id: a, services: X, count: rows, of: sophos/endpoints, counts: c, where: {class: x}}\n"
        "- {id: b, services: X, count: rows, of: sophos/endpoints, counts: c, where: {device_class: workstatoin}}\n"
        "- {id: c, services: X}\n"
    )
    error = await ctl("reconcile", "rule", "check", str(wrong), code=2)
    for told in (
        "rules.0",
        "a device has no class",
        "rules.1",
        "never 'workstatoin'",
        "rules.2",
        "one of the keys count",
    ):
        assert told in error


async def test_the_same_question_about_a_past_time_has_the_answer_of_that_time(
    estate: Estate, ctl: Any, database: Any
) -> None:
    """Three days ago a third machine was there, one of today's was another client's, and the line billed at 4.00."""
    line, first, second = await _client(estate)
    gone = await estate.device("sophos/endpoints", "PC-3")
    then, changed = estate.now - timedelta(days=3), estate.now - timedelta(days=1)
    database.execute("UPDATE entity SET first_seen_at = %s", then - timedelta(days=30))
    database.execute("UPDATE entity SET deleted_at = %s WHERE id = %s", changed, gone)
    for entity, path, before, after in (
        (gone, "deleted", "null", "true"),
        (second, "client_id", "null", f'"{estate.client}"'),
        (line, "unit_price", '"4.00"', '"4.50"'),
    ):
        database.execute(
            "INSERT INTO entity_change (msp_id, entity_id, path, before, after, at, traceparent)"
            " VALUES (%s, %s, %s, %s, %s, %s, '')",
            *(estate.msp, entity, path, before, after, changed),
        )
    database.execute(
        "INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, traceparent,"
        " finished_at) SELECT gen_random_uuid(), msp_id, id, account_id, vendor, resource, %s, 'schedule', 'succeeded',"
        " '', %s FROM job",
        *(then - timedelta(hours=2), then - timedelta(hours=1)),
    )
    past = ["--at", then.isoformat()]
    [position] = (await _asked(estate, ctl, *past))["positions"]
    [again] = (await _asked(estate, ctl, *past))["positions"]
    [now] = (await _asked(estate, ctl))["positions"]
    unread = await _asked(estate, ctl, "--at", (then - timedelta(days=9)).isoformat())

    assert {one["entity_id"] for one in position["counted"]} == {str(first), str(gone)}
    assert (position["billed"], position["actual"], position["money_difference"]) == (1, 2, "4.00")
    assert again == position
    assert {one["entity_id"] for one in now["counted"]} == {str(first), str(second)}
    assert now["money_difference"] == "4.50"
    assert unread["positions"] == []
    assert [one["client"] for one in unread["no_data"]] == ["Example Ltd"]


async def test_a_time_nothing_is_kept_of_is_refused(estate: Estate, ctl: Any) -> None:
    asking = asyncio.create_task(
        ctl("reconcile", "show", "--at", (estate.now - timedelta(days=900)).isoformat(), "--seconds", "30", code=1)
    )
    while not asking.done():
        await work(estate)
        await asyncio.sleep(0.05)

    assert "800 days" in await asking


async def test_a_csv_file_has_a_line_per_position_and_no_formula(estate: Estate, capsys: Any) -> None:
    await _client(estate)
    await estate.run("svc_resolvers", "UPDATE client SET name = '=cmd()'")
    asking = asyncio.create_task(asyncio.to_thread(invoke, ["reconcile", "show", "--csv", "--seconds", "30"]))
    while not asking.done():
        await work(estate)
        await asyncio.sleep(0.05)
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))

    assert (row["client"], row["service"], row["state"], row["money_difference"]) == (
        "'=cmd()",
        WORKSTATION,
        "under",
        "4.50",
    )


async def test_a_device_is_one_row_with_the_tools_that_know_it(estate: Estate, ctl: Any) -> None:
    await estate.complete("sophos/endpoints", "m365/devices", "m365/managedDevices")
    agent = await estate.device("sophos/endpoints", "PC-1")
    intune = await estate.device("m365/managedDevices", "PC-1")
    await estate.device("m365/devices", "PC-2", device_class="unknown")
    await estate.cluster("same_device", agent, intune)

    rows = await ctl("reconcile", "coverage", "--client", "Example Ltd")
    without = await ctl("reconcile", "coverage", "--client", "Example Ltd", "--missing", "sophos")
    [sums] = await ctl("reconcile", "coverage")

    known = [(row["name"], row["entra"], row["intune"], row["sophos"], row["psa"]) for row in rows]
    assert known == [("PC-1", False, True, True, None), ("PC-2", True, False, False, None)]
    assert set(rows[0]["record_ids"]) == {str(agent), str(intune)}
    assert [row["name"] for row in without] == ["PC-2"]
    assert (sums["devices"], sums["entra"], sums["intune"], sums["sophos"], sums["psa"]) == (2, 1, 1, 1, None)


async def test_a_person_is_one_row_with_the_sources_that_know_them(estate: Estate, ctl: Any) -> None:
    await estate.complete("m365/users", "autotask/Contacts")
    ann = await estate.entity("m365/users", "identity", "u1", object_id="u1", display_name="Ann Example")
    contact = await estate.entity("autotask/Contacts", "contact", "k1", first_name="Ann", last_name="Example")
    await estate.entity("autotask/Contacts", "contact", "k2", first_name="Bob", last_name="Sample", active=False)
    await estate.cluster("same_person", ann, contact)

    rows = await ctl("reconcile", "people", "--client", "Example Ltd")

    told = [(row["name"], row["m365"], row["psa"], row["sophos"], row["active_contact"]) for row in rows]
    assert told == [("Ann Example", True, True, None, True), ("Bob Sample", False, True, None, False)]


@pytest.mark.parametrize("arguments", [("coverage", "--missing", "sophos"), ("people", "--missing", "fax")])
async def test_a_question_that_makes_no_sense_says_what_would(estate: Estate, ctl: Any, arguments: Any) -> None:
    assert (await ctl("reconcile", *arguments, code=2)).strip()


async def test_nobody_bills_the_msp_itself(estate: Estate, ctl: Any) -> None:
    await estate.complete(*BILLED_LISTS, *COUNTED)
    await estate.entity("autotask/Services", "service", "s1")
    await estate.device("sophos/endpoints", "PC-1")
    billed = await _asked(estate, ctl)
    await estate.run("svc_resolvers", "UPDATE client SET is_msp = true")

    assert [one["state"] for one in billed["positions"]] == ["missing_line"]
    assert (await _asked(estate, ctl))["positions"] == []
    assert (await _asked(estate, ctl, "--client", "Example Ltd"))["positions"] == []
