"""What is wrong with the data is counted per client and rule, and only what was asked for is mapped again."""

from __future__ import annotations

from uuid import UUID

import orjson
from tests.integration.pipeline import Pipeline

from mspctl.cli import invoke


async def test_issues_and_misfits_are_counted_and_replayed_by_filter(pipeline: Pipeline, monkeypatch, capsys) -> None:
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    account = pipeline.account("sophos", "tenant", client_id=UUID(int=9))

    def ctl(*arguments: str):
        capsys.readouterr()
        assert invoke([*arguments, "--json"]) == 0
        return orjson.loads(capsys.readouterr().out)

    good = [{"id": f"e{number}", "hostname": f"pc{number}", "serialNumber": "None"} for number in range(3)]
    bad = [{"id": f"b{number}", "hostname": 7} for number in range(2)]
    pipeline.put(account, "sophos", "endpoints", "device", *good, *bad)
    await pipeline.drain()
    counted = [(row["state"], row["rule"], row["field"], row["records"]) for row in ctl("quality", "list")]
    assert counted == [
        ("issue", "serial_canonical", "serial", 3),
        ("quarantined", "a string was expected, not number", "$.hostname", 2),
    ]
    pipeline.database.execute("UPDATE quarantine SET since = '2026-01-01' WHERE entity_id = (SELECT min(entity_id::text)::uuid"
                              " FROM quarantine)")  # fmt: skip
    assert ctl("quarantine", "replay", "--path", "$.other") == {"replayed": 0}
    assert ctl("quarantine", "replay", "--path", "$.hostname", "--since", "2026-06-01") == {"replayed": 1}
    assert ctl("quarantine", "replay", "--vendor", "sophos", "--resource", "endpoints") == {"replayed": 2}
