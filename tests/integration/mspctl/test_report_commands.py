"""`mspctl report` against a real database, with the stage that makes reports at work beside it."""

from __future__ import annotations

import asyncio
import filecmp
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from tests.integration.svc_workers.conftest import Estate

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import Item
from mspctl.cli import invoke
from svc_workers.main import asked, declare


@pytest.fixture
async def estate(database: Any, monkeypatch: Any) -> Estate:
    """The one msp of the database, its client, and the reports declared."""
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
        ended = await asyncio.to_thread(invoke, ["report", *arguments, "--json"])
        said = capsys.readouterr()
        assert ended == code, said.err
        return orjson.loads(said.out) if code == 0 else said.err

    return run


@asynccontextmanager
async def _at_work(estate: Estate) -> AsyncIterator[None]:
    """The stage `report`, for as long as it is needed."""

    async def work() -> None:
        pool = await estate.pool("svc_workers")
        while True:
            async with transaction(pool, estate.msp) as connection:
                cursor = await connection.execute(
                    "DELETE FROM work WHERE stage = 'report' RETURNING id, kind, entity_ids"
                )
                for number, kind, ids in await cursor.fetchall():
                    await asked(connection, Item(number, estate.msp, None, None, "report", kind, ids, 0, "00-0-0-01"))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_report_is_made_listed_shown_and_written_again(estate: Estate, ctl: Any, tmp_path: Path) -> None:
    await estate.entity("m365/subscribedSkus", "licence", "SPB", assigned=6)
    await estate.complete("m365/subscribedSkus")
    async with _at_work(estate):
        made = await ctl("make", "licences", "--client", "example ltd", "--out", str(tmp_path))
        await ctl("make", "executive", "--out", str(tmp_path))
        said = await ctl("make", "executive", "--at", "2000-01-01", "--out", str(tmp_path), code=1)

    names = ["example-ltd-licences.html", "example-ltd-licences.json", "example-ltd-licences.csv"]
    assert [Path(path).name for path in made["paths"]] == names
    assert "changes are kept for 800 days" in said
    assert (tmp_path / "all-clients-executive.html").exists()

    rows = await ctl("list")
    assert [(row["name"], row["client"], row["state"]) for row in rows] == [
        ("executive", "all clients", "failed"),
        ("executive", "all clients", "ready"),
        ("licences", "Example Ltd", "ready"),
    ]
    shown = await ctl("show", rows[2]["id"][:13])
    assert {one["name"]: one["value"] for one in shown["document"]["figures"]}["unused"] == 4
    again = await ctl("write", rows[2]["id"], "--out", str(tmp_path / "again"))
    page = Path(again["paths"][0])
    assert page.name.startswith("example-ltd-licences-20")
    assert filecmp.cmp(page, tmp_path / names[0], shallow=False)
    assert "the report is failed" in await ctl("write", rows[0]["id"], code=1)


async def test_a_schedule_is_added_listed_and_removed(estate: Estate, ctl: Any) -> None:
    await estate.run(
        "mspctl", "INSERT INTO client_group (id, msp_id, name) VALUES (%s, %s, 'Gold')", *(uuid4(), estate.msp)
    )
    for more in ((), ("--every-client",), ("--client", "Example Ltd", "--keep-days", "30"), ("--group", "gold")):
        await ctl("schedule", "add", "executive", "0 6 1 * *", "--author", "ann", *more)
    rows = await ctl("schedule", "list")

    assert [(row["scope"], row["target"], row["keep_days"], row["author"]) for row in rows] == [
        ("client", "Example Ltd", 30, "ann"),
        ("client_group", "Gold", 400, "ann"),
        ("every_client", None, 400, "ann"),
        ("fleet", None, 400, "ann"),
    ]
    first = datetime.fromisoformat(rows[0]["next_fire_at"])
    assert (first.day, first.hour) == (1, 6)
    for row in rows:
        await ctl("schedule", "remove", row["id"])
    assert await ctl("schedule", "list") == []


async def test_what_cannot_be_is_refused_in_a_sentence(estate: Estate, ctl: Any) -> None:
    kinds = {row["name"] for row in await ctl("kinds")}
    assert kinds == {"coverage", "executive", "licences", "posture", "quality"}
    for arguments, said in (
        (("make", "weather"), "there is no report 'weather': it has coverage, executive"),
        (("make", "executive", "--client", "Nobody"), "there is no client 'Nobody'"),
        (("make", "executive", "--at", "yesterday"), "is no time"),
        (("schedule", "add", "executive", "at noon"), "neither 'every <seconds>s' nor a cron expression"),
        (("schedule", "add", "executive", "0 6 1 * *", "--every-client", "--client", "Example Ltd"), "give one of"),
        (("schedule", "remove", "0"), "there is no schedule '0'"),
        (("show", "0"), "there is no report '0'"),
    ):
        assert said in await ctl(*arguments, code=2)
