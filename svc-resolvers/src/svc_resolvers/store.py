"""SQL of the resolvers: client, the repaired normalized_data, entity_key, issue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mspbyte_common.db.engine import Connection
from svc_resolvers.rule import Key


@dataclass(frozen=True)
class Unresolved:
    """A record as the processors left it, or as it was resolved before."""

    id: UUID
    account_id: UUID
    connection_id: UUID
    vendor: str
    resource: str
    kind: str
    deleted: bool
    normalized: str | None
    client_id: UUID | None
    repairs: list[dict[str, Any]] | None
    resolved_hash: bytes | None
    account_state: str
    account_client_id: UUID | None

    @property
    def account(self) -> tuple[str, UUID | None]:
        """(state, client) of the account the record was read from."""
        return self.account_state, self.account_client_id


@dataclass(frozen=True)
class Resolved:
    """What is written of a record: normalized is None where it stays as it is."""

    id: UUID
    normalized: bytes | None
    client_id: UUID | None
    repairs: bytes | None
    resolved_hash: bytes


@dataclass(frozen=True)
class StoredKey:
    """A row of entity_key."""

    entity_id: UUID
    key: Key
    kind: str
    resource: str
    account_id: UUID
    client_id: UUID | None


async def lock_accounts(connection: Connection, ids: Collection[UUID], *, exclusive: bool) -> None:
    """Keeps the account's mapping, and with `exclusive` its other resolvers, away until the transaction ends.

    `mspctl account map` takes the same lock: a record is resolved before it, and resolved again, or after it.
    """
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    await connection.execute(
        f"SELECT {function}(hashtextextended('resolve:' || id, 0)) FROM unnest(%s::text[]) id ORDER BY id",  # noqa: S608
        (sorted({str(one) for one in ids}),),
    )


async def accounts_of(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The accounts of the records of a batch, with their vendors."""
    cursor = await connection.execute("SELECT DISTINCT account_id, vendor FROM entity WHERE id = ANY(%s)", (list(ids),))
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def lock_unresolved(connection: Connection, ids: Sequence[UUID]) -> list[Unresolved]:
    """The records of a batch, locked in one order."""
    cursor = await connection.execute(
        """
        SELECT e.id, e.account_id, a.connection_id, e.vendor, e.resource, e.kind, e.deleted_at IS NOT NULL,
               e.normalized_data::text, e.client_id, e.repairs, e.resolved_hash, a.state, a.client_id
        FROM entity e JOIN account a ON a.id = e.account_id
        WHERE e.id = ANY(%s) ORDER BY e.id FOR NO KEY UPDATE OF e
        """,
        (list(ids),),
    )
    return [Unresolved(*row) for row in await cursor.fetchall()]


async def account_clients(connection: Connection, accounts: Collection[UUID]) -> dict[UUID, tuple[str, UUID | None]]:
    """(state, client) of these accounts."""
    cursor = await connection.execute("SELECT id, state, client_id FROM account WHERE id = ANY(%s)", (list(accounts),))
    return {row[0]: (row[1], row[2]) for row in await cursor.fetchall()}


async def lock_domains(connection: Connection, msp_id: UUID, *, exclusive: bool) -> None:
    """Keeps those who change which domains are verified apart from those who read it, until the transaction ends.

    A batch of domains takes it before it locks rows; the others never hold a domain's row, and may take it later.
    """
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    await connection.execute(
        f"SELECT {function}(hashtextextended('domains:' || %s::text, 0))",
        (str(msp_id),),
    )


async def clients_of_domains(connection: Connection, key_type: str, values: Collection[str]) -> dict[str, set[UUID]]:
    """Per domain the clients that have verified it; those nobody verified are left out."""
    cursor = await connection.execute(
        """
        SELECT key_value, client_id FROM entity_key
        WHERE msp_id = current_setting('app.msp_id')::uuid AND key_type = %s AND key_value = ANY(%s) AND NOT refers
        """,
        (key_type, list(values)),
    )
    found: dict[str, set[UUID]] = {}
    for value, client in await cursor.fetchall():
        found.setdefault(value, set()).add(client)
    return found


