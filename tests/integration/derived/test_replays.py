"""After a mended mapper a replay touches what waited for it and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest
from tests.integration.pipeline import STAGES, VOLATILE_COLUMNS, Pipeline

from mspbyte_common.ledger.perform import perform
from mspctl.cli import invoke
from svc_processors.process import NORMALIZERS

ENDPOINTS = ("sophos", "endpoints")
MAPPED = NORMALIZERS[ENDPOINTS]
SPOILED = {3, 7}
"""The records of ten whose host name is a number."""


@pytest.fixture
def account(pipeline: Pipeline, monkeypatch) -> UUID:
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    return pipeline.account("sophos", "tenant", client_id=UUID(int=9))


def _put(pipeline: Pipeline, account: UUID) -> list[UUID]:
    """Ten machines; ids of those that are spoiled."""
    records = [
        {"id": f"e{number}", "type": "computer", "hostname": number if number in SPOILED else f"pc{number}"}
        for number in range(10)
    ]
    stored = pipeline.put(account, *ENDPOINTS, "device", *records)
    return sorted(stored[number] for number in SPOILED)


def _mend(monkeypatch) -> None:
    """The mapper of tomorrow, which takes a number for a name."""

    def mended(raw: Any) -> Any:
        return MAPPED.normalize({**raw, "hostname": str(raw["hostname"])})

    monkeypatch.setitem(NORMALIZERS, ENDPOINTS, replace(MAPPED, version=MAPPED.version + 1, normalize=mended))


def _others(pipeline: Pipeline, spoiled: list[UUID]) -> list[tuple[object, ...]]:
    """Which transaction wrote each derived row of the other records, and where it stands."""
    about = {
        "entity": "id", "entity_key": "entity_id", "issue": "entity_id", "merged": "leading_id",
        "fragment": "entity_id", "quarantine": "entity_id", "client": "id", "entity_relationship": "source_id",
        "cluster_member": "entity_id", "finding": "subject_id", "recheck": "subject_id",
    }  # fmt: skip
    assert about.keys() == VOLATILE_COLUMNS.keys()
    return [
        row
        for table, column in about.items()
        for row in pipeline.database.execute(
            f"SELECT '{table}', ctid::text, xmin::text FROM {table} WHERE {column} <> ALL(%s) ORDER BY ctid", spoiled
        )
    ]


def _replayed(pipeline: Pipeline, *arguments: str) -> None:
    assert invoke([*arguments, "--json"]) == 0
    pipeline.done.clear()


def _mapped(pipeline: Pipeline, spoiled: list[UUID]) -> list[tuple[object, ...]]:
    rows = "SELECT mapper_version, normalized_data ->> 'name' FROM entity WHERE id = ANY(%s) ORDER BY 2"
    return pipeline.database.execute(rows, spoiled)


MENDED = [(MAPPED.version + 1, str(number)) for number in sorted(SPOILED, key=str)]


async def test_what_waits_in_quarantine_has_its_path_class_and_raw_record_and_is_replayed_alone(
    pipeline: Pipeline, account: UUID, monkeypatch, capsys
) -> None:
    spoiled = _put(pipeline, account)
    await pipeline.drain()
    waiting = """SELECT q.path, q.value_class, q.mapper_version, (e.raw_data ->> 'hostname')::int
                 FROM quarantine q JOIN entity e ON e.id = q.entity_id ORDER BY 4"""
    assert pipeline.database.execute(waiting) == [
        ("$.hostname", "number", MAPPED.version, number) for number in sorted(SPOILED)
    ]
    before = _others(pipeline, spoiled)
    _mend(monkeypatch)
    _replayed(pipeline, "quarantine", "replay", "--path", "$.hostname")
    await pipeline.drain()
    assert _mapped(pipeline, spoiled) == MENDED
    assert _others(pipeline, spoiled) == before
    assert {entity for stage, entities in pipeline.done if stage != "evaluate" for entity in entities} == set(spoiled)
    assert pipeline.database.execute("SELECT * FROM quarantine") == []


async def test_what_a_defect_of_a_mapper_buried_is_replayed_alone(
    pipeline: Pipeline, account: UUID, monkeypatch, capsys
) -> None:
    def defective(raw: Any) -> Any:
        if raw["hostname"] in SPOILED:
            raise ArithmeticError("a defect")
        return MAPPED.normalize(raw)

    monkeypatch.setitem(NORMALIZERS, ENDPOINTS, replace(MAPPED, normalize=defective))
    spoiled = _put(pipeline, account)
    await _process_to_the_end(pipeline)
    await pipeline.drain()
    [letters] = pipeline.database.execute(
        "SELECT array_agg(entity_ids[1] ORDER BY entity_ids[1]), max(cardinality(entity_ids)) FROM dead_letter"
    )
    assert letters == (spoiled, 1)
    before = _others(pipeline, spoiled)
    _mend(monkeypatch)
    capsys.readouterr()
    _replayed(pipeline, "dead", "replay", "--all", "--error-class", "ArithmeticError")
    assert len(orjson.loads(capsys.readouterr().out)["replayed"]) == len(SPOILED)
    await pipeline.drain()
    assert _mapped(pipeline, spoiled) == MENDED
    assert _others(pipeline, spoiled) == before
    assert {entity for stage, entities in pipeline.done if stage != "evaluate" for entity in entities} == set(spoiled)


async def _process_to_the_end(pipeline: Pipeline) -> None:
    """Does the process work as the fleet would, without its pauses, until each piece is done or buried."""
    role, handler = STAGES["process"]
    work: Callable[[], list[tuple[Any, ...]]] = lambda: pipeline.database.execute(  # noqa: E731
        "UPDATE work SET not_before = NULL WHERE stage = 'process' RETURNING id"
    )
    while numbers := work():
        for (number,) in numbers:
            await perform(pipeline.pools[role], pipeline.msp, number, handler)
