"""SQL of `relink`, as the schema's owner, who sees every msp: keys, link work, and the graph that is tagged anew each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from mspbyte_common.ledger.item import BATCH
from mspbyte_common.ledger.store import Announcement

Connection = psycopg.AsyncConnection[Any]

TAGGED = (("licensed_with", "m365_sku_id", "identity", "licence"), ("member_of", "m365_member_id", "group", "identity"))
"""(relation, key, who refers, who is known by it): the two rules of the baseline, which are two of the linkers'."""


class KeyRow(NamedTuple):
    """A key of a record. Record, account and client are as good as one here: each account is its own client."""

    entity_id: UUID
    refers: bool
    key_type: str
    key_value: str
    kind: str
    account_id: UUID


async def keep(connection: Connection, msp: UUID, keys: Sequence[KeyRow]) -> None:
    """Writes the records and their keys, and the empty tagged graph."""
    await connection.execute("INSERT INTO msp (id, name) VALUES (%s, 'relink')", (msp,))
    records = {one.entity_id: one for one in keys}
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY entity (id, msp_id, account_id, client_id, vendor, resource, kind, external_id, raw_data, semantic_hash,"
            " volatile_hash) FROM STDIN"
        ) as copy,
    ):
        for one in records.values():
            place = one.account_id, one.account_id, "m365", one.kind, one.kind, str(one.entity_id)
            await copy.write_row((one.entity_id, msp, *place, "{}", b"", b""))
    await _add_keys(connection, msp, keys)
    await connection.execute(
        "CREATE TABLE tagged (source uuid, target uuid, relation text, tag int, UNIQUE (source, target, relation))"
    )
    await connection.execute("ANALYZE")


async def _add_keys(connection: Connection, msp: UUID, keys: Iterable[KeyRow]) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY entity_key (msp_id, entity_id, refers, key_type, key_value, kind, resource, account_id, client_id)"
            " FROM STDIN"
        ) as copy,
    ):
        for one in keys:
            key = one.refers, one.key_type, one.key_value
            await copy.write_row((msp, one.entity_id, *key, one.kind, one.kind, one.account_id, one.account_id))


async def replace(connection: Connection, msp: UUID, gone: Sequence[KeyRow], come: Sequence[KeyRow]) -> None:
    """Keys that go and keys that come, as a resolver leaves them."""
    await connection.execute(
        """
        DELETE FROM entity_key k USING unnest(%s::uuid[], %s::text[], %s::text[]) AS g (entity_id, key_type, key_value)
        WHERE k.refers AND (k.entity_id, k.key_type, k.key_value) = (g.entity_id, g.key_type, g.key_value)
        """,
        ([one.entity_id for one in gone], [one.key_type for one in gone], [one.key_value for one in gone]),
    )
    await _add_keys(connection, msp, come)


async def add_work(connection: Connection, msp: UUID, entities: Sequence[UUID]) -> None:
    """Link work for these people, in pieces of one account and at most `BATCH` records."""
    await connection.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT %(msp)s, account_id, 'link', 'identity', array_agg(id ORDER BY id), '00-0-0-01'
        FROM (SELECT id, account_id, (row_number() OVER (PARTITION BY account_id ORDER BY id) - 1) / %(batch)s AS piece
              FROM entity WHERE id = ANY(%(ids)s)) numbered
        GROUP BY account_id, piece
        """,
        {"msp": msp, "ids": list(entities), "batch": BATCH},
    )


async def announce(connection: Connection) -> list[Announcement]:
    """Link work to be announced: what never was, or was so long ago that the message may be lost."""
    cursor = await connection.execute(
        """
        UPDATE work SET announced_at = clock_timestamp()
        WHERE stage = 'link' AND coalesce(announced_at < clock_timestamp() - interval '30 seconds', true)
        RETURNING id, msp_id, stage, kind, traceparent
        """
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await cursor.fetchall()]


async def waits(connection: Connection) -> bool:
    """Whether link work is left."""
    cursor = await connection.execute("SELECT EXISTS (SELECT FROM work WHERE stage = 'link')")
    [(found,)] = await cursor.fetchall()
    return bool(found)


async def forget_rest(connection: Connection) -> None:
    """The work that follows is not measured."""
    await connection.execute("DELETE FROM work")


async def tag(connection: Connection, msp: UUID, number: int) -> None:
    """The baseline's round."""
    async with connection.transaction():
        for relation, key_type, source, target in TAGGED:
            await connection.execute(
                """
                INSERT INTO tagged (source, target, relation, tag)
                SELECT r.entity_id, k.entity_id, %(relation)s, %(tag)s
                FROM entity_key r JOIN entity_key k USING (msp_id, key_type, key_value, account_id)
                WHERE r.msp_id = %(msp)s AND r.key_type = %(type)s AND r.refers AND NOT k.refers
                  AND r.kind = %(source)s AND k.kind = %(target)s
                ON CONFLICT (source, target, relation) DO UPDATE SET tag = EXCLUDED.tag
                """,
                {"relation": relation, "tag": number, "msp": msp, "type": key_type, "source": source, "target": target},
            )
        await connection.execute("DELETE FROM tagged WHERE tag <> %s", (number,))


async def differences(connection: Connection) -> int:
    """How many edges one of the two graphs has and the other has not."""
    cursor = await connection.execute(
        """
        WITH ours AS (SELECT relation, least(source_id, target_id) AS one, greatest(source_id, target_id) AS other
                      FROM entity_relationship WHERE valid_to IS NULL),
             theirs AS (SELECT relation, least(source, target) AS one, greatest(source, target) AS other FROM tagged)
        SELECT (SELECT count(*) FROM (TABLE ours EXCEPT TABLE theirs) a)
             + (SELECT count(*) FROM (TABLE theirs EXCEPT TABLE ours) b)
        """
    )
    [(number,)] = await cursor.fetchall()
    return int(number)


async def count(connection: Connection) -> int:
    """How many edges hold."""
    cursor = await connection.execute("SELECT count(*) FROM entity_relationship WHERE valid_to IS NULL")
    [(number,)] = await cursor.fetchall()
    return int(number)
