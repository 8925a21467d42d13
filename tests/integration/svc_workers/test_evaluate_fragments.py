"""Several records of one thing are judged once, under the leading one, by what all of them tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

UNPROTECTED = "no_endpoint_protection"
SOURCES = ("sophos/endpoints", "m365/managedDevices", "m365/devices")


async def _pair(estate: Any) -> tuple[Any, Any]:
    await estate.start()
    await estate.complete(*SOURCES)
    return await estate.device("m365/managedDevices", "PC-1"), await estate.device("m365/devices", "PC-1")


async def test_a_finding_of_a_record_that_became_a_fragment_resolves_and_returns_when_it_stands_alone(
    estate: Any,
) -> None:
    intune, entra = await _pair(estate)
    await estate.evaluate("device", intune, entra)
    apart = await estate.findings()
    await estate.merge(intune, entra)
    await estate.evaluate("device", intune, entra)
    together = await estate.findings()
    [(because,)] = await estate.run(
        "svc_workers", "SELECT evidence ->> 'resolved_because' FROM finding WHERE subject_id = %s", entra
    )
    await estate.split(intune)
    await estate.evaluate("device", intune, entra)

    assert apart == {(UNPROTECTED, intune): "open", (UNPROTECTED, entra): "open"}
    assert together == {(UNPROTECTED, intune): "open", (UNPROTECTED, entra): "resolved"}
    assert because == f"it is one thing with record {intune}, which is judged for both"
    assert await estate.findings() == {(UNPROTECTED, intune): "open", (UNPROTECTED, entra): "regressed"}


async def test_an_agent_found_at_any_record_counts_and_its_coming_has_the_leading_one_judged(estate: Any) -> None:
    intune, entra = await _pair(estate)
    await estate.merge(intune, entra)
    await estate.evaluate("device", intune)
    stood = await estate.findings()
    agent = await estate.device("sophos/endpoints", "PC-1", tamper_protection=True)
    await estate.link("same_device", agent, entra)
    await estate.evaluate("device", agent)

    assert stood == {(UNPROTECTED, intune): "open"}
    assert await estate.findings() == {(UNPROTECTED, intune): "resolved"}


async def test_a_thing_was_last_seen_when_any_of_its_records_was_and_has_the_fields_of_all(estate: Any) -> None:
    await estate.start()
    await estate.complete(*SOURCES)
    silent = estate.now - timedelta(days=40)
    intune = await estate.device("m365/managedDevices", "PC-1", last_seen_at=silent, device_class="unknown")
    entra = await estate.device("m365/devices", "PC-1")
    await estate.merge(intune, entra, device_class="server")
    await estate.evaluate("device", entra)
    in_use = await estate.findings()
    await estate.device("m365/devices", "PC-1", last_seen_at=silent)
    await estate.evaluate("device", entra)

    assert in_use == {(UNPROTECTED, intune): "open"}
    assert await estate.findings() == {(UNPROTECTED, intune): "resolved"}


async def test_a_thing_of_which_a_record_is_yet_to_be_linked_is_not_judged(estate: Any) -> None:
    intune, entra = await _pair(estate)
    await estate.merge(intune, entra)
    await estate.run(
        "svc_resolvers",
        "INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)"
        " VALUES (%s, %s, 'link', 'device', %s, '00-0-0-01')",
        *(estate.msp, estate.account["m365"], [entra]),
    )
    await estate.evaluate("device", intune)
    waiting = await estate.findings()
    await estate.run("svc_resolvers", "DELETE FROM work")
    await estate.evaluate("device", intune)

    assert waiting == {}
    assert await estate.findings() == {(UNPROTECTED, intune): "open"}


async def test_a_machine_set_up_anew_is_billed_once(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints", "autotask/ContractServices")
    line = await estate.line("l1", units=1)
    one, other = [await estate.device("sophos/endpoints", name, tamper_protection=True) for name in ("A", "B")]
    await estate.evaluate("contract_line", line)
    counted_apart = await estate.findings()
    await estate.merge(one, other)
    await estate.evaluate("device", one, other)

    assert counted_apart == {("under_billed", line): "open"}
    assert await estate.findings() == {("under_billed", line): "resolved"}


async def test_a_neighbour_that_is_a_fragment_stands_for_its_thing_once(estate: Any) -> None:
    intune, entra = await _pair(estate)
    await estate.merge(intune, entra, name="PC-1 of all")
    alert = await estate.entity("sophos/alerts", "alert", "a1")
    for record in (intune, entra):
        await estate.link("alert_on", alert, record)
    await estate.evaluate("alert", alert)

    [(devices,)] = await estate.run("svc_workers", "SELECT evidence -> 'devices' FROM finding")
    assert devices == ["PC-1 of all"]


async def test_the_agent_a_machine_had_before_it_was_set_up_anew_is_left_over(estate: Any) -> None:
    await estate.start()
    await estate.complete(*SOURCES)
    silent = estate.now - timedelta(days=40)
    new = await estate.device("sophos/endpoints", "PC-1", tamper_protection=True)
    old = await estate.device("sophos/endpoints", "PC-1 before", tamper_protection=True, last_seen_at=silent)
    await estate.merge(new, old)
    await estate.evaluate("device", new)

    found = await estate.findings()
    assert {key: state for key, state in found.items() if key[0] == "ghost_agent"} == {("ghost_agent", old): "open"}
