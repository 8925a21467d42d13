"""The stages over a real database, without services: work is done as the ledger hands it out, until none is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
from psycopg.types.json import Jsonb

from mspbyte_common import ids
from mspbyte_common.db.engine import transaction
from mspbyte_common.db.schema import metadata
from mspbyte_common.hashing import split_digest
from mspbyte_common.ledger.item import Handler
from mspbyte_common.ledger.perform import perform
from svc_linkers.link import link
from svc_processors.process import process
from svc_resolvers.resolve import resolve
from svc_workers.evaluate import evaluate

STAGES: dict[str, tuple[str, Handler]] = {
    "process": ("svc_processors", process),
    "resolve": ("svc_resolvers", resolve),
    "link": ("svc_linkers", link),
    "evaluate": ("svc_workers", evaluate),
}

RAW_COLUMNS = {
    *("id", "msp_id", "account_id", "vendor", "resource", "kind", "external_id", "raw_data"),
    *("semantic_hash", "volatile_hash", "first_seen_at", "changed_at", "deleted_at"),
}
"""What adapters write of an entity. Its other columns are derived."""

VOLATILE_COLUMNS = {
    "entity": {"first_seen_at", "changed_at", "semantic_hash", "volatile_hash", "raw_data"},
    "entity_key": set[str](),
    "issue": {"since"},
    "merged": set[str](),
    "fragment": set[str](),
    "quarantine": {"since"},
    "client": set[str](),
    "entity_relationship": {"id", "valid_from", "valid_to"},
    "cluster_member": {"id", "valid_from", "valid_to"},
    "finding": {
        "opened_at",
        "changed_at",
        "resolved_at",
        "state",
        "suppressed_until",
        "resolved_by",
        "quiet_since",
    },
    "recheck": set[str](),
}
"""What is derived, and the columns that say when something was written or by which serial number, not what it is.

So is a finding's state, with what belongs to it: whether it is open, has come back or is quiet is told by its past, and a
person suppresses and resolves it.
"""

NOT_DERIVED = {
    "msp": "a person's",
    "data_key": "a person's",
    "connection": "a person's",
    "account": "found by an adapter, mapped by a person",
    "resource": "what the adapters can read",
    "job": "the schedule",
    "listing": "what runs proved",
    "breaker": "what runs met",
    "run": "what was done",
    "page": "what a run carried",
    "entity_change": "the past: what a record was before; raw_data is only what it is now",
    "former_key": "open work of the linkers; none when all is done",
    "shape": "learned from pages as they came",
    "drift": "counted from pages as they came",
    "link_decision": "a person's",
    "work": "open work",
    "dead_letter": "work that failed",
    "derivation": "what the services declared",
    "rebuild": "rebuilds themselves",
    "finding_event": "the past of findings",
    "check_declared": "what the services declared",
    "check_setting": "a person's",
    "check_exception": "a person's",
    "check_trial": "made when it was asked for, kept as it was",
    "billing_rule": "a person's",
    "reconciliation": "made when it was asked for, taken with the answer",
    "client_group": "a person's",
    "workflow": "a person's",
    "action_mode": "a person's",
    "action": "what was done outside: it stays done",
    "action_step": "the past of actions",
    "workflow_trial": "made when it was asked for, kept as it was",
    "client_group_member": "a person's",
    "report": "made when it was asked for, kept as it was",
    "report_declared": "what the services declared",
    "report_schedule": "a person's",
    "budget": "what vendors were asked",
    "budget_place": "what vendors are asked now",
}
"""Every other table, and why it is not."""

HOLDS = {
    "entity_relationship": "valid_to IS NULL",
    "cluster_member": "valid_to IS NULL",
    "finding": "state <> 'resolved'",
}
"""Only rows that hold now can be derived anew; the past is kept, not derived."""

CANNOT_KNOW = """
    EXISTS (SELECT FROM recheck r
            WHERE r.subject_id = t.subject_id AND r.check_name = t.check_name AND r.why IS NOT NULL)
