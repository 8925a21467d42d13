"""One trace from the run the scheduler opens to the finding it leads to; every log line says which."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
import pytest
import structlog
from tests.integration.adapters.conftest import Bench
from tests.integration.pipeline import Pipeline

from mspbyte_common import ids, trace
from mspbyte_common.errors import UsageError
from mspbyte_common.jetstream.announce import Announcer
from mspbyte_common.ledger.alone import Alone
from mspbyte_common.ledger.item import Item
from mspbyte_common.service import receive_work
from svc_scheduler.jobs.tick import tick
from svc_scheduler.runs.choose import Caps
from svc_scheduler.runs.dispatch import dispatch

OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def _sync(bench: Bench, database: Any) -> tuple[Pipeline, UUID]:
    """The list of Sophos tenants, from its due job to findings; returns the run."""
    root = bench.roots["sophos"]
    database.execute(
        """
        INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)
        VALUES (%s, %s, %s, 'sophos', 'tenants', 'every 3600s', 5, now())
        """,
        *(ids.job_id(root, "tenants"), bench.msp, root),
    )
    pipeline = await Pipeline.open(database, bench.msp)
    await tick(pipeline.pools["svc_scheduler"])
    [(run, *_)] = await dispatch(pipeline.pools["svc_scheduler"], Caps())
    assert (await bench.carry_out(run))["state"] == "succeeded"
    await pipeline.drain()
    return pipeline, run


def _ancestors(spans: Any, span_id: str) -> list[str]:
    """Names of spans from this one to the trace's first."""
    known = {f"{one.context.span_id:016x}": one for one in spans.get_finished_spans()}
    names = []
    one = known.get(span_id)
    while one is not None:
        names.append(one.name)
        one = known[f"{one.parent.span_id:016x}"] if one.parent else None
    return names


async def test_a_finding_is_in_the_trace_of_the_run_that_led_to_it(tiny_bench, database, spans):
    _, run = await _sync(tiny_bench, database)
    [(began,)] = database.execute("SELECT traceparent FROM run WHERE id = %s", run)
    events = database.execute("SELECT run_id, traceparent FROM finding_event")
    assert events
    for its_run, traceparent in events:
        assert its_run == run
        assert trace.trace_id(traceparent) == trace.trace_id(began)
        evaluation, *before = _ancestors(spans, traceparent.split("-")[2])
        assert evaluation in {"evaluate account", "evaluate listing"}
        assert before == ["pull sophos tenants", "open sophos tenants"]
    assert {f"{one.context.trace_id:032x}" for one in spans.get_finished_spans()} == {trace.trace_id(began)}


async def test_each_stage_is_below_the_one_it_follows_from_and_requests_below_the_run(tiny_bench, database, spans):
    await _sync(tiny_bench, database)
    found = {one.name: _ancestors(spans, f"{one.context.span_id:016x}")[1:] for one in spans.get_finished_spans()}
    run = ["pull sophos tenants", "open sophos tenants"]
    assert found["process tenant"] == run
    assert found["resolve tenant"] == ["process tenant", *run]
    assert found["link tenant"] == ["resolve tenant", "process tenant", *run]
    assert found["GET sophos tenants"] == run
    assert found["POST sophos sign-in"] == run


async def test_spans_name_lists_and_classes_never_addresses_or_records(tiny_bench, database, spans):
    await tiny_bench.fault("sophos", path_contains="/tenants", action="status:500")
    await tiny_bench.read("sophos", tiny_bench.roots["sophos"], "tenants")
    told = {one.name: dict(one.attributes) for one in spans.get_finished_spans()}
    assert told["GET sophos tenants"] == {"mspbyte.status": "5xx"}
    assert told["pull sophos tenants"]["error.type"] == "transient"
    for one in spans.get_finished_spans():
        assert "://" not in one.to_json().replace("schemaurl", "")
        assert not one.events


async def test_where_nothing_is_recorded_the_context_goes_through_unchanged(tiny_bench, database):
    _, run = await _sync(tiny_bench, database)
    [(began,)] = database.execute("SELECT traceparent FROM run WHERE id = %s", run)
    assert {row[0] for row in database.execute("SELECT traceparent FROM finding_event")} == {began}


async def test_every_log_line_of_run_and_stage_says_trace_run_and_msp(tiny_bench, database, logged):
    pipeline, run = await _sync(tiny_bench, database)
    root = tiny_bench.roots["sophos"]
    [(work,)] = database.execute(
        """
        INSERT INTO work (msp_id, run_id, account_id, stage, kind, entity_ids, traceparent)
        VALUES (%s, %s, %s, 'link', 'device', ARRAY[gen_random_uuid()], %s)
        RETURNING id
        """,
        *(tiny_bench.msp, run, root, OTHER),
    )

    async def says(_connection: Any, item: Item) -> list[Any]:
        structlog.get_logger().info("at_work", item=item.id)
        raise LookupError("not there")

    service = SimpleNamespace(pool=pipeline.pools["svc_linkers"], announcer=Announcer(SimpleNamespace()), alone=Alone())
    data = orjson.dumps({"work": work, "msp": str(tiny_bench.msp)})
    message = SimpleNamespace(data=data, headers=None, metadata=SimpleNamespace(num_delivered=1))
    structlog.contextvars.clear_contextvars()
    await receive_work(service, "link", says)(message)
    lines = [orjson.loads(line) for line in logged.getvalue().splitlines()]
    told = {line["event"]: line for line in lines}
    [(began,)] = database.execute("SELECT traceparent FROM run WHERE id = %s", run)
    for event, of in (
        ("run_succeeded", began),
        ("at_work", OTHER),
        ("work_failed", OTHER),
    ):
        line = told[event]
        assert (line["run"], line["msp"]) == (str(run), str(tiny_bench.msp))
        assert line["trace"] == trace.trace_id(of)
    assert (told["work_failed"]["stage"], told["work_failed"]["work"]) == ("link", work)


def test_an_endpoint_without_the_exporter_is_said_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(UsageError, match=r"mspbyte-common\[otlp\]"), trace.exporting("x", "http://127.0.0.1:9"):
        pass
