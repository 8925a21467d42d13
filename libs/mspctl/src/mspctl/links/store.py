"""SQL over entity_relationship, cluster_member and link_decision."""

# ruff: noqa: S608 - what is put together are constants of this file

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from mspbyte_common.links import PERSON
from mspctl.knowledge.store import NAME
from mspctl.store import Connection, Row

AS_OF = "{0}.valid_from <= %(at)s AND ({0}.valid_to IS NULL OR {0}.valid_to > %(at)s)"
"""Edges and memberships as they were at a moment; at the present one, what holds now."""

_RECORD = f"""
    SELECT e.id, e.kind, e.vendor, e.resource, {NAME.format("e")} AS name, a.name AS account, c.name AS client,
           e.client_id, e.account_id, e.deleted_at, e.resolved_hash IS NOT NULL AS resolved,
           EXISTS (SELECT 1 FROM quarantine q WHERE q.entity_id = e.id) AS quarantined,
           EXISTS (SELECT 1 FROM work w WHERE e.id = ANY(w.entity_ids) AND w.stage IN ('process', 'resolve', 'link'))
           AS waiting
    FROM entity e LEFT JOIN account a ON a.id = e.account_id LEFT JOIN client c ON c.id = e.client_id
"""


def records_between(connection: Connection, first: UUID, last: UUID) -> list[Row]:
    """Records whose id lies between two, at most six."""
    return connection.execute(f"{_RECORD} WHERE e.id BETWEEN %s AND %s LIMIT 6", (first, last)).fetchall()


