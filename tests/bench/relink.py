"""What it costs to keep 200,000 edges true when 0.5 % of the records change: `python -m tests.bench.relink`.

Ours: the link stage over the changed records. Baseline: what graphs rebuilt at each sync do, in one statement per rule over
the same keys: every edge that should be is upserted with this round's tag, and those with an older tag are deleted. Both in
turn, three times, medians; written to var/bench/report.json as `relink`.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import psycopg
from tests.bench.link_quality import PASSWORD, database

from mspbyte_common import ids
from mspbyte_common.db.engine import Pool, open_pool, transaction
from mspbyte_common.ledger.item import Item, Next, batches
from mspbyte_common.settings import ServiceSettings
from mspctl.bench import report
from mspctl.bench.figure import Measured
from svc_linkers.link import link
from svc_resolvers import store as resolvers
from svc_resolvers.rule import Key
from svc_resolvers.store import StoredKey

ACCOUNTS = 20
USERS = 2_500
GROUPS = 50
SKUS = 10
EACH = 2
"""Groups and licences of a person: 20 x 2,500 x (2 + 2) edges."""
CHANGED = 0.005
ROUNDS = 3
HANDS = ServiceSettings.model_fields["hands"].default
MSP = ids.derive("msp", "relink")


class Estate:
    """People in groups and with licences, as keys; which licences each has now."""

    def __init__(self) -> None:
        self.dice = random.Random(1)  # noqa: S311 - a course of things, no secret
        self.accounts = [ids.derive("account", "relink", one) for one in range(ACCOUNTS)]
        self.licences: dict[tuple[int, int], list[int]] = {}
        for account in range(ACCOUNTS):
            for user in range(USERS):
                self.licences[account, user] = self.dice.sample(range(SKUS), EACH)

    def keys(self) -> Iterator[StoredKey]:
        """Every key of every record."""
        for number, account in enumerate(self.accounts):
            for sku in range(SKUS):
                yield key(account, "licence", f"sku{sku}", "m365_sku_id", f"sku{sku}", refers=False)
            for user in range(USERS):
                yield key(account, "identity", f"user{user}", "m365_member_id", f"{number}/user{user}", refers=False)
                for sku in self.licences[number, user]:
                    yield key(account, "identity", f"user{user}", "m365_sku_id", f"sku{sku}", refers=True)
                for group in self.dice.sample(range(GROUPS), EACH):
                    yield key(account, "group", f"group{group}", "m365_member_id", f"{number}/user{user}", refers=True)

    def change(self) -> tuple[list[StoredKey], list[StoredKey]]:
        """(keys that go, keys that come): half a percent of all records have another licence."""
        everybody = sorted(self.licences)
        gone, come = [], []
        for number, user in self.dice.sample(everybody, round(len(everybody) * CHANGED)):
            had = self.licences[number, user]
            other = self.dice.choice([one for one in range(SKUS) if one not in had])
            account = self.accounts[number]
            gone.append(key(account, "identity", f"user{user}", "m365_sku_id", f"sku{had[0]}", refers=True))
            come.append(key(account, "identity", f"user{user}", "m365_sku_id", f"sku{other}", refers=True))
            self.licences[number, user] = [other, *had[1:]]
        return gone, come


def key(account: UUID, kind: str, name: str, key_type: str, value: str, *, refers: bool) -> StoredKey:
    """A key of the record with that name in the account."""
    entity = ids.entity_id(account, kind, name)
    return StoredKey(entity, Key(refers=refers, key_type=key_type, key_value=value), kind, kind, account, account)


def keep(admin: str, keys: Sequence[StoredKey]) -> None:
    """Writes the records and their keys."""
    with psycopg.connect(admin) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO msp (id, name) VALUES (%s, 'relink')", (MSP,))
        records = {one.entity_id: one for one in keys}
        with cursor.copy(
            "COPY entity (id, msp_id, account_id, client_id, vendor, resource, kind, external_id, raw_data, semantic_hash,"
            " volatile_hash) FROM STDIN"
        ) as copy:
            for one in records.values():
                copy.write_row(
                    (
                        *(one.entity_id, MSP, one.account_id, one.client_id, "m365", one.resource, one.kind),
                        *(str(one.entity_id), "{}", b"", b""),
                    )
                )
        with cursor.copy(
            "COPY entity_key (msp_id, entity_id, refers, key_type, key_value, kind, resource, account_id, client_id)"
            " FROM STDIN"
        ) as copy:
            for one in keys:
                copy.write_row(
                    (
                        *(MSP, one.entity_id, one.key.refers, one.key.key_type, one.key.key_value),
                        *(one.kind, one.resource, one.account_id, one.client_id),
                    )
                )
        cursor.execute(
            "CREATE TABLE tagged (source uuid, target uuid, relation text, tag int, UNIQUE (source, target, relation))"
        )
        cursor.execute("ANALYZE")


def pieces(keys: Sequence[StoredKey]) -> list[Next]:
    """Link work for the records of these keys."""
    work: dict[tuple[str, UUID], dict[UUID, None]] = defaultdict(dict)
    for one in keys:
        work[one.kind, one.account_id][one.entity_id] = None
    return [piece for (kind, account), found in work.items() for piece in batches("link", kind, account, list(found))]


async def linked(pool: Pool, work: Sequence[Next]) -> None:
    """Does the link work, as one linker does: as many pieces at a time as it has hands."""
    free = asyncio.Semaphore(HANDS)

    async def piece_linked(piece: Next) -> None:
        item = Item(0, MSP, None, piece.account_id, "link", piece.kind, list(piece.entity_ids), 0, "00-0-0-01")
        async with free, transaction(pool, MSP) as connection:
            await link(connection, item)

    await asyncio.gather(*(piece_linked(piece) for piece in work))


def tagged(admin: str, tag: int) -> float:
    """The baseline's round; seconds."""
    with psycopg.connect(admin) as connection:
        started = time.perf_counter()
        for relation, key_type, source, target in (
            ("licensed_with", "m365_sku_id", "identity", "licence"),
            ("member_of", "m365_member_id", "group", "identity"),
        ):
            connection.execute(
                """
                INSERT INTO tagged (source, target, relation, tag)
                SELECT r.entity_id, k.entity_id, %(relation)s, %(tag)s
                FROM entity_key r JOIN entity_key k USING (msp_id, key_type, key_value, account_id)
                WHERE r.msp_id = %(msp)s AND r.key_type = %(type)s AND r.refers AND NOT k.refers
                  AND r.kind = %(source)s AND k.kind = %(target)s
                ON CONFLICT (source, target, relation) DO UPDATE SET tag = EXCLUDED.tag
                """,
                {"relation": relation, "tag": tag, "msp": MSP, "type": key_type, "source": source, "target": target},
            )
        connection.execute("DELETE FROM tagged WHERE tag <> %s", (tag,))
        connection.commit()
        return time.perf_counter() - started