async def referring(
    connection: Connection, key_type: str, values: Collection[str]
) -> list[tuple[UUID, str, list[UUID]]]:
    """(account, kind, entities) of the msp that refer to one of these key values.

    Those of an account that was mapped meanwhile are left out: mapping has them resolved. A tenant's record tells of another
    account than the one it was read from.
    """
    cursor = await connection.execute(
        """
        SELECT k.account_id, k.kind, array_agg(DISTINCT k.entity_id)
        FROM entity_key k JOIN account a ON a.id = k.account_id
        WHERE k.msp_id = current_setting('app.msp_id')::uuid AND k.key_type = %s AND k.key_value = ANY(%s) AND k.refers
          AND (a.client_id IS NULL OR k.kind = 'tenant')
        GROUP BY k.account_id, k.kind ORDER BY k.account_id, k.kind
        """,
        (key_type, list(values)),
    )
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def clients_by_key(
    connection: Connection, key_type: str, account_id: UUID, values: Collection[str]
) -> dict[str, UUID | None]:
    """The clients of the entities known by these key values."""
    cursor = await connection.execute(
        """
        SELECT key_value, client_id FROM entity_key
        WHERE msp_id = current_setting('app.msp_id')::uuid AND key_type = %s AND key_value = ANY(%s) AND NOT refers
          AND account_id = %s
        """,
        (key_type, list(values), account_id),
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def referring_elsewhere(
    connection: Connection, key_type: str, account_id: UUID, clients: dict[str, UUID | None]
) -> dict[str, list[UUID]]:
    """By kind: entities that refer to one of these key values but are not with its client."""
    cursor = await connection.execute(
        """
        SELECT k.kind, array_agg(DISTINCT k.entity_id)
        FROM entity_key k JOIN unnest(%s::text[], %s::uuid[]) AS c (value, client_id) ON c.value = k.key_value
        WHERE k.msp_id = current_setting('app.msp_id')::uuid AND k.key_type = %s AND k.refers AND k.account_id = %s
          AND k.client_id IS DISTINCT FROM c.client_id
        GROUP BY k.kind
        """,
        (list(clients), list(clients.values()), key_type, account_id),
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def name_clients(
    connection: Connection, msp_id: UUID, rows: Sequence[tuple[UUID, UUID, str, str | None, bool | None]]
) -> None:
    """Clients by (id, account, company id, name, active). A client met only by reference has no name yet."""
    await connection.execute(
        """
        INSERT INTO client (id, msp_id, account_id, company_id, name, active, is_msp)
        SELECT c.id, %s, c.account_id, c.company_id, c.name, c.active, c.company_id = '0'
        FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::boolean[])
             AS c (id, account_id, company_id, name, active)
        ORDER BY c.id
        ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, active = EXCLUDED.active
        WHERE EXCLUDED.name IS NOT NULL
          AND (client.name, client.active) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.active)
        """,
        (
            msp_id,
            [row[0] for row in rows],
            [row[1] for row in rows],
            [row[2] for row in rows],
            [row[3] for row in rows],
            [row[4] for row in rows],
        ),
    )


async def write_resolved(connection: Connection, rows: Sequence[Resolved]) -> None:
    """Stores repaired records and their clients."""
    await connection.execute(
        """
        UPDATE entity SET normalized_data = coalesce(r.normalized::jsonb, normalized_data), client_id = r.client_id,
               repairs = r.repairs::jsonb, resolved_hash = r.hash
        FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::bytea[])
             AS r (id, normalized, client_id, repairs, hash)
        WHERE entity.id = r.id
        """,
        (
            [row.id for row in rows],
            [row.normalized.decode() if row.normalized is not None else None for row in rows],
            [row.client_id for row in rows],
            [row.repairs.decode() if row.repairs is not None else None for row in rows],
            [row.resolved_hash for row in rows],
        ),
    )


async def keys_of(connection: Connection, ids: Collection[UUID]) -> set[StoredKey]:
    """The keys the records of a batch have."""
    cursor = await connection.execute(
        """
        SELECT entity_id, refers, key_type, key_value, kind, resource, account_id, client_id
        FROM entity_key WHERE entity_id = ANY(%s)
        """,
        (list(ids),),
    )
    return {
        StoredKey(row[0], Key(row[1], row[2], row[3]), row[4], row[5], row[6], row[7])
        for row in await cursor.fetchall()
    }


async def delete_keys(connection: Connection, keys: Collection[StoredKey]) -> None:
    """Takes keys away, and notes them for the linkers: the others who have such a key may now be told apart by it."""
    await connection.execute(
        """
        WITH gone AS (
            DELETE FROM entity_key k
            USING unnest(%s::uuid[], %s::boolean[], %s::text[], %s::text[]) AS d (id, refers, type, value)
            WHERE k.entity_id = d.id AND k.refers = d.refers AND k.key_type = d.type AND k.key_value = d.value
            RETURNING k.msp_id, k.entity_id, k.key_type, k.key_value, k.account_id, k.client_id
        )
        INSERT INTO former_key (msp_id, entity_id, key_type, key_value, account_id, client_id) SELECT * FROM gone
        """,
        (
            [one.entity_id for one in keys],
            [one.key.refers for one in keys],
            [one.key.key_type for one in keys],
            [one.key.key_value for one in keys],
        ),
    )


async def insert_keys(connection: Connection, msp_id: UUID, keys: Collection[StoredKey]) -> None:
    """Adds keys that are not there; by INSERT, for COPY does not work under row-level security."""
    rows = list(keys)
    await connection.execute(
        """
        INSERT INTO entity_key (msp_id, entity_id, refers, key_type, key_value, kind, resource, account_id, client_id)
        SELECT %s, k.* FROM unnest(%s::uuid[], %s::boolean[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[],
                                   %s::uuid[]) AS k
        """,
        (
            msp_id,
            [one.entity_id for one in rows],
            [one.key.refers for one in rows],
            [one.key.key_type for one in rows],
            [one.key.key_value for one in rows],
            [one.kind for one in rows],
            [one.resource for one in rows],
            [one.account_id for one in rows],
            [one.client_id for one in rows],
        ),
    )


async def issues_of(
    connection: Connection, ids: Collection[UUID]
) -> set[tuple[UUID, str, UUID | None, str, str | None]]:
    """(entity, rule, client, field, value) of what stands against the records of a batch."""
    cursor = await connection.execute(
        "SELECT entity_id, rule, client_id, field, value FROM issue WHERE entity_id = ANY(%s)", (list(ids),)
    )
    return {(row[0], row[1], row[2], row[3], row[4]) for row in await cursor.fetchall()}


async def change_issues(
    connection: Connection,
    msp_id: UUID,
    ended: Collection[tuple[UUID, str, UUID | None, str, str | None]],
    begun: Collection[tuple[UUID, str, UUID | None, str, str | None]],
) -> None:
    """Ends issues that no longer are, and notes new ones."""
    async with connection.cursor() as cursor:
        if ended:
            await cursor.executemany(
                "DELETE FROM issue WHERE entity_id = %s AND rule = %s AND field = %s",
                [(one[0], one[1], one[3]) for one in ended],
            )
        if begun:
            await cursor.executemany(
                "INSERT INTO issue (msp_id, entity_id, rule, client_id, field, value) VALUES (%s, %s, %s, %s, %s, %s)",
                [(msp_id, *one) for one in begun],
            )