def records(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Records by id."""
    rows = connection.execute(f"{_RECORD} WHERE e.id = ANY(%s)", (list(ids),)).fetchall()
    return {row["id"]: row for row in rows}


def now(connection: Connection) -> datetime:
    """The present moment of the database."""
    at: datetime
    ((at,),) = (row.values() for row in connection.execute("SELECT clock_timestamp()"))
    return at


def to_decide(
    connection: Connection, relation: str | None, client_id: UUID | None, held_back: str | None, limit: int
) -> list[Row]:
    """Pairs that may be one thing and wait for a person, the most likely first."""
    return connection.execute(
        f"""
        SELECT r.relation, one.id AS one_id, {NAME.format("one")} AS one, one.vendor AS one_vendor,
               other.id AS other_id, {NAME.format("other")} AS other, other.vendor AS other_vendor, c.name AS client,
               max(r.confidence) AS confidence, array_agg(DISTINCT r.rule) AS rules,
               array_agg(DISTINCT r.held_back) AS held_back
        FROM entity_relationship r JOIN entity one ON one.id = r.source_id JOIN entity other ON other.id = r.target_id
        LEFT JOIN client c ON c.id = one.client_id
        WHERE r.valid_to IS NULL AND "left"(r.relation, 5) = 'same_' AND r.state = 'candidate'
          AND (%(relation)s::text IS NULL OR r.relation = %(relation)s)
          AND (%(client)s::uuid IS NULL OR one.client_id = %(client)s OR other.client_id = %(client)s)
          AND (%(held_back)s::text IS NULL OR r.held_back = %(held_back)s)
          AND NOT EXISTS (SELECT 1 FROM cluster_member m JOIN cluster_member n USING (relation, cluster_id)
                          WHERE m.entity_id = r.source_id AND n.entity_id = r.target_id AND m.relation = r.relation
                            AND m.valid_to IS NULL AND n.valid_to IS NULL)
        GROUP BY r.relation, one.id, other.id, c.name
        ORDER BY confidence DESC, client, one, one.id, other.id LIMIT %(limit)s
        """,
        {"relation": relation, "client": client_id, "held_back": held_back, "limit": limit},
    ).fetchall()


def decisions(connection: Connection, ids: Collection[UUID] | None = None, *, cleared: bool = False) -> list[Row]:
    """What people decided, the newest first: of these records, or of all."""
    return connection.execute(
        f"""
        SELECT d.id, d.relation, d.verdict, d.one_id, {NAME.format("one")} AS one, d.other_id, {NAME.format("other")}
               AS other, d.author, d.reason, d.decided_at, d.cleared_at, d.cleared_by
        FROM link_decision d LEFT JOIN entity one ON one.id = d.one_id LEFT JOIN entity other ON other.id = d.other_id
        WHERE (%(ids)s::uuid[] IS NULL OR d.one_id = ANY(%(ids)s) OR d.other_id = ANY(%(ids)s))
          AND (%(cleared)s OR d.cleared_at IS NULL)
        ORDER BY d.id DESC
        """,
        {"ids": None if ids is None else list(ids), "cleared": cleared},
    ).fetchall()


def cluster(connection: Connection, relation: str, record: UUID, at: datetime) -> tuple[UUID | None, list[UUID]]:
    """The cluster a record was in at a moment, and who else; (None, itself) when it was alone."""
    rows = connection.execute(
        f"""
        SELECT n.cluster_id, n.entity_id FROM cluster_member m
        JOIN cluster_member n ON n.cluster_id = m.cluster_id AND n.relation = m.relation AND {AS_OF.format("n")}
        WHERE m.entity_id = %(id)s AND m.relation = %(relation)s AND {AS_OF.format("m")} ORDER BY n.entity_id
        """,
        {"id": record, "relation": relation, "at": at},
    ).fetchall()
    return (rows[0]["cluster_id"], [row["entity_id"] for row in rows]) if rows else (None, [record])


def memberships(connection: Connection, relation: str, ids: Collection[UUID]) -> list[Row]:
    """Merges and splits: which cluster each of the records was in, from when to when."""
    return connection.execute(
        f"""
        SELECT m.valid_from, m.valid_to, m.cluster_id, m.entity_id, {NAME.format("e")} AS name
        FROM cluster_member m LEFT JOIN entity e ON e.id = m.entity_id
        WHERE m.entity_id = ANY(%s) AND m.relation = %s ORDER BY m.id
        """,
        (list(ids), relation),
    ).fetchall()


_EDGE = f"""
    SELECT r.id, r.relation, r.source_id, {NAME.format("s")} AS source, r.target_id, {NAME.format("t")} AS target, r.state,
           r.held_back, r.rule, r.rule_version, r.confidence, r.key_value, r.evidence, r.valid_from, r.valid_to
    FROM entity_relationship r LEFT JOIN entity s ON s.id = r.source_id LEFT JOIN entity t ON t.id = r.target_id
"""


def edges(connection: Connection, relation: str, ids: Collection[UUID], at: datetime) -> list[Row]:
    """Edges of a relation at these records as they were at a moment, the strongest first."""
    return connection.execute(
        f"""{_EDGE} WHERE (r.source_id = ANY(%(ids)s) OR r.target_id = ANY(%(ids)s)) AND r.relation = %(relation)s
                      AND {AS_OF.format("r")} ORDER BY r.state, r.confidence DESC, r.id""",
        {"ids": list(ids), "relation": relation, "at": at},
    ).fetchall()


def edges_between(connection: Connection, one: UUID, other: UUID) -> list[Row]:
    """Every edge the two ever had, those that hold first."""
    return connection.execute(
        f"""{_EDGE} WHERE (r.source_id, r.target_id) IN ((%(one)s, %(other)s), (%(other)s, %(one)s))
            ORDER BY r.valid_to IS NOT NULL, r.state, r.confidence DESC, r.id""",
        {"one": one, "other": other},
    ).fetchall()


def keys(connection: Connection, one: UUID, other: UUID) -> list[Row]:
    """The keys of two records; of those both have a value of, how many records of that client or account have it."""
    return connection.execute(
        """
        SELECT k.entity_id, k.refers, k.key_type, k.key_value,
               CASE WHEN EXISTS (SELECT 1 FROM entity_key o WHERE o.entity_id IN (%(one)s, %(other)s)
                                 AND o.entity_id <> k.entity_id AND o.key_value = k.key_value)
                    THEN (SELECT count(DISTINCT h.entity_id) FROM entity_key h
                          WHERE h.msp_id = k.msp_id AND h.key_type = k.key_type AND h.key_value = k.key_value AND NOT h.refers
                            AND h.client_id IS NOT DISTINCT FROM k.client_id) END AS held_by
        FROM entity_key k WHERE k.entity_id IN (%(one)s, %(other)s) ORDER BY k.key_type, k.key_value
        """,
        {"one": one, "other": other},
    ).fetchall()


def issues(connection: Connection, ids: Collection[UUID]) -> list[Row]:
    """What resolver rules could not repair on these records, or took away."""
    return connection.execute(
        "SELECT entity_id, rule, field, value FROM issue WHERE entity_id = ANY(%s) ORDER BY entity_id, rule",
        (list(ids),),
    ).fetchall()


def borrowed_macs(connection: Connection, ids: Collection[UUID]) -> list[Row]:
    """Addresses of devices that are in order, and no key all the same: those of virtual adapters and docks, or made up."""
    return connection.execute(
        r"""
        SELECT e.id AS entity_id, address.mac
        FROM entity e CROSS JOIN jsonb_array_elements_text(e.normalized_data -> 'macs') AS sent (mac)
        CROSS JOIN LATERAL (SELECT lower(regexp_replace(sent.mac, '[\s:.\-\[\](){}]', '', 'g')) AS mac) AS address
        WHERE e.id = ANY(%s) AND e.kind = 'device' AND e.resolved_hash IS NOT NULL
          AND NOT e.normalized_data -> 'macs_canonical' ? address.mac
          AND NOT EXISTS (SELECT 1 FROM issue i
                          WHERE i.entity_id = e.id AND i.field = 'macs' AND strpos(i.value, sent.mac) > 0)
        GROUP BY e.id, address.mac ORDER BY e.id, address.mac
        """,
        (list(ids),),
    ).fetchall()


def chain(connection: Connection, relations: Collection[str], start: UUID, end: UUID) -> list[UUID]:
    """The shortest way from one record to another along edges from source to target; empty when there is none.

    So a person's groups are found, the groups those are in, and the roles any of them holds: nothing is stored of it.
    """
    row = connection.execute(
        """
        WITH RECURSIVE way (id, path) AS (
            SELECT %(start)s::uuid, ARRAY[%(start)s::uuid]
            UNION ALL
            SELECT r.target_id, way.path || r.target_id
            FROM way JOIN entity_relationship r ON r.source_id = way.id AND r.relation = ANY(%(relations)s)
                 AND r.valid_to IS NULL AND r.state = 'active'
            WHERE r.target_id <> ALL(way.path) AND cardinality(way.path) < 10
        )
        SELECT path FROM way WHERE id = %(end)s ORDER BY cardinality(path) LIMIT 1
        """,
        {"relations": list(relations), "start": start, "end": end},
    ).fetchone()
    return row["path"] if row else []


def proposed(connection: Connection, relation: str, one: UUID, other: UUID) -> bool:
    """Whether a rule holds it possible that the two are one thing."""
    found = connection.execute(
        """
        SELECT 1 FROM entity_relationship
        WHERE (source_id, target_id) IN ((%(one)s, %(other)s), (%(other)s, %(one)s)) AND relation = %(relation)s
          AND valid_to IS NULL AND rule <> %(person)s LIMIT 1
        """,
        {"one": one, "other": other, "relation": relation, "person": PERSON},
    ).fetchone()
    return found is not None


def decide(
    connection: Connection,
    msp_id: UUID,
    relation: str,
    pairs: Collection[tuple[UUID, UUID]],
    verdict: str,
    author: str,
    reason: str,
) -> None:
    """Keeps a person's word on pairs of records; what was said of them before is cleared."""
    clear(connection, relation, pairs, author)
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO link_decision (msp_id, relation, one_id, other_id, verdict, author, reason)
            VALUES (%s, %s, least(%s::uuid, %s::uuid), greatest(%s::uuid, %s::uuid), %s, %s, %s)
            """,
            [(msp_id, relation, one, other, one, other, verdict, author, reason) for one, other in pairs],
        )


def clear(connection: Connection, relation: str, pairs: Collection[tuple[UUID, UUID]], author: str) -> int:
    """Takes back what was said of pairs of records; returns of how many something had been."""
    return connection.execute(
        """
        UPDATE link_decision d SET cleared_at = clock_timestamp(), cleared_by = %s
        FROM unnest(%s::uuid[], %s::uuid[]) AS p (one, other)
        WHERE d.one_id = least(p.one, p.other) AND d.other_id = greatest(p.one, p.other) AND d.relation = %s
          AND d.cleared_at IS NULL
        """,
        (author, [one for one, _ in pairs], [other for _, other in pairs], relation),
    ).rowcount


def relink(connection: Connection, ids: Collection[UUID], traceparent: str) -> int:
    """Has the linkers look at these records; returns the pieces of work."""
    return connection.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, account_id, 'link', kind, array_agg(id ORDER BY id), %s
        FROM entity WHERE id = ANY(%s) GROUP BY msp_id, account_id, kind
        """,
        (traceparent, list(ids)),
    ).rowcount