async def measure() -> Measured:
    """Fills, changes and relinks both ways in turn; checks that both say the same."""
    estate = Estate()
    async with database() as admin, AsyncExitStack() as stack:
        pools = {}
        for role in ("svc_linkers", "svc_resolvers"):
            url = psycopg.conninfo.make_conninfo(admin, user=role, password=PASSWORD)
            pools[role] = await stack.enter_async_context(open_pool(url, role, size=HANDS))
        keys = list(estate.keys())
        keep(admin, keys)
        await linked(pools["svc_linkers"], pieces([one for one in keys if one.kind == "identity"]))
        tagged(admin, 0)
        ours, baseline = [], []
        for tag in range(1, ROUNDS + 1):
            gone, come = estate.change()
            async with transaction(pools["svc_resolvers"], MSP) as connection:
                await resolvers.delete_keys(connection, set(gone))
                await resolvers.insert_keys(connection, MSP, set(come))
            work = pieces(come)
            started = time.perf_counter()
            await linked(pools["svc_linkers"], work)
            ours.append(time.perf_counter() - started)
            baseline.append(tagged(admin, tag))
        edges = agreed(admin)
    return Measured(
        "relink",
        statistics.median(ours),
        statistics.median(baseline),
        "seconds",
        edges,
        {"changed": len(come), "rounds": ROUNDS, "hands": HANDS, "cores": os.cpu_count()},
    )


def agreed(admin: str) -> int:
    """How many edges both have; they must have the same."""
    with psycopg.connect(admin) as connection:
        connection.execute("SET row_security = off")
        row = connection.execute(
            """
            WITH ours AS (SELECT relation, least(source_id, target_id) AS one, greatest(source_id, target_id) AS other
                          FROM entity_relationship WHERE valid_to IS NULL),
                 theirs AS (SELECT relation, least(source, target) AS one, greatest(source, target) AS other FROM tagged)
            SELECT (SELECT count(*) FROM (TABLE ours EXCEPT TABLE theirs) a)
                 + (SELECT count(*) FROM (TABLE theirs EXCEPT TABLE ours) b), (SELECT count(*) FROM ours)
            """
        ).fetchone()
    if row is None or row[0]:
        message = f"{row and row[0]} edges are in one graph and not in the other"
        raise AssertionError(message)
    return int(row[1])


def main() -> None:
    """Measures, writes the report and prints."""
    measured = asyncio.run(measure())
    report.add(Path("var/bench/report.json"), measured)
    print(measured.document())


if __name__ == "__main__":
    main()
