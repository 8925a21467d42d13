"""What goes wrong at one vendor is said clearly, mends itself or waits for a person, and stops nobody else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from tests.e2e.world import World, running
from tests.leaks import leaks

from mspctl.cli import invoke
from mspctl.demo.operator import connect_vendors
from mspctl.tenants.connect import add_connection

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("fleet")]


async def _runs(world: World, where: str) -> list[dict[str, Any]]:
    """Runs as JSON, as soon as there are any like this."""
    while not (
        rows := world.owner(f"SELECT to_jsonb(r) FROM run r JOIN account a ON a.id = r.account_id WHERE {where}")
    ):
        await asyncio.sleep(0.1)
    return [row[0] for row in rows]


async def test_trouble_at_one_place_is_told_and_the_others_complete(ground: Path, capsys) -> None:
    async with running(ground / "fleet", connect=False) as world:
        known = orjson.loads(world.fleet.simulators_file.read_bytes())
        largest = max(world.truth["accounts"], key=lambda one: (one["vendor"] == "m365", one["company_id"] or 0))
        await world.fault("autotask", path_contains="/Contacts/", action="status:500", times=2)
        await world.fault("m365", path_contains="/managedDevices", action="malformed", account=largest["external_id"])
        connect_vendors(world.operator, world.fleet.simulators_file)
        add_connection(
            world.operator,
            "m365",
            "Wrong secret",
            {
                "partner_tenant_id": known["m365"]["partner_tenant_id"],
                "client_id": known["m365"]["client_id"],
                "login_url": known["m365"]["login"],
                "graph_url": known["m365"]["graph"],
            },
            {"client_secret": "this-is-not-it"},
        )
        add_connection(
            world.operator,
            "sophos",
            "Nobody there",
            {"client_id": "x", "identity_url": "http://127.0.0.1:9", "api_url": "http://127.0.0.1:9"},
            {"client_secret": "y"},
        )

        wrong = (await _runs(world, "r.state = 'parked' AND r.error_class = 'credential_invalid'"))[0]
        nobody = (await _runs(world, "r.error_class = 'unreachable'"))[0]
        malformed = (await _runs(world, "r.error_class = 'schema_drift'"))[0]
        recovered = (await _runs(world, "r.resource = 'Contacts' AND r.state = 'succeeded'"))[0]
        assert "AADSTS7000215" in wrong["error"]
        assert "not JSON" in malformed["error"]
        assert recovered["error_class"] is None
        assert await world.faults("autotask") == 2, "it was refused twice before it succeeded"

        directory = str(world.fleet.home.path)
        for run, advice in (
            (wrong, "mspctl connection set-secret"),
            (nobody, "Check the connection's address"),
            (malformed, "keep the run's number"),
        ):
            assert invoke(["run", "show", run["id"], "--json", "--dir", directory]) == 0
            shown = capsys.readouterr().out
            assert run["error_class"] in shown
            assert advice in shown
            assert "this-is-not-it" not in shown

        while world.owner(
            """
            SELECT 1 FROM run r JOIN account a ON a.id = r.account_id JOIN connection c ON c.id = a.connection_id
            WHERE c.name IN ('Autotask', 'Microsoft 365', 'Sophos') AND r.state IN ('queued', 'running') LIMIT 1
            """
        ) or world.owner("SELECT 1 FROM work LIMIT 1"):
            await asyncio.sleep(0.2)
        others = world.owner(
            """
            SELECT r.state, count(*) FROM run r JOIN account a ON a.id = r.account_id
            JOIN connection c ON c.id = a.connection_id
            WHERE c.name IN ('Autotask', 'Microsoft 365', 'Sophos') GROUP BY r.state ORDER BY r.state
            """
        )
        assert [state for state, _ in others] == ["failed", "parked", "succeeded", "unavailable"]
        assert dict(others)["failed"] == 1, "the malformed page alone"
        [(contacts,)] = world.owner("SELECT count(*) FROM entity WHERE resource = 'Contacts' AND deleted_at IS NULL")
        assert contacts > 500
        findings = world.owner(
            """
            SELECT f.evidence::text FROM finding f JOIN account a ON a.id = f.subject_id
            JOIN connection c ON c.id = a.connection_id WHERE f.check_name = 'account_parked' AND c.name = 'Wrong secret'
            """
        )
        assert len(findings) == 1
        assert "set-secret" in findings[0][0]
        assert world.owner("SELECT count(*) FROM dead_letter") == [(0,)]
        home = world.fleet.home.path
        places = {file.name: file.read_bytes() for file in (home / "logs").glob("*.log")}
        places |= {name: await _metrics(one["http"]) for name, one in world.fleet.addresses()["services"].items()}
        tables = [row[0] for row in world.owner("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        places |= {table: repr(world.owner(f"SELECT t::text FROM {table} t")).encode() for table in tables}
        secrets = {file.name: file.read_text().strip() for file in (home / "secrets").iterdir()}
        for vendor, part in (("m365", "client_secret"), ("autotask", "secret"), ("sophos", "client_secret")):
            secrets[f"{vendor} {part}"] = known[vendor][part]
        secrets |= {"wrong": "this-is-not-it", "integration code": known["autotask"]["integration_code"]}
        assert leaks(secrets, places) == set()


async def _metrics(address: str) -> bytes:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{address}/metrics")).content
