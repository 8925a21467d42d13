"""A report in its three forms, whose numbers agree."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

ALL = (
    "m365/users",
    "m365/subscribedSkus",
    "m365/devices",
    "m365/managedDevices",
    "sophos/endpoints",
    "autotask/Contacts",
    "autotask/ConfigurationItems",
    "autotask/ContractServices",
)


async def _fill(estate: Any) -> None:
    await estate.start()
    licence = await estate.entity("m365/subscribedSkus", "licence", "SPB", bought=25, assigned=13)
    gone = await estate.entity(
        "m365/users", "identity", "bob", display_name="Bob <Gone>", enabled=False, licence_ids=("spb",)
    )
    ann = await estate.entity("m365/users", "identity", "ann", licence_ids=("spb",))
    for person in (gone, ann):
        await estate.link("licensed_with", person, licence)
    await estate.entity("autotask/Contacts", "contact", "k1")
    entra = await estate.device("m365/devices", "PC-1")
    intune = await estate.device("m365/managedDevices", "PC-1")
    agent = await estate.device("sophos/endpoints", "PC-1", tamper_protection=False)
    await estate.device("sophos/endpoints", "PC-2", last_seen_at=estate.now - timedelta(days=90))
    bare = await estate.device("m365/managedDevices", "=cmd()")
    await estate.merge(intune, entra)
    await estate.link("same_device", intune, agent)
    lines = [
        await estate.line("l1", units=0),
        await estate.line("l2", units=30, service="Microsoft 365 Business Premium"),
        await estate.line("l3", units=4, service="Backup"),
    ]
    await estate.complete(*ALL)
    await estate.evaluate("licence", licence)
    await estate.evaluate("device", entra, intune, agent, bare)
    await estate.evaluate("contract_line", *lines)


def _cells(text: str) -> dict[tuple[str, str, str], str]:
    return {(row["section"], row["item"], row["measure"]): row["value"] for row in csv.DictReader(io.StringIO(text))}


async def test_the_three_forms_say_the_same(estate: Any) -> None:
    await _fill(estate)
    made = await estate.report()
    numbers, cells, html = made["json"], _cells(made["csv"]), made["html"]

    assert made["state"] == "ready"
    assert made["as_of"][:19] == numbers["as_of"][:19]
    assert numbers["findings"]["open"] == len([s for s in (await estate.findings()).values() if s == "open"]) == 8
    assert numbers["licences"]["unused"] == 12
    assert numbers["billing"]["totals"] == {"under": "4.50", "over": "22.50", "net": "-18.00"}
    assert [row["state"] for row in numbers["billing"]["rows"]] == ["under", "over"]
    assert [row["person"] for row in numbers["departed"]] == ["Bob <Gone>"]
    assert {row["measure"]: row["value"] for row in numbers["people"]}["Microsoft 365 accounts"] == 2

    for measure, value in numbers["headline"].items():
        assert cells["headline", "", measure] == str(value)
    for row in numbers["findings"]["by_severity"]:
        assert cells["findings", row["severity"], "open"] == str(row["open"])
    assert cells["licences", "SPB", "unused"] == "12"
    assert cells["billing", "total", "net"] == "-18.00"
    for shown in ("Example Ltd", "4.50", "22.50", "Bob &lt;Gone&gt;", "PC-1 has tamper protection switched off"):
        assert shown in html
    assert "<dd>8</dd>" in html
    assert "<dd>12</dd>" in html


async def test_a_device_counts_once_however_many_sources_know_it(estate: Any) -> None:
    await _fill(estate)
    total = (await estate.report())["json"]["devices"]["total"]

    assert total == {"devices": 3, "in_use": 2, "entra": 1, "intune": 2, "sophos": 2, "psa": 0}


async def test_what_was_not_read_is_no_data_and_never_zero(estate: Any) -> None:
    await estate.start()
    await estate.line("l1", units=3)
    await estate.complete("autotask/ContractServices", "m365/users")
    await estate.complete("m365/subscribedSkus", age=timedelta(days=3))
    made = await estate.report()
    numbers, cells = made["json"], _cells(made["csv"])
    people = {row["measure"]: row["value"] for row in numbers["people"]}

    assert people["Microsoft 365 accounts"] == 0
    assert people["Contacts in the PSA"] is None
    assert numbers["licences"]["rows"] is None
    assert numbers["devices"]["rows"] is None
    assert numbers["departed"] is None
    assert [(row["state"], row["actual"]) for row in numbers["billing"]["rows"]] == [("no data", None)]
    assert numbers["billing"]["totals"]["under"] == "0.00"
    assert cells["licences", "", ""] == "no data"
    assert cells["freshness", "sophos/endpoints", "current_at"] == "no data"
    assert "no data" in made["html"]


async def test_the_page_loads_nothing_from_elsewhere_and_every_chart_has_a_text_and_a_table(estate: Any) -> None:
    await _fill(estate)
    html = (await estate.report())["html"]

    assert "<script" not in html
    assert "src=" not in html
    assert "<link" not in html
    assert html.count('<svg role="img"') == html.count("<figure>") == 3
    assert html.count("<table>") == html.count("<caption>") >= 6
    assert "font-family: inherit" in html


async def test_a_cell_that_a_spreadsheet_would_compute_is_quoted(estate: Any) -> None:
    await _fill(estate)
    text = (await estate.report())["csv"]

    assert "'=cmd() has no endpoint protection" in text
    assert "\n=" not in text


async def test_a_report_on_nobody_fails_and_says_so(estate: Any) -> None:
    await estate.start()
    made = await estate.report(client=uuid4())

    assert made["state"] == "failed"
    assert "there is no client" in made["error"]


async def test_what_nobody_foresaw_is_tried_again_and_said_after_the_last_attempt(
    estate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await estate.start()

    def broken(_numbers: object) -> str:
        message = "no ink"
        raise RuntimeError(message)

    monkeypatch.setattr("svc_workers.reports.client.html", broken)
    with pytest.raises(RuntimeError):
        await estate.report()
    made = await estate.report(attempts=3)

    assert (made["state"], made["error"]) == ("failed", "RuntimeError: no ink")
