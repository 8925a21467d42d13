"""SQL of the linkers: keys, locks, decisions and entity_relationship.

Each function goes to the server and back once, however much it asks. Statements look up by index, value by value
(`CROSS JOIN LATERAL … OFFSET 0`), whatever the planner believes about tables that were empty a minute ago; what is found
is put together in `relink.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from psycopg.errors import LockNotAvailable

from mspbyte_common.db.engine import Connection
from mspbyte_common.hashing import canonical
from mspbyte_common.links import SHARED_BY
from svc_linkers.batch import Answers, Asked, Existing, FormerKey, OwnKey
from svc_linkers.edges import Change, Edge, Evidence, Holder, Place, Stored, Traits
from svc_linkers.rule import Scope

K = TypeVar("K")
V = TypeVar("V")
Decided = Mapping[str, Mapping[Edge, Evidence]]
"""What people confirmed or pinned, by relation."""

_STORED = "x.id, x.rule_version, x.source_id, x.target_id, x.scope_id, x.key_value, x.held_back"
_SCOPE_COLUMN: dict[Scope, str] = {"msp": "msp_id", "client": "client_id", "account": "account_id"}
_MET = " UNION ALL ".join(
    f"""
    SELECT entity_id, kind, resource FROM entity_key
    WHERE q.scope = '{scope}' AND msp_id = %(msp)s AND key_type = q.key_type AND key_value = p.value AND refers = q.refers
      AND {column} = p.scope_id AND (q.kind IS NULL OR kind = q.kind)
    """  # noqa: S608 - built from constants
    for scope, column in _SCOPE_COLUMN.items()
)
"""Who has a question's key at a place."""
_STRIPE = "hashtextextended('link:' || %(msp)s::text || ':' || s, 0)"
_OF_STRIPES = "FROM unnest(%(stripes)s::int[]) AS s"
REJECTED = """
    SELECT relation, one_id, other_id FROM link_decision
    WHERE one_id = ANY(%(ids)s::uuid[]) AND other_id = ANY(%(ids)s::uuid[]) AND verdict = 'rejected' AND cleared_at IS NULL
    """
"""Pairs among these records of which a person said that they are two things."""


class Claim(NamedTuple):
    """What a batch takes up, and what it has to lock first."""

    former: list[FormerKey]
    scopes: set[UUID]
    pins: list[tuple[UUID, UUID]]


async def claim(connection: Connection, ids: Sequence[UUID]) -> Claim:
    """The keys the records lost, within which accounts and clients they may meet others, and which of those any pin joins.

    Lost keys are noted until this batch takes them up.
    """
    given = {"ids": list(ids)}
    async with connection.pipeline():
        former = await connection.execute(
            """
            DELETE FROM former_key WHERE entity_id = ANY(%(ids)s::uuid[])
            RETURNING key_type, key_value, account_id, client_id
            """,
            given,
        )
        scopes = await connection.execute(
            "SELECT DISTINCT account_id, client_id FROM entity WHERE id = ANY(%(ids)s::uuid[])", given
        )
        pins = await connection.execute(
            """
            SELECT coalesce(a.client_id, a.account_id), coalesce(b.client_id, b.account_id)
            FROM link_decision d JOIN entity a ON a.id = d.one_id JOIN entity b ON b.id = d.other_id
            WHERE d.verdict = 'pinned' AND d.cleared_at IS NULL
              AND coalesce(a.client_id, a.account_id) <> coalesce(b.client_id, b.account_id)
            """
        )
    lost = [FormerKey(*row) for row in await former.fetchall()]
    within = [*await scopes.fetchall(), *((key.account_id, key.client_id) for key in lost)]
    return Claim(
        lost,
        {scope for places in within for scope in places if scope is not None},
        [(row[0], row[1]) for row in await pins.fetchall()],
    )


async def lock_now(connection: Connection, msp_id: UUID, stripes: Sequence[int]) -> None:
    """Takes these locks; LockNotAvailable when somebody has one."""
    cursor = await connection.execute(
        f"SELECT bool_and(pg_try_advisory_xact_lock({_STRIPE})) {_OF_STRIPES}",
        {"msp": str(msp_id), "stripes": list(stripes)},
    )
    row = await cursor.fetchone()
    if row is None or not row[0]:
        message = "another batch links records of one of these clients"
        raise LockNotAvailable(message)


