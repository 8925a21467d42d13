"""Whatever is derived can be derived again from the raw records: into the same rows, while it stays readable."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import orjson
import pytest
from tests.integration.derived.estates import Estate, open_estate
from tests.integration.pipeline import Pipeline

from mspctl.cli import invoke
from svc_scheduler.rebuild.walk import walk

SEEDS = [int(seed) for seed in os.environ.get("MSPBYTE_TEST_SEEDS", "1").split(",")]
CLIENTS = int(os.environ.get("MSPBYTE_TEST_CLIENTS", "1"))
"""MSPBYTE_TEST_SEEDS=1,2,3 MSPBYTE_TEST_CLIENTS=12 is the proof over whole demo estates; it takes minutes."""


LOSS = """
    UPDATE entity SET normalized_data = NULL, mapped_hash = NULL, mapped_volatile_hash = NULL, mapper_version = NULL,
                      client_id = NULL, repairs = NULL, resolved_hash = NULL;
    DELETE FROM entity_key; DELETE FROM issue; DELETE FROM merged; DELETE FROM fragment;
    DELETE FROM entity_relationship; DELETE FROM quarantine;
    DELETE FROM finding_event; DELETE FROM finding; DELETE FROM recheck; DELETE FROM client
"""


@pytest.fixture(params=SEEDS)
async def estate(database, request) -> AsyncIterator[Estate]:
    """An estate that was read, lived on for a month, and was read again."""
    held = await open_estate(database, request.param, CLIENTS)
    await held.sync()
    held.live_a_month()
    await held.sync()
    yield held
    await held.bench.world.http.aclose()


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
    assert before["merged"], "the estate has devices that several records tell of"
    _ctl(monkeypatch, capsys, pipeline, "rebuild", "--from", "raw")
    await rebuilt(pipeline)
    assert pipeline.derived() == before
    assert pipeline.written() == rows
    pipeline.database.execute(LOSS)
    assert pipeline.derived() != before
    _ctl(monkeypatch, capsys, pipeline, "rebuild", "--from", "raw")
    await rebuilt(pipeline)
    assert pipeline.derived() == before
    states = [row["state"] for row in _ctl(monkeypatch, capsys, pipeline, "rebuild", "status")]
    assert states == ["done", "done"]
