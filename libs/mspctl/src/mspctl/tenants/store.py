"""SQL over msp, connection, account and client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mspbyte_common import ids
from mspbyte_common.trace import new_traceparent
from mspctl.store import Connection, Row


def msps(connection: Connection) -> list[Row]:
    """Every msp."""
    return connection.execute("SELECT id, name, weight, created_at, removed_at FROM msp ORDER BY name").fetchall()


def add_msp(connection: Connection, name: str) -> Row | None:
    """A new msp; None when the name is taken."""
    return connection.execute(
        "INSERT INTO msp (id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id, name, created_at",
        (ids.derive("msp", name), name),
    ).fetchone()


def set_weight(connection: Connection, name: str, weight: int) -> bool:
    """An msp's share beside the others'; False when there is no such msp."""
    return connection.execute("UPDATE msp SET weight = %s WHERE name = %s", (weight, name)).rowcount == 1


def connections(connection: Connection) -> list[Row]:
    """Every connection with how many accounts it reaches; never its secret."""
    return connection.execute(
        """
        SELECT c.id, c.vendor, c.name, c.settings, c.key_version, c.created_at, c.expires_at,
               count(a.id) FILTER (WHERE NOT a.is_root) AS accounts,
               count(a.id) FILTER (WHERE a.parked_class IS NOT NULL) AS parked
        FROM connection c LEFT JOIN account a ON a.connection_id = c.id
        GROUP BY c.id ORDER BY c.vendor, c.name
        """
    ).fetchall()


def add_connection(
    connection: Connection,
    msp_id: UUID,
    vendor: str,
    name: str,
    settings: Mapping[str, Any],
    secret: bytes,
    key_version: int,
    expires_at: datetime | None,
) -> UUID | None:
    """A new connection's id; None when the msp has one of that vendor and name."""
    row = connection.execute(
        """
        INSERT INTO connection (id, msp_id, vendor, name, settings, secret, key_version, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
        """,
        (
            ids.connection_id(msp_id, vendor, name),
            msp_id,
            vendor,
            name,
            Jsonb(dict(settings)),
            secret,
            key_version,
            expires_at,
        ),
    ).fetchone()
    return row["id"] if row else None


def set_secret(
    connection: Connection, connection_id: UUID, secret: bytes, key_version: int, expires_at: datetime | None
) -> None:
    """Replaces a connection's secret and its end; accounts that were stopped because of the old one go on."""
    connection.execute(
        "UPDATE connection SET secret = %s, key_version = %s, expires_at = %s WHERE id = %s",
        (secret, key_version, expires_at, connection_id),
    )
    rows = connection.execute(
        """
        SELECT id, is_root, parked_class IS NOT DISTINCT FROM 'credential_invalid' AS stopped
        FROM account WHERE connection_id = %s
        """,
        (connection_id,),
    ).fetchall()
    for row in rows:
        if row["stopped"]:
            resume_account(connection, row["id"])
        elif row["is_root"]:
            recheck_account(connection, row["id"], new_traceparent())


def add_root_account(
    connection: Connection,
    msp_id: UUID,
    connection_id: UUID,
    vendor: str,
    external_id: str,
    name: str,
    *,
    is_tenant: bool,
) -> UUID:
    """The account that lists the connection's others; it is never a client's unless it is a tenant itself."""
    account = ids.account_id(connection_id, external_id)
    connection.execute(
        """
        INSERT INTO account (id, msp_id, connection_id, vendor, external_id, name, is_root, is_tenant)
        VALUES (%s, %s, %s, %s, %s, %s, true, %s)
        """,
        (account, msp_id, connection_id, vendor, external_id, name, is_tenant),
    )
    return account


def accounts(connection: Connection) -> list[Row]:
    """Every account, with its client's name."""
    return connection.execute(
        """
        SELECT a.id, a.vendor, a.name, a.external_id, a.is_root, a.is_tenant,
               CASE WHEN a.is_tenant THEN a.state ELSE 'root' END AS state, a.client_id,
               c.name AS client, a.connection_id, a.unreachable_reason, a.parked_class, a.parked_reason, a.parked_at
        FROM account a LEFT JOIN client c ON c.id = a.client_id
        ORDER BY a.vendor, a.is_root DESC, a.name, a.id
        """
    ).fetchall()