"""
"""Of a finding: its check cannot tell now. Unknown opens and resolves nothing, so that only its past says it stands."""


@dataclass
class Pipeline:
    """One msp's records and the work on them."""

    database: Any
    pools: dict[str, Any]
    msp: UUID = field(default_factory=uuid4)
    done: list[tuple[str, list[UUID]]] = field(default_factory=list)

    @classmethod
    async def open(cls, database: Any, msp: UUID | None = None) -> Pipeline:
        """Pools of every stage's role; a new msp where none is given."""
        pools = {role: await database.pool(role) for role, _ in STAGES.values()}
        pools["svc_scheduler"] = await database.pool("svc_scheduler")
        held = cls(database, pools, msp or uuid4())
        if msp is None:
            database.execute("INSERT INTO msp (id, name) VALUES (%s, %s)", held.msp, str(held.msp))
        return held

    def account(self, vendor: str, external_id: str, *, client_id: UUID | None = None) -> UUID:
        """An account of a connection per vendor."""
        connection = ids.connection_id(self.msp, vendor, vendor)
        self.database.execute(
            """
            INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, %s, %s, '', 1)
            ON CONFLICT DO NOTHING
            """,
            connection,
            self.msp,
            vendor,
            vendor,
        )
        account = ids.account_id(connection, external_id)
        self.database.execute(
            """
            INSERT INTO account (id, msp_id, connection_id, vendor, external_id, state, client_id)
            VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
            """,
            account,
            self.msp,
            connection,
            vendor,
            external_id,
            "mapped" if client_id else "unmapped",
            client_id,
        )
        return account

    def put(
        self,
        account: UUID,
        vendor: str,
        resource: str,
        kind: str,
        *records: dict[str, Any],
        known_as: Sequence[str] | None = None,
    ) -> list[UUID]:
        """Stores records as an adapter does, each known by its `id` unless said otherwise, and leaves work for them."""
        names = known_as or [str(record["id"]) for record in records]
        stored = [ids.entity_id(account, resource, name) for name in names]
        rows = []
        for entity, name, record in zip(stored, names, records, strict=True):
            semantic, volatile = split_digest(record, ())
            document = Jsonb(record, dumps=orjson.dumps)
            rows.append((entity, self.msp, account, vendor, resource, kind, name, document, semantic, volatile))
        with psycopg.connect(self.database.admin_url) as connection, connection.cursor() as cursor:
            cursor.executemany(
                """
                INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                                    volatile_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (id) DO UPDATE SET raw_data = EXCLUDED.raw_data, deleted_at = NULL, changed_at = now()
                """,
                rows,
            )
        self.ask("process", kind, account, stored)
        return stored

    def delete(self, kind: str, account: UUID, entity: UUID) -> None:
        """A record the vendor no longer has."""
        self.database.execute("UPDATE entity SET deleted_at = clock_timestamp() WHERE id = %s", entity)
        self.ask("process", kind, account, [entity])

    def ask(self, stage: str, kind: str, account: UUID, entities: list[UUID]) -> None:
        """Leaves a piece of work."""
        self.database.execute(
            """
            INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
            VALUES (%s, %s, %s, %s, %s, '00-0-0-01')
            """,
            self.msp,
            account,
            stage,
            kind,
            entities,
        )

    async def step(self, *, but: str | None = None) -> bool:
        """Does the oldest piece of work that may be done, leaving out a stage; False when there is none."""
        async with transaction(self.pools["svc_scheduler"], None) as connection:
            cursor = await connection.execute(
                """
                SELECT id, msp_id, stage, entity_ids FROM work WHERE stage = ANY(%s)
                ORDER BY array_position(%s::text[], stage), id LIMIT 1
                """,
                ([stage for stage in STAGES if stage != but], list(STAGES)),
            )
            row = await cursor.fetchone()
        if row is None:
            return False
        number, msp, stage, entities = row
        role, handler = STAGES[stage]
        performed = await perform(self.pools[role], msp, number, handler)
        assert performed.outcome == "done", performed
        self.done.append((stage, entities))
        return True

    async def drain(self, *, but: str | None = None) -> None:
        """Does all work, and what follows from it, leaving out a stage."""
        while await self.step(but=but):
            pass

    def derived(self) -> dict[str, str]:
        """Per table a hash of all that was derived, without its volatile columns and without what stands by its past."""
        found, holds = {}, {**HOLDS, "finding": f"{HOLDS['finding']} AND NOT {CANNOT_KNOW}"}
        for table, volatile in VOLATILE_COLUMNS.items():
            row = "to_jsonb(t)" + "".join(f" - '{column}'" for column in sorted(volatile))
            [(digest,)] = self.database.execute(
                f"SELECT md5(string_agg(h, '' ORDER BY h)) FROM (SELECT md5(({row})::text) AS h FROM {table} t"
                f" WHERE {holds.get(table, 'true')}) hashes"
            )
            found[table] = digest
        return found

    def by_their_past(self) -> list[tuple[str, str]]:
        """(check, title) of findings that stand only because they did before: what is derived from nothing has none."""
        return self.database.execute(
            f"SELECT check_name, title FROM finding t WHERE {HOLDS['finding']} AND {CANNOT_KNOW} ORDER BY 1, 2"
        )

    def lose(self) -> None:
        """All that is derived is gone, as if nothing but the raw records had been saved."""
        derived = {column.name for column in metadata.tables["entity"].columns} - RAW_COLUMNS
        self.database.execute(f"UPDATE entity SET {', '.join(f'{name} = NULL' for name in sorted(derived))}")
        for table in VOLATILE_COLUMNS.keys() - {"entity"}:
            self.database.execute(f"DELETE FROM {table}")

    def written(self) -> list[tuple[object, ...]]:
        """Which transaction wrote each derived row that holds: equal lists, nothing was written in between."""
        return [
            row
            for table in VOLATILE_COLUMNS
            for row in self.database.execute(f"SELECT '{table}', ctid::text, xmin::text FROM {table} ORDER BY ctid")
        ]

    def document(self, entity: UUID) -> dict[str, Any]:
        """A record's normalized_data."""
        [(document,)] = self.database.execute("SELECT normalized_data FROM entity WHERE id = %s", entity)
        return document
