"""No secret is found anywhere it does not belong, after vendors that echo whatever they were told in every refusal."""

from __future__ import annotations

import base64
import io
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import uuid4

import httpx
import orjson
import pytest
from prometheus_client import generate_latest
from tests.conftest import PASSWORD
from tests.integration.adapters.conforming import CONFORMERS
from tests.integration.adapters.conftest import Bench
from tests.integration.pipeline import Pipeline
from tests.leaks import leaks

from mspbyte_common import logs, redaction
from mspbyte_common.jetstream.announce import Announcer
from mspbyte_common.ledger.perform import perform
from mspbyte_common.vendors import failures
from svc_workers.reports.make import report
from vendor_sim.in_memory import World

REFUSALS = ((401, False), (500, False), (302, False), (400, True), (500, True))
"""(status, whether the adapter has to sign in first); where it need not, a 401 makes it."""


class Echoes(httpx.AsyncBaseTransport):
    """Hands requests on, and notes tokens; while it has a status to refuse with, the answer repeats all it was told."""

    def __init__(self, real: httpx.AsyncBaseTransport, heard: set[str]) -> None:
        self._real, self._heard = real, heard
        self.refuses: int | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The vendor's answer, or a refusal."""
        told = [value for name, value in request.headers.items() if redaction.is_secret(name)]
        self._heard |= {value.rpartition(" ")[2] for value in told}
        if self.refuses is None:
            return await self._real.handle_async_request(request)
        plain = " ".join([*told, (await request.aread()).decode(), str(request.url)])
        said = (
            f"You sent {plain}, that is {quote(plain)} or {base64.b64encode(plain.encode()).decode()}, and it is wrong"
        )
        inner = said if "token" in request.url.path else {"code": "Odd", "message": said}
        body = {"error": inner, "error_description": said, "errors": [said], "message": said}
        return httpx.Response(
            self.refuses, json=body, headers={"location": f"https://elsewhere.example/?{quote(plain)}"}
        )


class Broker:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.published = bytearray()

    async def publish(self, subject: str, body: bytes, headers: dict[str, str]) -> None:
        """Kept."""
        self.published += orjson.dumps([subject, body.decode(), headers])