def resources(connection: Connection, account_id: UUID) -> list[Row]:
    """What the vendor has for the account: each resource, whether it is there, and why not.

    available: it was read whole; unavailable: the vendor refuses it, and `why`; unknown: it was not read yet.
    """
    return connection.execute(
        """
        SELECT r.name AS resource, r.kind,
               CASE WHEN l.unavailable_reason IS NOT NULL THEN 'unavailable'
                    WHEN l.complete_at IS NOT NULL THEN 'available' ELSE 'unknown' END AS state,
               coalesce(l.unavailable_reason, CASE WHEN l.complete_at IS NULL THEN
                        coalesce(a.parked_reason, a.unreachable_reason, run.error, 'not read yet') END) AS why,
               r.needs, l.complete_at, l.records, l.unavailable_since, j.id AS job_id, j.next_fire_at
        FROM account a
        JOIN resource r ON r.vendor = a.vendor AND (r.level = 'root' AND a.is_root OR r.level = 'tenant' AND a.is_tenant)
        LEFT JOIN job j ON j.account_id = a.id AND j.resource = r.name
        LEFT JOIN listing l ON l.job_id = j.id
        LEFT JOIN LATERAL (SELECT error FROM run WHERE run.job_id = j.id ORDER BY fire_time DESC LIMIT 1) run ON true
        WHERE a.id = %s ORDER BY r.name
        """,
        (account_id,),
    ).fetchall()


def clients(connection: Connection) -> list[Row]:
    """Every client."""
    return connection.execute(
        "SELECT id, company_id, name, active, is_msp FROM client ORDER BY name, company_id"
    ).fetchall()


def assign_account(
    connection: Connection, account_id: UUID, state: str, client_id: UUID | None, traceparent: str
) -> int:
    """Maps or excludes an account, and has everything that follows from it worked out anew; returns the work items.

    The resolvers' locks are taken first (`svc_resolvers.store.lock_accounts`): a record is resolved before this and again
    after it, or after it alone. The tenant record that lists the account belongs to its client too.
    """
    connection.execute(
        """
        SELECT pg_advisory_xact_lock(hashtextextended('resolve:' || id, 0)) FROM (
            SELECT a.id::text AS id FROM account a JOIN account mine USING (connection_id)
            WHERE mine.id = %s AND (a.id = mine.id OR a.is_root) ORDER BY 1) AS account
        """,
        (account_id,),
    )
    connection.execute("UPDATE account SET state = %s, client_id = %s WHERE id = %s", (state, client_id, account_id))
    resolving = connection.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, account_id, 'resolve', kind, array_agg(id ORDER BY id), %(trace)s
        FROM (SELECT e.msp_id, e.account_id, e.kind, e.id,
                     (row_number() OVER (PARTITION BY e.account_id, e.kind ORDER BY e.id) - 1) / 1000 AS batch
              FROM entity e
              WHERE e.normalized_data IS NOT NULL
                AND (e.account_id = %(account)s
                     OR (e.kind = 'tenant'
                         AND e.account_id IN (SELECT root.id FROM account root JOIN account a USING (connection_id)
                                              WHERE a.id = %(account)s AND root.is_root)
                         AND e.normalized_data ->> 'tenant_id' =
                             (SELECT external_id FROM account WHERE id = %(account)s)))) mine
        GROUP BY msp_id, account_id, kind, batch
        """,
        {"account": account_id, "trace": traceparent},
    ).rowcount
    return resolving + judge_account(connection, account_id, traceparent)


def judge_account(connection: Connection, account_id: UUID, traceparent: str) -> int:
    """Has the checks look at the account; returns the work items."""
    return connection.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, id, 'evaluate', 'account', ARRAY[id], %s FROM account WHERE id = %s
        """,
        (traceparent, account_id),
    ).rowcount


