"""SQL over entity and what hangs on it: keys, relationships, findings, issues, quarantine."""

# ruff: noqa: S608 - what is put together are constants of this file

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from mspbyte_common.db.merged import DOCUMENT
from mspctl.store import Connection, Row

NAME = """coalesce({0}.normalized_data ->> 'display_name', {0}.normalized_data ->> 'name',
                   {0}.normalized_data ->> 'title',
                   nullif(concat_ws(' ', {0}.normalized_data ->> 'first_name', {0}.normalized_data ->> 'last_name'), ''),
                   {0}.external_id)"""
"""What a person calls an entity."""

CLIENT_BY = """CASE WHEN e.client_id IS NULL THEN NULL
                    WHEN e.repairs @> '[{"rule": "client_verified_domain"}]' THEN 'the verified domain ' || (
                        SELECT r ->> 'by' FROM jsonb_array_elements(e.repairs) r
                        WHERE r ->> 'rule' = 'client_verified_domain')
                    WHEN e.kind = 'tenant' THEN 'the mapping of the account it tells of'
                    WHEN a.client_id = e.client_id THEN 'the account''s mapping'
                    WHEN e.normalized_data ->> 'company_id' IS NOT NULL
                    THEN 'the company ' || (e.normalized_data ->> 'company_id')
                    ELSE 'its contract' END"""
"""How an entity came to its client (`svc_resolvers.clients`)."""

SEVERITIES = ["critical", "high", "medium", "low", "info"]
"""The gravest first."""
OPEN = ("open", "acknowledged", "suppressed", "regressed")


def entities_between(connection: Connection, first: UUID, last: UUID) -> list[Row]:
    """Entities whose id lies between two, at most six."""
    return connection.execute(
        f"""
        SELECT e.id, e.vendor, e.resource, e.kind, e.external_id, {NAME.format("e")} AS name, a.name AS account,
               e.account_id, c.name AS client, e.client_id, {CLIENT_BY} AS client_by, e.first_seen_at,
               e.changed_at, e.deleted_at, e.mapper_version, e.raw_data, e.normalized_data, e.repairs
        FROM entity e LEFT JOIN account a ON a.id = e.account_id LEFT JOIN client c ON c.id = e.client_id
        WHERE e.id BETWEEN %s AND %s LIMIT 6
        """,
        (first, last),
    ).fetchall()


def keys(connection: Connection, entity_id: UUID) -> list[Row]:
    """The values by which the entity is known and to which it refers."""
    return connection.execute(
        "SELECT refers, key_type, key_value FROM entity_key WHERE entity_id = %s ORDER BY refers, key_type, key_value",
        (entity_id,),
    ).fetchall()


def merged(connection: Connection, entity_id: UUID) -> Row | None:
    """The thing of several records that the entity is part of, those records, and whose word counts for which field."""
    return connection.execute(
        f"""
        SELECT m.id, m.leading_id, m.key_type, m.key_value, m.provenance, {DOCUMENT} AS values,
               (SELECT jsonb_agg(jsonb_build_object('id', r.id, 'resource', r.resource, 'external_id', r.external_id,
                                                    'name', {NAME.format("r")}) ORDER BY p.place)
                FROM fragment p JOIN entity r ON r.id = p.entity_id WHERE p.merged_id = m.id) AS records
        FROM fragment f JOIN merged m ON m.id = f.merged_id JOIN entity e ON e.id = m.leading_id
        WHERE f.entity_id = %s
        """,
        (entity_id,),
    ).fetchone()


def relationships(connection: Connection, entity_id: UUID, at: datetime | None = None) -> list[Row]:
    """Edges that hold now, or held at a time, in both directions, with the other end and why."""
    return connection.execute(
        f"""
        SELECT r.id, r.relation, CASE WHEN r.source_id = %(id)s THEN 'to' ELSE 'from' END AS direction, r.state,
               o.id AS other_id, o.vendor AS other_vendor, o.kind AS other_kind,
               coalesce({NAME.format("o")}, a.name, c.name) AS other, r.rule, r.rule_version, r.confidence,
               r.key_value, r.evidence, r.valid_from, r.valid_to
        FROM entity_relationship r
        CROSS JOIN LATERAL (SELECT CASE WHEN r.source_id = %(id)s THEN r.target_id ELSE r.source_id END AS id) x
        LEFT JOIN entity o ON o.id = x.id LEFT JOIN account a ON a.id = x.id LEFT JOIN client c ON c.id = x.id
        WHERE (r.source_id = %(id)s OR r.target_id = %(id)s)
          AND CASE WHEN %(at)s::timestamptz IS NULL THEN r.valid_to IS NULL
                   ELSE r.valid_from <= %(at)s AND (r.valid_to IS NULL OR r.valid_to > %(at)s) END
        ORDER BY r.relation, other
        """,
        {"id": entity_id, "at": at},
    ).fetchall()