class Known(NamedTuple):
    """What is known of a batch once nobody else can change it, and when that was.

    The moment is after whatever was waited for: the edges of batches that follow each other have dates that do so too.
    """

    at: datetime
    keys: list[OwnKey]
    existing: Existing
    decided: Decided


async def known(connection: Connection, msp_id: UUID, stripes: Sequence[int], ids: Sequence[UUID]) -> Known:
    """Waits for these locks, in this order; then the records' keys, the edges that hold at them, and those of a person.

    What a person said holds while both records exist, whatever their keys say; a confirmation only within one client.
    """
    given = {"ids": list(ids)}
    async with connection.pipeline():
        await connection.execute(
            f"SELECT pg_advisory_xact_lock({_STRIPE}) {_OF_STRIPES}",
            {"msp": str(msp_id), "stripes": list(stripes)},
        )
        moment = await connection.execute("SELECT clock_timestamp()")
        keys = await connection.execute(
            """
            SELECT entity_id, refers, key_type, key_value, account_id, client_id FROM entity_key
            WHERE entity_id = ANY(%(ids)s::uuid[])
            """,
            given,
        )
        edges = await connection.execute(
            f"""
            SELECT DISTINCT ON (x.id) x.relation, x.rule, {_STORED}
            FROM unnest(%(ids)s::uuid[]) AS i (id) CROSS JOIN LATERAL (
                SELECT * FROM entity_relationship WHERE source_id = i.id AND valid_to IS NULL
                UNION ALL
                SELECT * FROM entity_relationship WHERE target_id = i.id AND valid_to IS NULL OFFSET 0) AS x
            """,  # noqa: S608 - built from constants
            given,
        )
        decided = await connection.execute(
            """
            SELECT DISTINCT ON (d.id) d.relation,
                   CASE WHEN (a.kind, a.id) < (b.kind, b.id) THEN a.id ELSE b.id END,
                   CASE WHEN (a.kind, a.id) < (b.kind, b.id) THEN b.id ELSE a.id END,
                   least(coalesce(a.client_id, a.account_id), coalesce(b.client_id, b.account_id)), d.id::text,
                   CASE WHEN d.verdict = 'confirmed' AND a.client_id IS DISTINCT FROM b.client_id THEN 'other_client' END,
                   d.verdict, d.author, d.reason, d.decided_at
            FROM unnest(%(ids)s::uuid[]) AS i (id) CROSS JOIN LATERAL (
                SELECT * FROM link_decision WHERE one_id = i.id AND cleared_at IS NULL
                UNION ALL
                SELECT * FROM link_decision WHERE other_id = i.id AND cleared_at IS NULL OFFSET 0) AS d
            JOIN entity a ON a.id = d.one_id JOIN entity b ON b.id = d.other_id
            WHERE d.verdict <> 'rejected' AND a.deleted_at IS NULL AND b.deleted_at IS NULL
            """,
            given,
        )
    [(at,)] = await moment.fetchall()
    return Known(
        at,
        [OwnKey(*row) for row in await keys.fetchall()],
        _existing(await edges.fetchall()),
        _decided(await decided.fetchall()),
    )


def _existing(rows: Iterable[Sequence[Any]]) -> Existing:
    return _grouped(((row[0], row[1]), Stored.of(row[2:])) for row in rows)


def _decided(rows: Iterable[Sequence[Any]]) -> Decided:
    found: dict[str, dict[Edge, Evidence]] = {}
    for relation, source, target, scope, value, held_back, verdict, author, reason, decided_at in rows:
        evidence = {"verdict": verdict, "author": author, "reason": reason, "decided_at": decided_at.isoformat()}
        found.setdefault(relation, {})[Edge(source, target, scope, value, held_back)] = evidence
    return found


class Surroundings(NamedTuple):
    """Whom a batch meets, and the edges of sameness that are there because of the values it is looked at for."""

    answers: Answers
    existing: Existing


