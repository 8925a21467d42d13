"""Workflows from a file to an approved action, against a real database and the real stages."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import yaml
from tests.integration.svc_workers.conftest import Estate

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import Item
from mspctl.cli import invoke
from svc_scheduler.recover import due_actions
from svc_workers.actions.act import act
from svc_workers.evaluate import evaluate
from svc_workers.main import asked, declare

WORKFLOW: dict[str, Any] = {
    "workflow": "seats",
    "client": "Example Ltd",
    "when": {"checks": ["unused_seats"]},
    "do": [
        {
            "action": "ticket",
            "queue": 8,
            "priority": {"critical": 4, "high": 1, "medium": 2, "low": 3, "info": 3},
            "triage": {"queue": 9},
        },
        {"action": "webhook", "channel": "desk"},
    ],
}


@pytest.fixture
async def estate(database: Any, monkeypatch: Any) -> Estate:
    """The one msp of the database, its client with its company, a contact, and a finding about a licence."""
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", database.url("mspctl"))
    monkeypatch.delenv("MSPBYTE_DATABASE_PASSWORD_FILE", raising=False)
    made = await Estate(database).start()
    async with transaction(await made.pool("svc_workers"), made.msp) as connection:
        await declare(connection)
    await made.run("svc_resolvers", "UPDATE client SET company_id = '174' WHERE id = %s", made.client)
    await made.entity("autotask/Companies", "company", "174", company_id="174", name="Example Ltd")
    licence = await made.entity("m365/subscribedSkus", "licence", "SPB", assigned=1)
    await made.evaluate("licence", licence)
    assert (await made.findings())[("unused_seats", licence)] == "open"
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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The workflow as a person keeps it."""
    return _written(tmp_path / "seats.yaml", WORKFLOW)


def _written(held: Path, document: dict[str, Any]) -> Path:
    held.write_text(yaml.safe_dump(document))
    return held


async def _work(estate: Estate) -> None:
    handlers = {"evaluate": evaluate, "act": act, "report": asked}
    for number, stage, kind, ids in await estate.run(
        "mspctl", "SELECT id, stage, kind, entity_ids FROM work WHERE stage = ANY(%s) ORDER BY id", list(handlers)
    ):
        async with transaction(await estate.pool("svc_workers"), estate.msp) as connection:
            await handlers[stage](
                connection, Item(number, estate.msp, None, None, stage, kind, list(ids), 0, "00-0-0-01")
            )
            await connection.execute("DELETE FROM work WHERE id = %s", (number,))


async def _try(estate: Estate, ctl: Any, *arguments: str) -> Any:
    asking = asyncio.create_task(ctl("workflow", "try", *arguments))
    while not asking.done():
        await _work(estate)
        await asyncio.sleep(0)
    return await asking


async def test_everything_is_off_until_it_is_switched_on_and_goes_only_when_approved(
    estate: Estate, ctl: Any, file: Path
) -> None:
    assert {row["mode"] for row in await ctl("action", "mode")} == {"off"}
    assert (await ctl("workflow", "apply", str(file), "--existing"))["looked_at_again"] == 1
    await _work(estate)
    assert await ctl("action", "list") == []

    await ctl("action", "mode", "all", "automatic")
    await ctl("action", "mode", "ticket", "approve")
    await ctl("workflow", "apply", str(file), "--existing")
    await _work(estate)
    [proposed] = await ctl("action", "list")
    assert (proposed["kind"], proposed["state"], proposed["client"]) == ("ticket_create", "proposed", "Example Ltd")
    scheduler = await estate.pool("svc_scheduler")
    assert await due_actions(scheduler) == []

    assert await ctl("action", "approve", proposed["id"][:8]) == {
        "done": "approved",
        "actions": [proposed["id"]],
        "left": [],
    }
    assert [one[2:4] for one in await due_actions(scheduler)] == [("ticket", "autotask")]
    shown = await ctl("action", "show", proposed["id"])
    assert [step["step"] for step in shown["steps"]] == ["proposed", "approved"]
    assert shown["request"]["body"]["companyID"] == 174


