"""A new version of a mapper or of rules has what the old one derived derived anew, in the background, without a vendor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.integration.derived.test_rebuild import rebuilt
from tests.integration.pipeline import Pipeline

from mspbyte_common.db.derivation import declare_versions
from mspbyte_common.db.engine import transaction
from mspbyte_common.models import Identity
from svc_linkers import link as stage
from svc_linkers.main import VERSIONS as LINKS
from svc_processors.main import read_names, versions
from svc_processors.process import NORMALIZERS
from svc_resolvers.main import VERSIONS as RULES
from svc_scheduler.rebuild import store, walk

USERS = ("m365", "users")
MAPPERS = versions()


def _user(number: int) -> dict[str, Any]:
    return {"id": f"u{number:05}", "displayName": f"User {number}", "userPrincipalName": f"u{number}@example.com"}


@pytest.fixture
async def account(pipeline: Pipeline) -> UUID:
    """An account with 123 users and a licence."""
    account = pipeline.account("m365", "tenant")
    pipeline.put(account, "m365", "subscribedSkus", "licence", {"id": "s", "skuId": "s", "skuPartNumber": "SPB"})
    pipeline.put(account, "m365", "users", "identity", *(_user(number) for number in range(123)))
    await pipeline.drain()
    return account


async def _declare(pipeline: Pipeline, stage: str, versions: dict[str, str]) -> list[str]:
    role = {"process": "svc_processors", "resolve": "svc_resolvers", "link": "svc_linkers"}[stage]
    async with transaction(pipeline.pools[role], None) as connection:
        return await declare_versions(connection, stage, versions)


async def _renewed(pipeline: Pipeline) -> None:
    pipeline.database.execute("UPDATE derivation SET since = since - interval '2 minutes'")
    await walk.renew(pipeline.pools["svc_scheduler"])
    await rebuilt(pipeline)


async def test_versions_known_already_and_new_names_bring_no_rebuild(pipeline: Pipeline, account: UUID) -> None:
    assert await _declare(pipeline, "process", MAPPERS) == []
    assert await _declare(pipeline, "process", MAPPERS) == []
    assert await _declare(pipeline, "resolve", RULES) == []
    await _renewed(pipeline)
    assert pipeline.database.execute("SELECT * FROM rebuild") == []


async def test_a_raised_mapper_maps_its_records_anew_and_no_others(
    pipeline: Pipeline, account: UUID, monkeypatch
) -> None:
    await _declare(pipeline, "process", MAPPERS)
    others = "SELECT ctid, xmin FROM entity WHERE resource <> 'users'"
    before = pipeline.database.execute(others)
    old = NORMALIZERS[USERS]

    def renamed(raw: Any) -> Identity:
        return old.normalize({**raw, "displayName": raw["displayName"].upper()})

    monkeypatch.setitem(NORMALIZERS, USERS, replace(old, version=old.version + 1, normalize=renamed))
    assert await _declare(pipeline, "process", MAPPERS | {"m365/users": "2"}) == ["m365/users"]
    await _renewed(pipeline)
    rows = (
        "SELECT count(*), count(DISTINCT mapper_version) FROM entity WHERE normalized_data ->> 'display_name' ~ '^USER'"
    )
    assert pipeline.database.execute(rows) == [(123, 1)]
    assert pipeline.database.execute(others) == before
    assert pipeline.database.execute("SELECT reason, state FROM rebuild") == [
        ("version 2 of process m365/users", "done")
    ]
    kept = "SELECT path, count(*) FROM entity_change GROUP BY path"
    assert pipeline.database.execute(kept) == [("display_name", 123)]


async def test_a_raised_mapper_that_makes_the_same_of_them_writes_nothing(
    pipeline: Pipeline, account: UUID, monkeypatch
) -> None:
    await _declare(pipeline, "process", MAPPERS)
    monkeypatch.setitem(NORMALIZERS, USERS, replace(NORMALIZERS[USERS], version=2))
    await _declare(pipeline, "process", MAPPERS | {"m365/users": "2"})
    before = pipeline.written()
    pipeline.done.clear()
    await _renewed(pipeline)
    assert pipeline.written() == before
    assert {stage for stage, _ in pipeline.done} == {"process"}


async def test_a_refreshed_list_of_names_names_the_licences_anew_and_touches_nothing_else(
    pipeline: Pipeline, account: UUID, tmp_path
) -> None:
    await _declare(pipeline, "process", MAPPERS)
    others = "SELECT ctid, xmin FROM entity WHERE resource <> 'subscribedSkus'"
    before = pipeline.database.execute(others)
    file = tmp_path / "names.json"
    file.write_text('{"SPB": "Another name"}')
    try:
        assert read_names(file)
        assert await _declare(pipeline, "process", versions()) == ["m365/subscribedSkus"]
        await _renewed(pipeline)
    finally:
        read_names(None)
    named = "SELECT normalized_data ->> 'name' FROM entity WHERE resource = 'subscribedSkus'"
    assert pipeline.database.execute(named) == [("Another name",)]
    assert pipeline.database.execute(others) == before


async def test_other_rules_resolve_their_kind_anew(pipeline: Pipeline, account: UUID) -> None:
    await _declare(pipeline, "resolve", RULES)
    pipeline.database.execute("UPDATE entity SET normalized_data = normalized_data || '{\"upn_canonical\": \"old\"}'"
                              " WHERE kind = 'identity'")  # fmt: skip
    await _declare(pipeline, "resolve", RULES | {"identity": "keys 1 upn_canonical 2"})
    await _renewed(pipeline)
    found = "SELECT count(*) FROM entity WHERE normalized_data ->> 'upn_canonical' LIKE 'u%@example.com'"
    assert pipeline.database.execute(found) == [(123,)]


async def test_edges_of_a_rule_that_is_gone_end_and_return_with_it(
    pipeline: Pipeline, account: UUID, monkeypatch
) -> None:
    user = _user(0) | {"assignedLicenses": [{"skuId": "s", "disabledPlans": []}]}
    pipeline.put(account, "m365", "users", "identity", user)
    await pipeline.drain()
    assert await _declare(pipeline, "link", LINKS) == []
    held = "SELECT valid_to IS NULL FROM entity_relationship WHERE rule = 'licensed_with' ORDER BY id"
    assert pipeline.database.execute(held) == [(True,)]
    everything = stage.REFERENCES
    monkeypatch.setattr(stage, "REFERENCES", tuple(rule for rule in everything if rule.id != "licensed_with"))
    fewer = {kind: stage.Rules.of(kind).version for kind in LINKS}
    assert set(await _declare(pipeline, "link", fewer)) == {"identity", "licence"}
    await _renewed(pipeline)
    assert pipeline.database.execute(held) == [(False,)]
    monkeypatch.setattr(stage, "REFERENCES", everything)
    await _declare(pipeline, "link", LINKS)
    await _renewed(pipeline)
    assert pipeline.database.execute(held) == [(False,), (True,)]


async def test_it_begins_when_the_old_replicas_are_gone(pipeline: Pipeline, account: UUID) -> None:
    await _declare(pipeline, "process", MAPPERS)
    await _declare(pipeline, "process", MAPPERS | {"m365/users": "2"})
    assert await walk.renew(pipeline.pools["svc_scheduler"]) == 0
    assert pipeline.database.execute("SELECT name FROM derivation WHERE pending") == [("m365/users",)]


async def test_a_walk_hands_out_little_at_a_time_and_goes_on_where_it_was_interrupted(
    pipeline: Pipeline, account: UUID, monkeypatch
) -> None:
    pool, place = pipeline.pools["svc_scheduler"], "SELECT entities FROM rebuild"
    pipeline.database.execute(
        """INSERT INTO rebuild (id, msp_id, reason, stages, stage)
           VALUES (gen_random_uuid(), %s, 'asked', '{process}', 'process')""",
        pipeline.msp,
    )
    monkeypatch.setattr(walk, "STEP", 10)
    for _ in range(20):
        await walk.walk(pool)
    open_work = "SELECT count(*), max(cardinality(entity_ids)) FROM work"
    assert pipeline.database.execute(open_work) == [(walk.OPEN, 10)]
    [(handed_out,)] = pipeline.database.execute(place)
    assert 0 < handed_out <= walk.OPEN * 10
    finish = store.move

    async def dies(*arguments: Any) -> None:
        await finish(*arguments)
        raise ConnectionError("the scheduler dies here")

    await pipeline.drain()
    monkeypatch.setattr(store, "move", dies)
    with pytest.raises(ConnectionError):
        await walk.walk(pool)
    monkeypatch.setattr(store, "move", finish)
    pipeline.done.clear()
    assert pipeline.database.execute(place) == [(handed_out,)]
    await rebuilt(pipeline)
    handed = [entity for stage, entities in pipeline.done if stage == "process" for entity in entities]
    assert len(handed) == len(set(handed)) == 124 - handed_out
