"""A vendor that changes what it sends is noticed once per path, and nothing breaks or stands still for it."""

from __future__ import annotations

import orjson
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tests.integration.pipeline import Pipeline

from mspctl.cli import invoke

PERSON = {"id": "p1", "userType": "Member", "displayName": "Ada", "assignedLicenses": [{"skuId": "a"}]}


async def test_departures_are_counted_in_one_row_each_after_the_first_day(
    pipeline: Pipeline, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    account = pipeline.account("m365", "tenant")

    async def put(*records: dict) -> list[tuple]:
        pipeline.put(account, "m365", "users", "identity", *records)
        await pipeline.drain()
        return pipeline.database.execute("SELECT path, kind, example, records FROM drift ORDER BY path, kind")

    assert await put(PERSON) == []
    assert await put(PERSON | {"id": "p2", "jobTitle": "Countess"}) == []
    pipeline.database.execute("UPDATE shape SET since = since - interval '2 days'")
    known = pipeline.database.execute("SELECT xmin FROM shape")
    assert await put(PERSON | {"displayName": "Ada B."}, PERSON | {"id": "p3"}) == []
    changed = [
        {**PERSON, "id": f"p{number}", "userType": "Agent", "badge": "secret", "assignedLicenses": {"skuId": "a"}}
        for number in range(4, 9)
    ]
    expected = [
        ("$.assignedLicenses", "changed_type", "object", 5),
        ("$.assignedLicenses.skuId", "new_field", "string", 5),
        ("$.badge", "new_field", "string", 5),
    ]
    assert await put(*changed) == expected
    fitting = [record | {"assignedLicenses": [{"skuId": "a"}]} for record in changed]
    assert await put(*fitting) == [
        *expected[:2],
        ("$.badge", "new_field", "string", 10),
        ("$.userType", "new_word", "Agent", 5),
    ]
    assert pipeline.database.execute("SELECT count(*) FROM quarantine") == [(0,)]
    assert pipeline.database.execute("SELECT xmin FROM shape") == known
    capsys.readouterr()
    assert invoke(["drift", "list", "--vendor", "m365", "--json"]) == 0
    assert len(orjson.loads(capsys.readouterr().out)) == 4
    assert invoke(["drift", "accept", "--json"]) == 0
    assert orjson.loads(capsys.readouterr().out) == {"accepted": 4}
    assert await put(*(record | {"displayName": "Bob"} for record in fitting)) == []


@pytest.mark.parametrize(
    ("kind", "change", "path", "example"),
    [
        ("new_field", {"badge": "secret"}, "$.badge", "string"),
        ("missing_field", {"displayName": ...}, "$.displayName", "missing"),
        ("changed_type", {"displayName": 4711}, "$.displayName", "number"),
        ("new_word", {"userType": "Agent"}, "$.userType", "Agent"),
    ],
)
async def test_a_page_that_drifts_is_a_metric_a_line_in_the_log_and_a_row(
    pipeline: Pipeline, kind: str, change: dict, path: str, example: str
) -> None:
    account = pipeline.account("m365", "tenant")

    def measured() -> float:
        return REGISTRY.get_sample_value("mspbyte_drift_total", {**names, "kind": kind}) or 0.0

    async def put(*numbers: int) -> list[dict]:
        records = [{**PERSON, "id": f"p{number}"} | change for number in numbers]
        page = [{name: value for name, value in record.items() if value is not ...} for record in records]
        pipeline.put(account, "m365", "users", "identity", {**PERSON, "id": f"as ever {numbers}"}, *page)
        with capture_logs() as lines:
            await pipeline.drain()
        return [line for line in lines if line["event"] == "schema_drift"]

    names = {"vendor": "m365", "resource": "users"}
    pipeline.put(account, "m365", "users", "identity", PERSON)
    await pipeline.drain()
    pipeline.database.execute("UPDATE shape SET since = since - interval '2 days'")
    before = measured()
    assert await put(1, 2) == [{"event": "schema_drift", "log_level": "warning", "path": path, "kind": kind, **names}]
    assert measured() == before + 2
    row = "SELECT path, kind, example, records FROM drift"
    assert pipeline.database.execute(row) == [(path, kind, example, 2)]
    assert await put(3) == [], "a line once, a count for each"
    assert pipeline.database.execute(row) == [(path, kind, example, 3)]
    assert measured() == before + 3
