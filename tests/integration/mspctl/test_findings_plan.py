"""Among a hundred thousand findings the listing, its filters and one finding are found by index."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from mspctl.findings import store as life
from mspctl.knowledge import store

FINDINGS = 100_000
READ = ("finding", "finding_event", "entity", "recheck")
"""Tables of which no more may be read than what is shown."""


@pytest.fixture
def planned(database: Any) -> Any:
    """Runs a statement's plan; the names of the tables it would read from end to end."""
    database.execute("INSERT INTO msp (id, name) VALUES (gen_random_uuid(), 'Acme')")
    database.execute(
        """
        INSERT INTO finding (id, msp_id, check_name, subject_id, subject_kind, client_id, severity, state, title, evidence,
                             opened_at, resolved_at)
        SELECT gen_random_uuid(), (SELECT id FROM msp), 'check' || n %% 40, gen_random_uuid(), 'device',
               md5((n %% 400)::text)::uuid, (ARRAY['critical', 'high', 'medium', 'low', 'info'])[1 + n %% 5],
               CASE WHEN n %% 3 = 0 THEN 'resolved' ELSE 'open' END, 'Title', '{}', now() - n * interval '1 minute',
               CASE WHEN n %% 3 = 0 THEN now() END
        FROM generate_series(1, %s) n
        """,
        FINDINGS,
    )
    database.execute(
        """
        INSERT INTO finding_event (msp_id, finding_id, state, severity, evidence, author)
        SELECT msp_id, id, state, severity, evidence, 'svc-workers' FROM finding
        """
    )
    database.execute("ANALYZE finding, finding_event")

    def scans(query: str, parameters: Any) -> list[str]:
        with psycopg.connect(database.admin_url) as connection:
            [(plan,)] = connection.execute(f"EXPLAIN (FORMAT JSON) {query}", parameters).fetchall()
        return sorted(_whole(plan[0]["Plan"]))

    return scans


def _whole(node: dict[str, Any]) -> set[str]:
    """The tables that a plan reads from end to end."""
    own = {node["Relation Name"]} if node["Node Type"] == "Seq Scan" else set()
    return own.union(*(_whole(child) for child in node.get("Plans", [])))


class _Recorder:
    """A connection that keeps the statement instead of running it."""

    def execute(self, query: str, parameters: Any = None) -> Any:
        self.said = (query, parameters)
        return self

    def fetchall(self) -> list[Any]:
        return []

    def fetchone(self) -> None:
        return None


def _statement(function: Any, *arguments: Any, **named: Any) -> tuple[str, Any]:
    recorder = _Recorder()
    function(recorder, *arguments, **named)
    return recorder.said


async def test_no_question_about_findings_reads_all_of_them(planned: Any, database: Any) -> None:
    [(one, client, subject)] = database.execute("SELECT id, client_id, subject_id FROM finding LIMIT 1")
    states = ("open", "regressed")
    questions = {
        "all": _statement(store.findings, states=states, limit=200),
        "check": _statement(store.findings, states=states, check="check7", limit=200),
        "client": _statement(store.findings, states=states, client_id=client, limit=200),
        "severity": _statement(store.findings, states=states, severity="high", limit=200),
        "subject": _statement(store.findings, states=states, subject_id=subject),
        "one": _statement(store.findings_between, one, one),
        "history": _statement(store.finding_events, one),
        "why": _statement(life.why, one),
        "inputs": _statement(life.inputs, one),
    }
    read = {name: planned(*statement) for name, statement in questions.items()}

    assert {name: [table for table in tables if table in READ[:2]] for name, tables in read.items()} == {
        name: [] for name in questions
    }
