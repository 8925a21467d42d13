"""The life of findings, counted in rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

GHOST = "ghost_agent"
TAMPER = "tamper_protection_off"
UNPROTECTED = "no_endpoint_protection"


async def _events(estate: Any) -> list[str]:
    rows = await estate.run("svc_workers", "SELECT state FROM finding_event ORDER BY id")
    return [state for (state,) in rows]


async def test_a_finding_opens_resolves_and_regresses_with_an_event_each(estate: Any) -> None:
    await estate.start()
    states = []
    for on in (False, True, False):
        await estate.evaluate("device", await estate.device("sophos/endpoints", "PC-1", tamper_protection=on))
        states.append(list((await estate.findings()).values()))

    assert states == [["open"], ["resolved"], ["regressed"]]
    assert await _events(estate) == ["open", "resolved", "regressed"]
    [(resolved_at, client)] = await estate.run("svc_workers", "SELECT resolved_at, client_id FROM finding")
    assert resolved_at is None
    assert client == estate.client


async def test_an_unchanged_evaluation_writes_no_row(estate: Any) -> None:
    await estate.start()
    agent = await estate.device("sophos/endpoints", "PC-1", tamper_protection=False)
    bare = await estate.device("m365/managedDevices", "PC-2")
    waiting = await estate.device("m365/devices", "PC-3")
    await estate.complete("sophos/endpoints")
    await estate.evaluate("device", agent, bare, waiting)
    before = await estate.rows()

    await estate.evaluate("device", agent, bare, waiting)

    assert len(before) > 3
    assert await estate.rows() == before


async def test_changed_evidence_rewrites_the_finding_without_an_event(estate: Any) -> None:
    await estate.start()
    device = await estate.device("sophos/endpoints", "PC-1", tamper_protection=False)
    await estate.evaluate("device", device)
    await estate.device("sophos/endpoints", "PC-1", tamper_protection=False, last_user="ann")
    await estate.evaluate("device", device)

    assert await estate.run("svc_workers", "SELECT evidence ->> 'user' FROM finding") == [("ann",)]
    assert await _events(estate) == ["open"]


async def test_what_a_person_decided_stands_while_the_verdict_does(estate: Any) -> None:
    await estate.start()
    device = await estate.device("sophos/endpoints", "PC-1", tamper_protection=False)
    await estate.evaluate("device", device)
    await estate.run("mspctl", "UPDATE finding SET state = 'acknowledged'")
    await estate.evaluate("device", device)
    kept = await estate.findings()
    await estate.device("sophos/endpoints", "PC-1", tamper_protection=True)
    await estate.evaluate("device", device)

    assert kept == {(TAMPER, device): "acknowledged"}
    assert await estate.findings() == {(TAMPER, device): "resolved"}


async def test_a_deleted_subject_resolves_its_finding_and_forgets_its_rechecks(estate: Any) -> None:
    await estate.start()
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.complete("sophos/endpoints")
    await estate.evaluate("device", device)
    stood = await estate.findings(), await estate.rechecks(UNPROTECTED)
    await estate.delete(device)
    await estate.evaluate("device", device)

    assert stood == ({(UNPROTECTED, device): "open"}, {(UNPROTECTED, device): None})
    assert await estate.findings() == {(UNPROTECTED, device): "resolved"}
    assert await estate.rechecks() == {}
    assert await estate.run("svc_workers", "SELECT evidence ->> 'resolved_because' FROM finding") == [
        ("it was deleted at its source",)
    ]


async def test_an_excluded_account_resolves_what_was_found_in_it_and_a_mapped_one_finds_it_again(estate: Any) -> None:
    await estate.start()
    device = await estate.device("sophos/endpoints", "PC-1", tamper_protection=False)
    await estate.evaluate("device", device)
    account = estate.account["sophos"]
    await estate.run("mspctl", "UPDATE account SET state = 'excluded', client_id = NULL WHERE id = %s", account)
    await estate.evaluate("account", account)
    excluded = await estate.findings()
    because = await estate.run("svc_workers", "SELECT evidence ->> 'resolved_because' FROM finding")
    await estate.run("mspctl", "UPDATE account SET state = 'unmapped' WHERE id = %s", account)
    await estate.evaluate("account", account)

    assert excluded == {(TAMPER, device): "resolved"}
    assert because == [("its account is excluded",)]
    assert await estate.findings() == {(TAMPER, device): "regressed", ("account_unmapped", account): "open"}


async def test_a_parked_account_is_found_and_resolved_when_it_runs_again(estate: Any) -> None:
    await estate.start()
    account = estate.account["m365"]
    park = "UPDATE account SET parked_class = %s, parked_reason = 'said so', parked_at = now() WHERE id = %s"
    await estate.run("svc_adapter_m365", park, "credential_invalid", account)
    await estate.evaluate("account", account)
    parked = await estate.findings()
    await estate.run("svc_adapter_m365", park, None, account)
    await estate.evaluate("account", account)

    assert parked == {("account_parked", account): "open"}
    assert await estate.findings() == {("account_parked", account): "resolved"}


async def test_another_msp_sees_none_of_it(estate: Any, database: Any) -> None:
    await estate.start()
    device = await estate.device("sophos/endpoints", "PC-1", tamper_protection=False)
    await estate.evaluate("device", device)
    other = await type(estate)(database).start()

    assert await other.findings() == {}
    assert len(await estate.findings()) == 1


async def test_an_account_that_is_not_known_any_more_resolves_what_was_found(estate: Any) -> None:
    await estate.start()
    account = await estate.add_account("sophos", "t9", mapped=False)
    await estate.evaluate("account", account)
    await estate.run("mspctl", "DELETE FROM account WHERE id = %s", account)
    await estate.evaluate("account", account)

    assert await estate.findings() == {("account_unmapped", account): "resolved"}


async def test_time_alone_resolves_a_finding_on_a_device_that_fell_silent(estate: Any) -> None:
    await estate.start()
    await estate.complete("sophos/endpoints")
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.evaluate("device", device)
    await estate.device("m365/managedDevices", "PC-1", last_seen_at=estate.now - timedelta(days=31))
    await estate.evaluate("recheck", device)

    assert await estate.findings() == {(UNPROTECTED, device): "resolved"}
    assert await estate.rechecks() == {}


async def test_whether_a_finding_stands_does_not_hang_on_which_vendor_was_mapped_first(estate: Any) -> None:
    await estate.start()
    account = estate.account["m365"]
    await estate.run("mspctl", "UPDATE account SET state = 'unmapped', client_id = NULL WHERE id = %s", account)
    await estate.complete("sophos/endpoints")
    silent = {"last_seen_at": estate.now - timedelta(days=60)}
    gone = await estate.device("sophos/endpoints", "PC-1", **silent)
    doubtful = await estate.device("sophos/endpoints", "PC-2", **silent)
    await estate.evaluate("device", gone, doubtful)
    alone = await estate.findings()
    assert await estate.run("svc_workers", "SELECT DISTINCT evidence -> 'no_account_of' FROM finding") == [(["m365"],)]

    await estate.run(
        "mspctl", "UPDATE account SET state = 'mapped', client_id = %s WHERE id = %s", estate.client, account
    )
    await estate.evaluate("account", account)
    mapped = await estate.findings()
    twin = await estate.device("m365/managedDevices", "PC-2")
    await estate.link("same_device", doubtful, twin, state="candidate")
    await estate.evaluate("listing", *await estate.complete("m365/managedDevices", "m365/devices"))

    assert alone == mapped == {(GHOST, gone): "open", (GHOST, doubtful): "open"}
    found = await estate.findings()
    assert (found[GHOST, gone], found[GHOST, doubtful]) == ("open", "resolved")
    [(evidence,)] = await estate.run("svc_workers", "SELECT evidence FROM finding WHERE subject_id = %s", gone)
    assert "no_account_of" not in evidence
