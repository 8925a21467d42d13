"""What a person sets for checks and says of findings, against a real database and the real checks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from tests.integration.svc_workers.conftest import Estate

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import Item
from mspctl.cli import invoke
from svc_workers.evaluate import evaluate
from svc_workers.main import asked, declare

SEATS = "unused_seats"
LATER = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"


@pytest.fixture
async def estate(database: Any, monkeypatch: Any) -> Estate:
    """The one msp of the database, its client, and the checks declared."""
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", database.url("mspctl"))
    monkeypatch.delenv("MSPBYTE_DATABASE_PASSWORD_FILE", raising=False)
    made = await Estate(database).start()
    async with transaction(await made.pool("svc_workers"), made.msp) as connection:
        await declare(connection)
    return made


@pytest.fixture
def ctl(capsys: Any) -> Any:
    """Runs a command with --json in a thread of its own, and returns what it says."""

    async def run(*arguments: str, code: int = 0) -> Any:
        ended = await asyncio.to_thread(invoke, [*arguments, "--json"])
        said = capsys.readouterr()
        assert ended == code, said.err
        return orjson.loads(said.out) if code == 0 else said.err

    return run


async def _work(estate: Estate) -> None:
    """Does the work that commands left, as the fleet would."""
    handlers = {"evaluate": evaluate, "report": asked}
    for number, stage, kind, ids in await estate.run(
        "mspctl", "SELECT id, stage, kind, entity_ids FROM work ORDER BY id"
    ):
        async with transaction(await estate.pool("svc_workers"), estate.msp) as connection:
            await handlers[stage](
                connection, Item(number, estate.msp, None, None, stage, kind, list(ids), 0, "00-0-0-01")
            )
            await connection.execute("DELETE FROM work WHERE id = %s", (number,))


async def _seats(estate: Estate) -> UUID:
    """Ten seats, six of them in use."""
    licence = await estate.entity("m365/subscribedSkus", "licence", "SPB", assigned=6)
    await estate.evaluate("licence", licence)
    return licence


async def _state(estate: Estate, licence: UUID) -> str | None:
    return (await estate.findings()).get((SEATS, licence))


async def test_the_narrowest_scope_counts_and_a_changed_parameter_is_looked_at_at_once(
    estate: Estate, ctl: Any
) -> None:
    licence = await _seats(estate)
    states = []
    for arguments in (
        ("check", "set", SEATS, "--param", "seats=5"),
        ("check", "set", SEATS, "--param", "seats=3", "--client", "Example Ltd"),
        ("check", "set", SEATS, "--param", "seats=9", "--entity", str(licence)),
        ("check", "unset", SEATS, "seats", "--entity", str(licence)),
        ("client", "group", "add", "Small"),
        ("client", "group", "join", "Small", "Example Ltd"),
        ("check", "unset", SEATS, "seats", "--client", "Example Ltd"),
        ("check", "set", SEATS, "--param", "seats=2", "--group", "Small"),
        ("client", "group", "leave", "Example Ltd"),
    ):
        await ctl(*arguments)
        await _work(estate)
        states.append(await _state(estate, licence))

    assert states == [
        *("resolved", "regressed", "resolved", "regressed"),
        *("regressed", "regressed", "resolved", "regressed", "regressed"),
    ], "the last one flaps: it stays until it was quiet"
    shown = await ctl("check", "show", SEATS)
    assert {(row["scope"], row["value"]) for row in shown["settings"]} == {("global", 5), ("client_group", 2)}


async def test_a_value_that_does_not_fit_is_refused_in_a_sentence(estate: Estate, ctl: Any) -> None:
    assert "a whole number" in await ctl("check", "set", SEATS, "--param", "seats=many", code=2)
    assert "sets no parameter" in await ctl("check", "set", SEATS, "--param", "colour=3", code=2)
    assert "there is no check" in await ctl("check", "show", "nonsense", code=2)
    assert "is over" in await ctl("check", "except", SEATS, "--until", "2020-01-01", "--reason", "x", code=2)


async def test_an_exception_resolves_says_who_and_why_and_is_over_when_it_ends(estate: Estate, ctl: Any) -> None:
    licence = await _seats(estate)
    await ctl(
        "check", "except", SEATS, "--entity", str(licence), "--until", LATER, "--reason", "seasonal", "--author", "kim"
    )
    await _work(estate)
    [excepted] = await ctl("check", "exceptions")
    [(because, due_at)] = await estate.run(
        "svc_workers",
        "SELECT evidence ->> 'resolved_because', due_at FROM finding f JOIN recheck r USING (subject_id, check_name)",
    )

    assert await _state(estate, licence) == "resolved"
    assert because == f"excepted until {LATER} by kim: seasonal"
    assert f"{due_at:%Y-%m-%d}" == LATER
    await ctl("check", "unexcept", str(excepted["id"]))
    await _work(estate)
    assert await _state(estate, licence) == "regressed"


async def test_a_dry_run_shows_what_would_open_and_close_and_writes_nothing(estate: Estate, ctl: Any) -> None:
    licence = await _seats(estate)
    other = await estate.entity("m365/subscribedSkus", "licence", "E3", sku_id="e3", sku="E3", assigned=9)
    before = await estate.rows()

    async def tried(*params: str) -> Any:
        asking = asyncio.create_task(ctl("check", "try", SEATS, *params))
        while not await estate.run("mspctl", "SELECT 1 FROM work"):
            await asyncio.sleep(0.05)
        await _work(estate)
        return await asking

    wide = await tried("--param", "seats=1")
    assert [row["subject_id"] for row in wide["opens"]] == [str(other)]
    assert (wide["judged"], wide["would_close"]) == (2, 0)
    narrow = await tried("--param", "seats=8")
    assert [row["subject_id"] for row in narrow["closes"]] == [str(licence)]
    assert await estate.rows() == before
    assert await estate.run("mspctl", "SELECT count(*) FROM check_trial") == [(0,)]


async def test_a_finding_is_acknowledged_suppressed_closed_and_opened_again_with_a_history(
    estate: Estate, ctl: Any
) -> None:
    licence = await _seats(estate)
    [row] = await ctl("finding", "list")
    finding = row["id"]
    await ctl("finding", "ack", finding, "--author", "kim")
    await ctl("finding", "suppress", finding, "--until", LATER, "--reason", "agreed", "--author", "kim")
    await _work(estate)
    suppressed = await ctl("finding", "show", finding)
    await ctl("finding", "comment", finding, "The client knows.", "--author", "lee")
    await ctl("finding", "resolve", finding, "--reason", "done", "--author", "kim")
    await _work(estate)

    assert suppressed["state"] == "suppressed"
    assert f"It is suppressed until {LATER} 00:00, and open again then." in suppressed["because"]
    assert await _state(estate, licence) == "resolved", "the check still says the same: a person's word holds"
    await estate.evaluate("licence", await estate.entity("m365/subscribedSkus", "licence", "SPB", assigned=5))
    assert await _state(estate, licence) == "regressed"
    shown = await ctl("finding", "show", finding)
    assert [(one["state"], one["author"], one["reason"]) for one in shown["events"]] == [
        ("open", "svc-workers", None),
        ("acknowledged", "kim", None),
        ("suppressed", "kim", "agreed"),
        ("suppressed", "lee", "The client knows."),
        ("resolved", "kim", "done"),
        ("regressed", "svc-workers", None),
    ]


async def test_a_suppression_that_is_over_opens_the_finding_again(estate: Estate, ctl: Any) -> None:
    licence = await _seats(estate)
    await estate.run("mspctl", "UPDATE finding SET state = 'suppressed', suppressed_until = now() + interval '1 hour'")
    await estate.evaluate("recheck", licence)
    held = await _state(estate, licence)
    await estate.run("mspctl", "UPDATE finding SET suppressed_until = now() - interval '1 second'")
    await estate.evaluate("recheck", licence)

    assert (held, await _state(estate, licence)) == ("suppressed", "open")


async def test_a_finding_that_cannot_close_says_what_it_waits_for(estate: Estate, ctl: Any) -> None:
    device = await estate.device("m365/managedDevices", "PC-1")
    await estate.complete("sophos/endpoints")
    await estate.evaluate("device", device)
    await estate.complete("sophos/endpoints", age=timedelta(days=9))
    await estate.evaluate("recheck", device)
    [finding] = await ctl("finding", "list", "--check", "no_endpoint_protection")
    shown = await ctl("finding", "show", finding["id"])

    assert shown["because"][0] == "The check cannot tell now: Sophos endpoints were not read in full lately."
    assert shown["because"][1] == "It is asked again when sophos/endpoints was read in full."
    assert [row["listing"] for row in shown["inputs"]] == ["sophos/endpoints"]