async def surroundings(
    connection: Connection, msp_id: UUID, asked: Asked, sought: Mapping[str, Collection[Place]]
) -> Surroundings:
    """Answers every rule's questions, and finds what edges each rule of sameness has at the places sought for it."""
    questions = list(asked)
    rows = [(number, place) for number, question in enumerate(questions) for place in asked[question]]
    places = [{"n": number, "scope_id": scope, "value": value} for number, (scope, value) in rows]
    of_rules = [
        {"rule": rule, "scope_id": scope, "value": value} for rule, found in sought.items() for scope, value in found
    ]
    async with connection.pipeline():
        met = await connection.execute(
            f"""
            SELECT p.n, p.scope_id, p.value, k.entity_id, k.kind, k.resource
            FROM json_to_recordset(%(questions)s::json)
                 AS q (n int, scope text, key_type text, refers boolean, kind text, most int)
            JOIN json_to_recordset(%(places)s::json) AS p (n int, scope_id uuid, value text) USING (n)
            CROSS JOIN LATERAL ({_MET} LIMIT q.most) AS k
            """,  # noqa: S608 - built from constants
            {
                "msp": msp_id,
                "places": _json(places),
                "questions": _json(
                    {**question._asdict(), "n": number, "most": None if question.kind is None else SHARED_BY + 1}
                    for number, question in enumerate(questions)
                ),
            },
        )
        existing = await connection.execute(
            f"""
            SELECT x.relation, x.rule, {_STORED}
            FROM json_to_recordset(%(places)s::json) AS p (rule text, scope_id uuid, value text) CROSS JOIN LATERAL (
                SELECT * FROM entity_relationship
                WHERE rule = p.rule AND scope_id = p.scope_id AND key_value = p.value AND valid_to IS NULL
                  AND "left"(relation, 5) = 'same_' OFFSET 0) AS x
            """,  # noqa: S608 - built from constants
            {"places": _json(of_rules)},
        )
    answers: dict[Any, dict[Place, list[Holder]]] = {question: {} for question in questions}
    for number, scope, value, entity, kind, resource in await met.fetchall():
        holder = Holder(entity, questions[number].key_type, kind, resource)
        answers[questions[number]].setdefault((scope, value), []).append(holder)
    return Surroundings(answers, _existing(await existing.fetchall()))


class Told(NamedTuple):
    """What tells records apart or speaks for them: what they are known by besides, and what people refused."""

    traits: Traits
    rejected: Mapping[str, set[frozenset[UUID]]]
    """By relation."""


async def told(connection: Connection, ids: Collection[UUID], key_types: Collection[str]) -> Told:
    """The values of these key types that the records are known by, and which pairs of them are rejected."""
    given = {"ids": list(ids), "types": list(key_types)}
    async with connection.pipeline():
        keys = await connection.execute(
            """
            SELECT i.id, k.key_type, k.key_value FROM unnest(%(ids)s::uuid[]) AS i (id) CROSS JOIN LATERAL (
                SELECT key_type, key_value FROM entity_key
                WHERE entity_id = i.id AND NOT refers AND key_type = ANY(%(types)s) OFFSET 0) AS k
            """,
            given,
        )
        rejected = await connection.execute(REJECTED, given)
    traits = _grouped(((row[0], row[1]), row[2]) for row in await keys.fetchall())
    pairs = _grouped((row[0], frozenset(row[1:])) for row in await rejected.fetchall())
    return Told(
        {record: frozenset(values) for record, values in traits.items()},
        {relation: set(found) for relation, found in pairs.items()},
    )


async def write(connection: Connection, msp_id: UUID, at: datetime, changes: Sequence[Change]) -> None:
    """Ends edges and begins others, at one moment."""
    ended = [stored.id for change in changes for stored in change.ended]
    begun = [
        {**edge._asdict(), "n": number, "evidence": evidence}
        for number, change in enumerate(changes)
        for edge, evidence in change.begun.items()
    ]
    async with connection.pipeline():
        if ended:
            await connection.execute("UPDATE entity_relationship SET valid_to = %s WHERE id = ANY(%s)", (at, ended))
        if begun:
            await connection.execute(
                """
                INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version,
                                                 held_back, confidence, scope_id, key_value, evidence, valid_from)
                SELECT %(msp)s, r.relation, b.source_id, b.target_id,
                       CASE WHEN b.held_back IS NULL THEN 'active' ELSE 'candidate' END, r.id, r.version, b.held_back,
                       r.confidence, b.scope_id, b.key_value, b.evidence, %(at)s
                FROM json_to_recordset(%(begun)s::json)
                     AS b (n int, source_id uuid, target_id uuid, scope_id uuid, key_value text, held_back text,
                           evidence jsonb)
                JOIN json_to_recordset(%(rules)s::json)
                     AS r (n int, id text, version int, relation text, confidence numeric) USING (n)
                """,
                {
                    "msp": msp_id,
                    "at": at,
                    "begun": _json(begun),
                    "rules": _json({**change.rule._asdict(), "n": number} for number, change in enumerate(changes)),
                },
            )


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as one parameter: an array of each column takes psycopg many times as long to write."""
    return canonical(list(rows)).decode()