async def _sync(
    bench: Bench, database: Any, logged: io.StringIO, spans: Any, refusals: Any = REFUSALS
) -> tuple[dict[str, str], dict[str, bytes]]:
    """Each vendor's list read well, with a record that does not fit, and refused in every way, to findings and a report.

    Returns the secrets there were, and what they might have leaked into.
    """
    heard: set[str] = set()
    wires = {pattern: Echoes(wire, heard) for pattern, wire in bench.world.http._mounts.items()}
    http = httpx.AsyncClient(mounts={f"{one.pattern}": wire for one, wire in wires.items()}, trust_env=False)
    bench.world = World(bench.world.estate, bench.world.at, bench.world.apps, http)
    broker = Broker()
    bench.announcements = Announcer(broker)
    for conformer in CONFORMERS:
        listed, vendor = conformer.lists[0], conformer.vendor.name
        misfit = listed.key(999_999)
        listed.rows(bench.world)[misfit] = {**listed.record(misfit, "x"), listed.name: 7}
        account = bench.roots[vendor]
        if listed.account is not None:
            external_id, settings = listed.account(bench.world)
            account = bench.account(vendor, external_id, **settings)
        assert (await bench.read(vendor, account, listed.resource))["state"] == "succeeded"
        for status, signs_in in refusals:
            for wire in wires.values():
                wire.refuses = status
            if signs_in:
                conformer.forget()
            row = await bench.read(vendor, account, listed.resource)
            assert row["error"] is not None, (vendor, status)
            database.execute("UPDATE run SET state = 'failed' WHERE state = 'queued'")
        for wire in wires.values():
            wire.refuses = None
    pipeline = await Pipeline.open(database, bench.msp)
    await pipeline.drain()
    [(stage, work)] = database.execute(
        "INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent, attempts) "
        "VALUES (%s, 'process', 'device', %s, '00-0-0-01', 3) RETURNING stage, id",
        *(bench.msp, [uuid4()]),
    )

    async def broken(_connection: Any, item: Any) -> Any:
        raise ValueError(f"no such {item.kind}")

    assert (await perform(pipeline.pools[f"svc_{stage}ors"], bench.msp, work, broken)).outcome == "buried"
    await _report(pipeline, database)
    await http.aclose()
    tables = [row[0] for row in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    places = {table: repr(database.execute(f"SELECT t::text FROM {table} t")).encode() for table in tables}
    assert {"quarantine", "dead_letter", "finding", "run", "breaker", "report"} <= {
        name for name, content in places.items() if content != b"[]"
    }, "else a place is not tried"
    places |= {"logs": logged.getvalue().encode(), "metrics": generate_latest(), "messages": bytes(broker.published)}
    places["traces"] = "".join(one.to_json() for one in spans.get_finished_spans()).encode()
    assert places["messages"]
    assert places["traces"]
    secrets = {f"token {number}": token for number, token in enumerate(sorted(heard))}
    for conformer in CONFORMERS:
        _, parts, _ = conformer.connection(bench.world)
        secrets |= {f"{conformer.vendor.name} {name}": value for name, value in parts.items()}
    [kek] = bench.key_ring().keys.values()
    return secrets | {"database": PASSWORD, "key": base64.b64encode(kek).decode()}, places


async def _report(pipeline: Pipeline, database: Any) -> None:
    client, asked = uuid4(), uuid4()
    database.execute(
        "INSERT INTO client (id, msp_id, account_id, company_id, name) VALUES (%s, %s, %s, '7', 'Contoso')",
        *(client, pipeline.msp, uuid4()),
    )
    database.execute(
        "INSERT INTO report (id, msp_id, client_id, name, state) VALUES (%s, %s, %s, 'posture', 'requested')",
        *(asked, pipeline.msp, client),
    )
    [(work,)] = database.execute(
        "INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent) VALUES (%s, 'report', 'client', %s, '00-0-0-01') "
        "RETURNING id",
        *(pipeline.msp, [asked]),
    )
    assert (await perform(pipeline.pools["svc_workers"], pipeline.msp, work, report)).outcome == "done"
    assert database.execute("SELECT state FROM report") == [("ready",)]


async def test_no_secret_is_in_rows_logs_traces_metrics_messages_or_reports(tiny_bench, database, logged, spans):
    secrets, places = await _sync(tiny_bench, database, logged, spans)
    assert len(secrets) >= 8
    assert leaks(secrets, places) == set()


async def test_the_search_finds_what_leaks_where_nothing_is_taken_out_by_value(
    tiny_bench, database, logged, spans, monkeypatch
):
    monkeypatch.setattr(failures, "masked", lambda text: text)
    monkeypatch.setattr(logs, "masked", lambda text: text)
    secrets, places = await _sync(tiny_bench, database, logged, spans, ((302, False), (400, True), (500, True)))
    found = leaks(secrets, places)
    assert {"m365 client_secret", "sophos client_secret", "autotask secret"} <= {name for name, _ in found}
    assert {"run", "logs"} <= {place for _, place in found}


SECRET = "p@ss wörd/of+the=msp"
ECHOES = {
    "plain": SECRET,
    "percent-encoded": quote(f"secret={SECRET}&", safe=""),
    "a form": f"secret={quote_plus(SECRET)}&x=1",
    "JSON": orjson.dumps({"secret": SECRET}).decode(),
    "hexadecimal": SECRET.encode().hex(),
} | {
    f"base64 at {len(name)}": base64.b64encode(f"{name}{SECRET}!".encode()).decode()
    for name in ("", "u:", "me:", "you:")
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_a_secret_is_found_however_an_echo_spells_it_and_taken_out_so(echo):
    assert leaks({"it": SECRET}, {"here": echo.encode(), "there": b"x"}) == {("it", "here")}
    with redaction.remembering():
        redaction.remember({"X-Api-Key": f"Bearer {SECRET}"})
        said = redaction.masked(f"wrong: {echo}.")
    assert leaks({"it": SECRET}, {"said": said.encode()}) == set()
    assert said.startswith("wrong: ")
