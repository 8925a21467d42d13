"""Lists reach PostgreSQL as they are, whatever form they are sent in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.adapt import PyFormat, Transformer

from mspbyte_common.db.engine import transaction

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("sent", "cast"),
    [
        ([ONE, OTHER], "uuid[]"),
        ([ONE, None], "uuid[]"),
        ([None, None], "uuid[]"),
        ([], "uuid[]"),
        (["a", 'b"c', None], "text[]"),
        ([1, 2, 1 << 40], "bigint[]"),
        ([True, None], "boolean[]"),
    ],
)
async def test_a_list_comes_back_as_it_was_sent(database: Any, sent: list[Any], cast: str) -> None:
    async with transaction(await database.pool("svc_workers"), None) as connection:
        cursor = await connection.execute(f"SELECT %s::{cast}", (sent,))
        assert await cursor.fetchone() == (sent,)


async def test_ids_are_sent_in_binary(database: Any) -> None:
    async with transaction(await database.pool("svc_workers"), None) as connection:
        sent = Transformer(connection).get_dumper([ONE, OTHER], PyFormat.AUTO).dump([ONE, OTHER])
        cursor = await connection.execute("SELECT pg_typeof(%s)::text, %s = ANY(%s)", ([ONE], ONE, [OTHER, ONE]))
        assert await cursor.fetchone() == ("uuid[]", True)

    assert sent is not None
    assert ONE.bytes in bytes(sent)
