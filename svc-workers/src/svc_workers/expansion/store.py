"""SQL that finds the subjects a change is about."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mspbyte_common.db.engine import Connection
from svc_workers.findings.lifecycle import NO_ACCOUNT_OF


async def neighbours(connection: Connection, ids: Sequence[UUID], asked: Sequence[tuple[str, str]]) -> set[UUID]:
    """Neighbours over edges that hold and within clusters.

    The ends of an edge that ended come from the linkers, as subjects themselves.
    `asked` has (relation, kind of neighbour): only those whose checks look at the relation.
    """
    if not asked:
        return set()
    cursor = await connection.execute(
        """
        WITH edge AS (
            SELECT relation, target_id AS other FROM entity_relationship
            WHERE source_id = ANY(%(ids)s) AND valid_to IS NULL AND relation = ANY(%(relations)s)
            UNION
            SELECT relation, source_id FROM entity_relationship
            WHERE target_id = ANY(%(ids)s) AND valid_to IS NULL AND relation = ANY(%(relations)s)
            UNION
            SELECT m.relation, o.entity_id FROM cluster_member m
            JOIN cluster_member o ON o.cluster_id = m.cluster_id AND o.relation = m.relation AND o.valid_to IS NULL
            WHERE m.entity_id = ANY(%(ids)s) AND m.valid_to IS NULL AND m.relation = ANY(%(relations)s)
        )
        SELECT DISTINCT e.id
        FROM edge
        JOIN entity e ON e.id = edge.other
        JOIN unnest(%(relations)s::text[], %(kinds)s::text[]) AS asked (relation, kind)
          ON asked.relation = edge.relation AND asked.kind = e.kind
        """,
        {
            "ids": list(ids),
            "relations": [relation for relation, _ in asked],
            "kinds": [kind for _, kind in asked],
        },
    )
    return {row[0] for row in await cursor.fetchall()}


async def together(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """The other records of the things these are part of."""
    cursor = await connection.execute(
        """
        SELECT o.entity_id FROM fragment f JOIN fragment o ON o.merged_id = f.merged_id AND o.entity_id <> f.entity_id
        WHERE f.entity_id = ANY(%s)
        """,
        (list(ids),),
    )
    return {row[0] for row in await cursor.fetchall()}


async def same_client(connection: Connection, ids: Sequence[UUID], counted: Sequence[tuple[str, str]]) -> set[UUID]:
    """Subjects of the clients whose things changed. `counted` has (kind that changed, kind of the subject)."""
    if not counted:
        return set()
    cursor = await connection.execute(
        """
        WITH changed AS (
            SELECT DISTINCT e.client_id, counted.subject_kind
            FROM entity e
            JOIN unnest(%(changed)s::text[], %(subjects)s::text[]) AS counted (kind, subject_kind)
              ON counted.kind = e.kind
            WHERE e.id = ANY(%(ids)s) AND e.client_id IS NOT NULL
        )
        SELECT e.id FROM changed
        JOIN entity e ON e.client_id = changed.client_id AND e.kind = changed.subject_kind
        WHERE e.deleted_at IS NULL
        """,
        {
            "ids": list(ids),
            "changed": [kind for kind, _ in counted],
            "subjects": [kind for _, kind in counted],
        },
    )
    return {row[0] for row in await cursor.fetchall()}


async def same_account(connection: Connection, ids: Sequence[UUID], compared: Sequence[tuple[str, str]]) -> set[UUID]:
    """Subjects of the accounts whose things changed. `compared` has (kind that changed, kind of the subject)."""
    if not compared:
        return set()
    cursor = await connection.execute(
        """
        WITH changed AS (
            SELECT DISTINCT e.account_id, compared.subject_kind
            FROM entity e
            JOIN unnest(%(changed)s::text[], %(subjects)s::text[]) AS compared (kind, subject_kind)
              ON compared.kind = e.kind
            WHERE e.id = ANY(%(ids)s)
        )
        SELECT e.id FROM changed
        JOIN entity e ON e.account_id = changed.account_id AND e.kind = changed.subject_kind
        WHERE e.deleted_at IS NULL
        """,
        {
            "ids": list(ids),
            "changed": [kind for kind, _ in compared],
            "subjects": [kind for _, kind in compared],
        },
    )
    return {row[0] for row in await cursor.fetchall()}


async def waiting_for_listings(connection: Connection, job_ids: Sequence[UUID]) -> set[UUID]:
    """The accounts of these listings, and subjects that wait for one, in its account, its client, or its PSA's clients."""
    cursor = await connection.execute(
        """
        WITH complete AS (
            SELECT l.vendor || '/' || l.resource AS listing, l.account_id, a.client_id
            FROM listing l JOIN account a ON a.id = l.account_id WHERE l.job_id = ANY(%(jobs)s)
        )
        SELECT account_id FROM complete
        UNION
        SELECT r.subject_id FROM complete
        JOIN recheck r ON r.waits_for = complete.listing AND r.account_id = complete.account_id
        UNION
        SELECT r.subject_id FROM complete
        JOIN recheck r ON r.waits_for = complete.listing AND r.client_id = complete.client_id
        UNION
        SELECT r.subject_id FROM complete
        JOIN client c ON c.account_id = complete.account_id
        JOIN recheck r ON r.waits_for = complete.listing AND r.client_id = c.id
        """,
        {"jobs": list(job_ids)},
    )
    return {row[0] for row in await cursor.fetchall()}


async def of_accounts(connection: Connection, account_ids: Sequence[UUID], kinds: Sequence[str]) -> set[UUID]:
    """Their entities of these kinds, and who in their clients waits for a listing of their vendors, or was judged without."""
    cursor = await connection.execute(
        """
        SELECT id FROM entity
        WHERE account_id = ANY(%(accounts)s) AND kind = ANY(%(kinds)s) AND deleted_at IS NULL
          AND normalized_data IS NOT NULL
        UNION
        SELECT r.subject_id FROM account a
        JOIN recheck r ON r.client_id = a.client_id AND split_part(r.waits_for, '/', 1) = a.vendor
        WHERE a.id = ANY(%(accounts)s)
        UNION
        SELECT f.subject_id FROM account a
        JOIN finding f ON f.client_id = a.client_id AND f.state <> 'resolved' AND f.evidence -> %(without)s ? a.vendor
        WHERE a.id = ANY(%(accounts)s)
        """,
        {"accounts": list(account_ids), "kinds": list(kinds), "without": NO_ACCOUNT_OF},
    )
    return {row[0] for row in await cursor.fetchall()}