def changes(connection: Connection, entity_id: UUID, *, after: datetime | None = None) -> list[Row]:
    """An entity's changes, the latest first; only those later than `after` where it is given."""
    return connection.execute(
        """
        SELECT at, path, before, after, run_id, traceparent FROM entity_change
        WHERE entity_id = %(id)s AND (%(after)s::timestamptz IS NULL OR at > %(after)s)
        ORDER BY id DESC
        """,
        {"id": entity_id, "after": after},
    ).fetchall()


def client_name(connection: Connection, client_id: UUID) -> str | None:
    """What a client is called."""
    row = connection.execute("SELECT name FROM client WHERE id = %s", (client_id,)).fetchone()
    return row["name"] if row else None


def issues(connection: Connection, entity_id: UUID) -> list[Row]:
    """What resolver rules could not repair."""
    return connection.execute(
        "SELECT rule, field, value, since FROM issue WHERE entity_id = %s ORDER BY rule", (entity_id,)
    ).fetchall()


def misfits(connection: Connection, entity_id: UUID | None = None) -> list[Row]:
    """Quarantined records with the path at fault: one entity's, or all."""
    return connection.execute(
        """
        SELECT q.entity_id, q.vendor, q.resource, e.external_id, a.name AS account, q.path, q.value_class, q.error,
               q.mapper_version, q.since
        FROM quarantine q JOIN entity e ON e.id = q.entity_id LEFT JOIN account a ON a.id = e.account_id
        WHERE %(id)s::uuid IS NULL OR q.entity_id = %(id)s
        ORDER BY q.vendor, q.resource, q.since
        """,
        {"id": entity_id},
    ).fetchall()


def data_quality(connection: Connection, client_id: UUID | None) -> list[Row]:
    """Issues and quarantined records per client and rule, the most frequent first; one client's where it is given."""
    return connection.execute(
        """
        SELECT client_id, client, vendor, resource, kind, state, rule, field, records, since, example FROM v_data_quality
        WHERE %(client)s::uuid IS NULL OR client_id = %(client)s
        ORDER BY records DESC, client, vendor, resource, rule, field
        """,
        {"client": client_id},
    ).fetchall()


FINDING = f"""
    SELECT f.id, f.check_name AS "check", f.severity, f.state, f.title, f.subject_kind, f.subject_id,
           coalesce({NAME.format("e")}, a.name) AS subject, c.name AS client, f.client_id, f.evidence,
           f.opened_at, f.changed_at, f.resolved_at, f.suppressed_until, f.resolved_by
    FROM finding f LEFT JOIN entity e ON e.id = f.subject_id LEFT JOIN account a ON a.id = f.subject_id
    LEFT JOIN client c ON c.id = f.client_id
"""


def findings(
    connection: Connection,
    *,
    states: Sequence[str],
    check: str | None = None,
    severity: str | None = None,
    client_id: UUID | None = None,
    subject_id: UUID | None = None,
    limit: int = 1_000,
) -> list[Row]:
    """Findings in those states, the gravest first; each filter counts where it is given."""
    filters = {"check_name": check, "client_id": client_id, "subject_id": subject_id}
    given = {column: value for column, value in filters.items() if value is not None}
    return connection.execute(
        findings_query(given),
        {
            "states": list(states),
            "severities": SEVERITIES if severity is None else [severity],
            "limit": limit,
            **given,
        },
    ).fetchall()


def findings_query(filters: Collection[str]) -> str:
    """The statement that lists findings by these columns of theirs.

    Of each severity the oldest are taken from an index that has them in order, and only of those that are shown is
    looked up what their subject is called.
    """
    equal = "".join(f" AND n.{column} = %({column})s" for column in filters)
    return f"""
        WITH shown AS (
            SELECT n.id, s.rank FROM unnest(%(severities)s::text[]) WITH ORDINALITY AS s (severity, rank)
            CROSS JOIN LATERAL (
                SELECT n.id, n.opened_at FROM finding n
                WHERE n.severity = s.severity AND n.state = ANY(%(states)s){equal}
                ORDER BY n.opened_at, n.id LIMIT %(limit)s) AS n
            ORDER BY s.rank, n.opened_at, n.id LIMIT %(limit)s)
        {FINDING} JOIN shown ON shown.id = f.id ORDER BY shown.rank, f.opened_at, f.id"""


def findings_between(connection: Connection, first: UUID, last: UUID) -> list[Row]:
    """Findings whose id lies between two, at most six."""
    return connection.execute(f"{FINDING} WHERE f.id BETWEEN %s AND %s LIMIT 6", (first, last)).fetchall()


def finding_events(connection: Connection, finding_id: UUID) -> list[Row]:
    """A finding's history, oldest first."""
    return connection.execute(
        """
        SELECT at, state, severity, author, reason, evidence, run_id, traceparent
        FROM finding_event WHERE finding_id = %s ORDER BY id
        """,
        (finding_id,),
    ).fetchall()
