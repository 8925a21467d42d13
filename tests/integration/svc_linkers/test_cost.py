"""What linking asks of the database does not grow with records, keys or rules: all of them ask together."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.integration.svc_linkers.world import Rec, World

STATEMENTS = 17
"""3 take the batch up, 5 say what it is, 2 whom it meets, 2 what tells those apart, 2 write, 3 keep the clusters."""
AROUND = ("set_config", "pg_current_xact")
"""What a transaction sends besides."""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement sent."""
    found: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noted(cursor: Any, query: Any, *given: Any, **more: Any) -> Any:
        found.append(str(query))
        return await execute(cursor, query, *given, **more)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    return found


async def _people(world: World, number: int, licence: str) -> list[str]:
    """People with contacts, licences, groups and devices of their own."""
    names = []
    for n in range(number):
        mine = (
            f"upn=u{n}@x",
            f"mail=u{n}@x",
            f"alias=a{n}@x",
            f"phone={n}",
            f"person_name=ann {n}",
            f"m365_member_id={n}",
        )
        keys = frozenset((*mine, f"m365_object_id={n}", f">m365_sku_id={licence}"))
        await world.put(f"i{n}", Rec("identity", "users", "m365", "client", keys))
        await world.put(
            f"c{n}", Rec("contact", "Contacts", "psa", "client", frozenset((f"email=u{n}@x", f"phone={n}")))
        )
        await world.put(f"d{n}", Rec("device", "devices", "m365", "client", frozenset((f">m365_object_id={n}",))))
        await world.put(f"g{n}", Rec("group", "groups", "m365", "client", frozenset((f">m365_member_id={n}",))))
        names.append(f"i{n}")
    return names


@pytest.mark.parametrize("number", [1, 12])
async def test_a_batch_costs_the_same_statements_however_many_records_it_has(
    world: World, sent: list[str], number: int
) -> None:
    for sku in ("a", "b"):
        await world.put(sku, Rec("licence", "skus", "m365", "client", frozenset({f"m365_sku_id={sku}"})))
    names = await _people(world, number, "a")
    await world.link(*world.records)
    await _people(world, number, "b")
    sent.clear()
    await world.link(*names)
    assert len(world.edges()) == number * 6
    linking = [one for one in sent if one and not any(word in one for word in AROUND)]
    assert len(linking) <= STATEMENTS


async def test_a_batch_that_meets_nobody_asks_only_what_it_is(world: World, sent: list[str]) -> None:
    await world.put("score", Rec("score", "secureScores", "m365", "client"))
    sent.clear()
    await world.link("score")
    assert len([one for one in sent if "entity_key" in one or "entity_relationship" in one]) == 2