def recheck_account(connection: Connection, account_id: UUID, traceparent: str) -> None:
    """Has the checks look at the account itself, and at nothing it holds."""
    connection.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, id, 'evaluate', 'recheck', ARRAY[id], %s FROM account WHERE id = %s
        """,
        (traceparent, account_id),
    )


def resume_account(connection: Connection, account_id: UUID) -> bool:
    """Lets a stopped account go on, and what it stopped fire again at once; False when nothing was stopped.

    One whose credential was refused had stopped its whole connection. Lists the account was without are asked for again.
    """
    stopped = connection.execute(
        "SELECT parked_class, connection_id FROM account WHERE id = %s", (account_id,)
    ).fetchone()
    cursor = connection.execute(
        """
        UPDATE account SET parked_class = NULL, parked_reason = NULL, parked_at = NULL
        WHERE id = %s AND parked_class IS NOT NULL
        """,
        (account_id,),
    )
    asked = connection.execute(
        """
        UPDATE job j SET manual_at = clock_timestamp() FROM listing l
        WHERE l.job_id = j.id AND j.account_id = %s AND j.enabled AND l.unavailable_reason IS NOT NULL
        """,
        (account_id,),
    ).rowcount
    if stopped is None or cursor.rowcount == 0:
        return asked > 0
    connection.execute(
        """
        UPDATE job j SET next_fire_at = now() FROM account a
        WHERE a.id = j.account_id AND (a.id = %(account)s OR %(whole)s AND a.connection_id = %(connection)s)
          AND (SELECT r.state FROM run r WHERE r.job_id = j.id AND r.state NOT IN ('skipped', 'missed', 'waiting')
               ORDER BY r.fire_time DESC LIMIT 1) = 'parked'
        """,
        {
            "account": account_id,
            "whole": stopped["parked_class"] == "credential_invalid",
            "connection": stopped["connection_id"],
        },
    )
    judge_account(connection, account_id, new_traceparent())
    return True


def unmapped_names(connection: Connection) -> list[Row]:
    """Accounts nobody mapped or excluded, with the domains and folded names of the tenants they are.

    They are those of its own records, and of the record its partner lists it by.
    """
    return connection.execute(
        """
        SELECT a.id, a.vendor, a.external_id, a.name,
               coalesce(array_agg(DISTINCT k.key_value) FILTER (WHERE k.key_type = 'domain'), '{}') AS domains,
               coalesce(array_agg(DISTINCT k.key_value) FILTER (WHERE k.key_type = 'organisation_name'), '{}') AS names
        FROM account a
        LEFT JOIN LATERAL (
            SELECT o.key_type, o.key_value FROM entity_key t JOIN entity_key o ON o.entity_id = t.entity_id
            WHERE t.msp_id = a.msp_id AND t.key_type = a.vendor || '_tenant_id' AND t.key_value = a.external_id
              AND NOT t.refers AND NOT o.refers
            UNION
            SELECT o.key_type, o.key_value FROM entity_key o
            WHERE o.account_id = a.id AND o.kind = 'domain' AND NOT o.refers) k ON true
        WHERE a.state = 'unmapped' AND a.is_tenant AND a.vendor <> 'autotask'
        GROUP BY a.id ORDER BY a.vendor, a.name
        """
    ).fetchall()


def client_names(connection: Connection) -> list[Row]:
    """Clients with the domains and folded names of their companies, and the client whose company is the parent."""
    return connection.execute(
        """
        SELECT c.id, c.name,
               coalesce(array_agg(DISTINCT k.key_value) FILTER (WHERE k.key_type = 'domain'), '{}') AS domains,
               coalesce(array_agg(DISTINCT k.key_value) FILTER (WHERE k.key_type = 'organisation_name'), '{}') AS names,
               (SELECT p.id FROM client p WHERE p.account_id = c.account_id
                   AND p.company_id = max(e.normalized_data ->> 'parent_company_id')) AS parent
        FROM client c LEFT JOIN entity e ON e.client_id = c.id AND e.kind = 'company' AND e.deleted_at IS NULL
        LEFT JOIN entity_key k ON k.entity_id = e.id AND NOT k.refers
        GROUP BY c.id ORDER BY c.name
        """
    ).fetchall()