async def test_a_dry_run_prints_the_exact_requests_and_writes_nothing(estate: Estate, ctl: Any, file: Path) -> None:
    result = await _try(estate, ctl, str(file))
    create, told = result["actions"]
    body = dict(create["request"]["body"])
    assert (create["kind"], create["request"]["method"], create["request"]["path"]) == (
        *("ticket_create", "POST"),
        "V1.0/Tickets",
    )
    assert body.pop("dueDateTime").endswith("Z")
    assert body.pop("externalID").startswith("mspbyte-")
    assert "What to do:" in body.pop("description")
    assert body.pop("title") == "9 of 10 seats of Business Premium are unused: Business Premium"
    assert body == {"companyID": 174, "queueID": 8, "priority": 3, "status": 1}
    assert told["request"]["message"]["finding"]["client"]["company_id"] == "174"
    assert await estate.run("mspctl", "SELECT FROM action") == []
    assert await estate.run("mspctl", "SELECT FROM workflow_trial") == []

    await ctl("action", "mode", "all", "automatic")
    await ctl("action", "mode", "ticket", "automatic")
    await ctl("workflow", "apply", str(file), "--existing")
    await _work(estate)
    [(request,)] = await estate.run("mspctl", "SELECT request FROM action")
    tried = create["request"]["body"]
    assert request["body"] == {**tried, "dueDateTime": request["body"]["dueDateTime"]}
    assert [one["kind"] for one in (await _try(estate, ctl, "seats"))["actions"]] == ["webhook"]


async def test_what_a_person_does_to_a_finding_is_followed(estate: Estate, ctl: Any, file: Path) -> None:
    await ctl("action", "mode", "all", "automatic")
    await ctl("action", "mode", "ticket", "approve")
    await ctl("workflow", "apply", str(file), "--existing")
    await _work(estate)
    [finding] = await ctl("finding", "list")
    await ctl("finding", "suppress", finding["id"], "--until", "2099-01-01", "--reason", "known")
    await _work(estate)
    assert [row["state"] for row in await ctl("action", "list")] == ["cancelled"]


async def test_a_rejected_action_stays_undone_and_a_failed_one_is_tried_again(
    estate: Estate, ctl: Any, file: Path
) -> None:
    await ctl("action", "mode", "all", "approve")
    await ctl("action", "mode", "ticket", "automatic")
    await ctl("action", "mode", "webhook", "automatic")
    await ctl("workflow", "apply", str(file), "--existing")
    await _work(estate)
    rejected = await ctl("action", "reject", "--all", "--kind", "ticket_create", "--reason", "by telephone")
    assert len(rejected["actions"]) == 1
    await estate.run("svc_workers", "UPDATE action SET state = 'failed', error = 'no' WHERE kind = 'webhook'")
    again = await ctl("action", "retry", "--all")
    assert {row["kind"]: row["state"] for row in await ctl("action", "list")} == {
        "ticket_create": "rejected",
        "webhook": "queued",
    }
    assert (await ctl("action", "retry", *rejected["actions"]))["left"] == rejected["actions"]
    assert [one[2:4] for one in await due_actions(await estate.pool("svc_scheduler"))] == [("notify", "webhook")]
    assert len(again["actions"]) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"client": "Nobody Ltd"}, "there is no client 'Nobody Ltd'"),
        ({"client": None, "group": "Nobody"}, "there is no group 'Nobody'"),
        ({"when": {"checks": ["no_such_check"]}}, "there is no check no_such_check"),
        ({"when": {"severity": "grave"}}, "when.severity"),
    ],
)
async def test_a_workflow_that_means_nothing_here_is_refused(
    estate: Estate, ctl: Any, file: Path, change: dict[str, Any], said: str
) -> None:
    _written(file, {**WORKFLOW, **change})
    assert said in await ctl("workflow", "apply", str(file), code=2)
    assert await estate.run("mspctl", "SELECT FROM workflow") == []


async def test_picklist_values_are_checked_where_they_were_read(estate: Estate, ctl: Any, file: Path) -> None:
    for value, active in (("8", True), ("9", False)):
        await estate.entity(
            "autotask/picklists",
            "picklist_value",
            f"Tickets.queueID.{value}",
            entity="Tickets",
            field="queueID",
            value=value,
            label=value,
            active=active,
        )
    said = await ctl("workflow", "apply", str(file), code=2)
    assert "ticket: queueID 9" in said
    assert "queueID 8" not in said


async def test_a_workflow_is_listed_shown_replaced_and_removed(estate: Estate, ctl: Any, file: Path) -> None:
    assert (await ctl("workflow", "check", str(file)))["workflow"] == "seats"
    await ctl("workflow", "apply", str(file), "--author", "Ann")
    [row] = await ctl("workflow", "list")
    assert (row["name"], row["scope"], row["target"], row["author"]) == ("seats", "client", "Example Ltd", "Ann")
    _written(file, {**WORKFLOW, "client": None})
    await ctl("workflow", "apply", str(file))
    shown = await ctl("workflow", "show", "seats")
    assert (UUID(row["id"]), shown["scope"]) == (UUID(shown["id"]), "global")
    await ctl("workflow", "remove", "seats")
    assert "there is no workflow" in await ctl("workflow", "show", "seats", code=2)
