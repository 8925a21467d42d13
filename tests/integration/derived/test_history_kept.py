"""Each change of a field is kept, once, in the transaction that makes it; nothing else is."""

from __future__ import annotations

from uuid import UUID

import orjson
import pytest
from tests.integration.pipeline import Pipeline

from mspctl.cli import invoke

USER = {
    "id": "0E13F2C4-0000-4000-8000-000000000001",
    "displayName": "Ada Byron",
    "userPrincipalName": "Ada@Example.com",
    "mail": "ada@example.com",
    "accountEnabled": True,
    "assignedLicenses": [{"skuId": "a" * 8}, {"skuId": "b" * 8}],
}


@pytest.fixture
def account(pipeline: Pipeline) -> UUID:
    return pipeline.account("m365", "tenant")


async def _put(pipeline: Pipeline, account: UUID, **changes: object) -> UUID:
    [entity] = pipeline.put(account, "m365", "users", "identity", USER | changes)
    await pipeline.drain()
    return entity


def _history(pipeline: Pipeline) -> list[tuple[object, ...]]:
    return pipeline.database.execute("SELECT path, before, after FROM entity_change ORDER BY id")


async def test_a_new_record_and_one_sent_again_have_no_history(pipeline: Pipeline, account: UUID) -> None:
    await _put(pipeline, account)
    await _put(pipeline, account)
    assert _history(pipeline) == []


async def test_a_changed_field_is_kept_with_the_forms_resolvers_make_of_it(pipeline: Pipeline, account: UUID) -> None:
    await _put(pipeline, account)
    entity = await _put(pipeline, account, userPrincipalName="Lovelace@Example.com", accountEnabled=False)
    assert _history(pipeline) == [
        ("enabled", True, False),
        ("upn", "Ada@Example.com", "Lovelace@Example.com"),
        ("upn_canonical", "ada@example.com", "lovelace@example.com"),
    ]
    assert pipeline.document(entity)["upn_canonical"] == "lovelace@example.com"


async def test_a_list_keeps_what_left_and_what_came(pipeline: Pipeline, account: UUID) -> None:
    await _put(pipeline, account)
    await _put(pipeline, account, assignedLicenses=[{"skuId": "b" * 8}, {"skuId": "c" * 8}])
    assert _history(pipeline) == [("licence_ids[]", {"0": "a" * 8}, {"1": "c" * 8})]


async def test_a_volatile_field_leaves_no_history_and_is_written(pipeline: Pipeline, account: UUID) -> None:
    await _put(pipeline, account)
    entity = await _put(pipeline, account, signInActivity={"lastSignInDateTime": "2026-11-01T00:00:00Z"})
    await _put(pipeline, account, signInActivity={"lastSignInDateTime": "2026-11-02T00:00:00Z"})
    assert [row[0] for row in _history(pipeline)] == ["sign_in_known"]
    assert pipeline.document(entity)["last_sign_in_at"] == "2026-11-02T00:00:00Z"
    assert pipeline.document(entity)["upn_canonical"] == "ada@example.com"


async def test_going_and_returning_are_kept_once_and_the_return_restores_keys(
    pipeline: Pipeline, account: UUID
) -> None:
    entity = await _put(pipeline, account)
    keys = "SELECT key_type, key_value FROM entity_key WHERE entity_id = %s ORDER BY 1, 2"
    known = pipeline.database.execute(keys, entity)
    for _ in range(2):
        pipeline.delete("identity", account, entity)
        await pipeline.drain()
    assert pipeline.database.execute(keys, entity) == []
    await _put(pipeline, account)
    assert pipeline.database.execute(keys, entity) == known
    assert _history(pipeline) == [("deleted", None, True), ("deleted", True, None)]


async def test_a_client_that_changes_is_kept_with_who_it_was_before(pipeline: Pipeline, account: UUID) -> None:
    entity = await _put(pipeline, account)
    client = UUID(int=7)
    pipeline.database.execute("UPDATE account SET state = 'mapped', client_id = %s WHERE id = %s", client, account)
    pipeline.ask("resolve", "identity", account, [entity])
    await pipeline.drain()
    assert _history(pipeline) == [("client_id", None, str(client))]


async def test_a_change_that_is_rolled_back_leaves_no_history(pipeline: Pipeline, account: UUID, monkeypatch) -> None:
    await _put(pipeline, account)
    pipeline.put(account, "m365", "users", "identity", USER | {"displayName": "Other"})

    async def broken(*_: object) -> None:
        raise RuntimeError("the process dies here")

    monkeypatch.setattr("svc_processors.store.release", broken)
    with pytest.raises(AssertionError, match="retry"):
        await pipeline.drain()
    assert _history(pipeline) == []


async def test_a_record_stored_for_an_older_model_waits_for_its_mapping(pipeline: Pipeline, account: UUID) -> None:
    entity = await _put(pipeline, account)
    keys = pipeline.database.execute("SELECT * FROM entity_key ORDER BY key_type")
    pipeline.database.execute(
        """UPDATE entity SET normalized_data = normalized_data - 'aliases' || '{"since_removed": 1}'"""
    )
    pipeline.ask("resolve", "identity", account, [entity])
    await pipeline.drain()
    assert pipeline.database.execute("SELECT * FROM entity_key ORDER BY key_type") == keys
    pipeline.ask("process", "identity", account, [entity])
    await pipeline.drain()
    assert pipeline.document(entity)["aliases"] == []
    assert "since_removed" not in pipeline.document(entity)


async def test_an_entity_is_shown_as_it_was_at_any_time_with_the_edges_of_that_time(
    pipeline: Pipeline, account: UUID, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    pipeline.put(account, "m365", "subscribedSkus", "licence", {"id": "s", "skuId": "a" * 8, "skuPartNumber": "SPB"})
    states, shown = [], []
    for change in (
        {},
        {"displayName": "Countess", "assignedLicenses": [{"skuId": "b" * 8}]},
        {"mail": None, "proxyAddresses": ["smtp:x@example.com", "smtp:y@example.com"]},
    ):
        entity = await _put(pipeline, account, **change)
        [(now,)] = pipeline.database.execute("SELECT clock_timestamp()")
        states.append((now.isoformat(), pipeline.document(entity)))
    pipeline.delete("identity", account, entity)
    await pipeline.drain()
    for at, _ in states:
        assert invoke(["entity", "show", str(entity), "--at", at, "--json"]) == 0
        shown.append(orjson.loads(capsys.readouterr().out))
    volatile = {"last_sign_in_at", "last_non_interactive_sign_in_at"}
    assert [one["normalized_data"] for one in shown] == [
        {name: value for name, value in document.items() if name not in volatile} for _, document in states
    ]
    assert [one["deleted"] for one in shown] == [False] * 3
    assert [[edge["relation"] for edge in one["relationships"]] for one in shown] == [
        ["licensed_with"],
        [],
        ["licensed_with"],
    ]
    assert invoke(["entity", "show", str(entity), "--at", "2001-01-01"]) == 2
    assert "first seen" in capsys.readouterr().err
    assert invoke(["entity", "history", str(entity), "--json"]) == 0
    assert orjson.loads(capsys.readouterr().out)[0]["path"] == "deleted"
