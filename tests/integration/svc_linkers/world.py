"""A small estate that resolvers keep and linkers link: records with keys, decisions, and the graph that comes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg

from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.ledger.item import Item
from svc_linkers.link import link
from svc_resolvers import store as resolvers
from svc_resolvers.rule import Key
from svc_resolvers.store import StoredKey


@dataclass(frozen=True)
class Rec:
    """A record as resolvers see it. A key is 'type=value', or '>type=value' for what it refers to."""

    kind: str
    resource: str
    account: str
    client: str | None
    keys: frozenset[str] = frozenset()
    deleted: bool = False


_ENTITY = """
    INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                        volatile_hash, client_id, deleted_at)
    VALUES (%s, %s, %s, 'v', %s, %s, %s, '{}', '', '', %s, CASE WHEN %s THEN now() END)
    ON CONFLICT (id) DO UPDATE SET client_id = EXCLUDED.client_id, deleted_at = EXCLUDED.deleted_at
    """


@dataclass
class World:
    """One msp of its own in the shared database: what other tests leave behind is invisible to it."""

    database: Any
    resolvers: Pool
    linkers: Pool
    operator: Pool
    msp: UUID = field(default_factory=uuid4)
    names: dict[str, UUID] = field(default_factory=dict)
    records: dict[str, Rec] = field(default_factory=dict)
    owner: psycopg.Connection[Any] = field(init=False)
    """Sees every msp, and commits each statement."""

    def __post_init__(self) -> None:
        self.owner = psycopg.connect(self.database.admin_url, autocommit=True)
        self.database.stack.callback(self.owner.close)

    def id(self, name: str) -> UUID:
        """The id of whatever has that name: a record, an account, a client."""
        return self.names.setdefault(name, uuid4())

    def name(self, identifier: UUID) -> str:
        return next(name for name, known in self.names.items() if known == identifier)

    async def put(self, name: str, record: Rec) -> None:
        """Stores a record and its keys as the resolve stage does: what it loses is noted for the linkers."""
        await self.put_page({name: record})

    async def put_page(self, page: Mapping[str, Rec]) -> None:
        """Stores records together."""
        self.records.update(page)
        entities = [self.id(name) for name in page]
        wanted = {
            self._key(self.id(name), record, key)
            for name, record in page.items()
            if not record.deleted
            for key in record.keys
        }
        with self.owner.cursor() as cursor:
            cursor.executemany(_ENTITY, [self._entity(name, record) for name, record in page.items()])
        async with transaction(self.resolvers, self.msp) as connection:
            held = await resolvers.keys_of(connection, entities)
            if held - wanted:
                await resolvers.delete_keys(connection, held - wanted)
            if wanted - held:
                await resolvers.insert_keys(connection, self.msp, wanted - held)

    def _entity(self, name: str, record: Rec) -> tuple[Any, ...]:
        client = self.id(record.client) if record.client else None
        account = self.id(record.account)
        return (self.id(name), self.msp, account, record.resource, record.kind, name, client, record.deleted)

    def _key(self, entity: UUID, record: Rec, key: str) -> StoredKey:
        key_type, _, value = key.lstrip(">").partition("=")
        return StoredKey(
            entity,
            Key(refers=key.startswith(">"), key_type=key_type, key_value=value),
            record.kind,
            record.resource,
            self.id(record.account),
            self.id(record.client) if record.client else None,
        )

    async def decide(self, relation: str, one: str, other: str, verdict: str | None) -> None:
        """What a person says of a pair; None takes it back. Linking the two records follows, as mspctl has it done."""
        pair = sorted((self.id(one), self.id(other)))
        async with transaction(self.operator, self.msp) as connection:
            await connection.execute(
                """
                UPDATE link_decision SET cleared_at = now(), cleared_by = 'test'
                WHERE one_id = %s AND other_id = %s AND relation = %s AND cleared_at IS NULL
                """,
                (*pair, relation),
            )
            if verdict:
                await connection.execute(
                    """
                    INSERT INTO link_decision (msp_id, relation, one_id, other_id, verdict, author, reason)
                    VALUES (%s, %s, %s, %s, %s, 'test', 'seen')
                    """,
                    (self.msp, relation, *pair, verdict),
                )

    async def link(self, *names: str) -> tuple[set[str], bool]:
        """Links these, one batch a kind and account; whom it concerns, and whether the database wrote anything."""
        judged: set[UUID] = set()
        wrote = False
        for batch in self._batches(names):
            ids = [self.id(name) for name in batch]
            item = Item(0, self.msp, None, None, "link", self.records[batch[0]].kind, ids, 0, "00-0-0-01")
            async with transaction(self.linkers, self.msp) as connection:
                for following in await link(connection, item):
                    judged |= set(following.entity_ids)
                cursor = await connection.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
                wrote |= (await cursor.fetchall())[0][0]
        return {name for name in self.records if self.id(name) in judged}, wrote

    def _batches(self, names: Collection[str]) -> list[list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for name in names:
            record = self.records[name]
            found.setdefault((record.kind, record.account), []).append(name)
        return list(found.values())

    def edges(self) -> set[tuple[Any, ...]]:
        """(relation, rule, the two ends, state, why held back, value, confidence) of the edges that hold now."""
        rows = self.rows(
            """
            SELECT relation, rule, source_id, target_id, state, held_back,
                   CASE WHEN rule = 'person' THEN evidence ->> 'verdict' ELSE key_value END, confidence, scope_id
            FROM entity_relationship WHERE valid_to IS NULL AND msp_id = %s
            """,
            self.msp,
        )
        return {(row[0], row[1], frozenset(row[2:4]), *row[4:]) for row in rows}

    def clusters(self) -> set[tuple[str, UUID, frozenset[UUID]]]:
        """(relation, name, members)."""
        rows = self.rows(
            """
            SELECT relation, cluster_id, array_agg(entity_id) FROM cluster_member
            WHERE valid_to IS NULL AND msp_id = %s GROUP BY relation, cluster_id
            """,
            self.msp,
        )
        return {(relation, cluster, frozenset(members)) for relation, cluster, members in rows}

    def together(self, *names: str) -> bool:
        """Whether these are one thing."""
        wanted = {self.id(name) for name in names}
        return any(wanted <= members for _, _, members in self.clusters())

    def forget(self) -> None:
        """Takes the graph away, as a rebuild does."""
        for table in ("entity_relationship", "cluster_member", "former_key"):
            self.owner.execute(f"DELETE FROM {table} WHERE msp_id = %s", (self.msp,))

    def rows(self, query: str, *values: object) -> Sequence[tuple[Any, ...]]:
        return self.owner.execute(query, values or None).fetchall()

    def another(self) -> World:
        """Another msp in the same database."""
        other = copy(self)
        other.msp, other.names, other.records = uuid4(), {}, {}
        return other
