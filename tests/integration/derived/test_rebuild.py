"""Whatever is derived can be derived again from the raw records: into the same rows, while it stays readable."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import orjson
import pytest
from tests.integration.derived.estates import Estate, open_estate
from tests.integration.pipeline import NOT_DERIVED, VOLATILE_COLUMNS, Pipeline

from mspbyte_common.db.schema import metadata
from mspctl.cli import invoke
from svc_scheduler.rebuild.walk import walk
from vendor_sim.mutate import mutate

SEEDS = [int(seed) for seed in os.environ.get("MSPBYTE_TEST_SEEDS", "1").split(",")]
CLIENTS = int(os.environ.get("MSPBYTE_TEST_CLIENTS", "1"))
DAYS, EVERY = 30, int(os.environ.get("MSPBYTE_TEST_EVERY", "10"))
"""A month, read after each so many days.

MSPBYTE_TEST_SEEDS=1,2,3 MSPBYTE_TEST_CLIENTS=12 is the proof over whole demo estates, MSPBYTE_TEST_EVERY=1 that day by day.
"""


@pytest.fixture(params=SEEDS)
async def estate(database, request) -> AsyncIterator[Estate]:
    """An estate that was read, lived on for a month with syncs in between, and was read in full again."""
    held = await open_estate(database, request.param, CLIENTS)
    await held.register()
    database.execute("UPDATE resource SET interval_seconds = 31536000")  # so that no list ages while the test runs
    await held.sync()
    misfit = held.bench.world.estate.autotask.contacts
    mutate(
        held.bench.world.estate, "autotask", "", "Contacts", "1", {**next(iter(misfit.values())), "id": 1, "phone": 7}
    )
    await held.live(DAYS, EVERY)
    await held.sync()
    yield held
    await held.bench.world.http.aclose()


def test_every_table_is_derived_or_says_why_it_is_not() -> None:
    assert not VOLATILE_COLUMNS.keys() & NOT_DERIVED.keys()
    assert VOLATILE_COLUMNS.keys() | NOT_DERIVED.keys() == metadata.tables.keys()
    for table, volatile in VOLATILE_COLUMNS.items():
        assert volatile <= {column.name for column in metadata.tables[table].columns}


async def rebuilt(pipeline: Pipeline) -> None:
    """Walks and works until the rebuild is over."""
    pool = pipeline.pools["svc_scheduler"]
    while pipeline.database.execute("SELECT 1 FROM rebuild WHERE state = 'open'"):
        await walk(pool)
        await pipeline.drain()


def _ctl(monkeypatch, capsys, pipeline: Pipeline, *arguments: str):
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    capsys.readouterr()
    assert invoke([*arguments, "--json"]) == 0
    return orjson.loads(capsys.readouterr().out)


async def test_a_rebuild_writes_nothing_and_brings_back_with_identical_hashes_what_was_lost(
    estate: Estate, monkeypatch, capsys
) -> None:
    pipeline = estate.pipeline
    before, rows = pipeline.derived(), pipeline.written()
    assert all(before.values()), "what is empty proves nothing"
    _ctl(monkeypatch, capsys, pipeline, "rebuild", "--from", "raw")
    await rebuilt(pipeline)
    assert pipeline.derived() == before
    assert pipeline.written() == rows
    pipeline.lose()
    assert pipeline.derived() != before
    _ctl(monkeypatch, capsys, pipeline, "rebuild", "--from", "raw")
    await rebuilt(pipeline)
    assert pipeline.by_their_past() == []
    assert pipeline.derived() == before
    assert pipeline.database.execute("SELECT count(*) FROM former_key") == [(0,)]
    states = [row["state"] for row in _ctl(monkeypatch, capsys, pipeline, "rebuild", "status")]
    assert states == ["done", "done"]
