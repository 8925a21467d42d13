"""SQL of workflows, and of the actions they make."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from mspbyte_common.db.engine import Connection
from mspbyte_common.effects.effect import Kind
from mspbyte_common.effects.store import write_step
from mspbyte_common.fault_points import reach
from mspbyte_common.workflows.declaration import Mode, Severity, Workflow, workflow
from svc_workers.actions.decide import ActionState, Occurrence, Standing, Told
from svc_workers.actions.facts import Facts

AUTHOR: Final = "svc-workers"
TEXT_NAMES: Final = ("display_name", "name", "upn", "email", "title", "hostname")


@dataclass(frozen=True)
class Applied:
    """A workflow in force."""

    id: UUID
    scope: str
    target_id: UUID | None
    declaration: Workflow

    def covers(self, client_id: UUID | None, groups: Mapping[UUID, UUID]) -> bool:
        """Whether it is of this client; one for everybody is also of what belongs to no client."""
        match self.scope:
            case "global":
                return True
            case "client":
                return client_id is not None and client_id == self.target_id
            case _:
                return client_id is not None and groups.get(client_id) == self.target_id


@dataclass(frozen=True)
class Plan:
    """All that is declared for an msp: workflows, switches (off where not named), the group of each client that is in one."""

    workflows: tuple[Applied, ...]
    modes: Mapping[str, Mode]
    groups: Mapping[UUID, UUID]


@dataclass(frozen=True)
class New:
    """An action to write; one of the same id that is there already stays."""

    id: UUID
    workflow_id: UUID
    name: str
    kind: Kind
    state: ActionState
    group: str
    findings: Collection[UUID]
    told: Told
    summary: str
    request: Mapping[str, Any]
    client_id: UUID | None
    account_id: UUID | None
    due_at: datetime | None = None
    episode: int = 0
    about_id: UUID | None = None
    number: int = 0
    error: str | None = None


@dataclass(frozen=True)
class Rewritten:
    """A ticket that was not begun tells of something else."""

    id: UUID
    told: Told
    request: Mapping[str, Any]
    summary: str


@dataclass(frozen=True)
class TakenIn:
    """A ticket tells of something else by now."""

    id: UUID
    told: Told


@dataclass(frozen=True)
class Ended:
    """The findings of a ticket have cleared; `cancel`: before it was made."""

    id: UUID
    cancel: bool


@dataclass(frozen=True)
class Digested:
    """A digest that is being collected tells of more."""

    id: UUID
    findings: Collection[UUID]
    request: Mapping[str, Any]
    summary: str


async def acts(connection: Connection) -> bool:
    """Whether anything at all may follow from findings."""
    cursor = await connection.execute(
        "SELECT EXISTS (SELECT FROM workflow) AND EXISTS (SELECT FROM action_mode WHERE kind = 'all' AND mode <> 'off')"
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def lock(connection: Connection, msp_id: UUID) -> datetime:
    """Of two decisions for one msp the second sees what the first made of it; returns the database's clock."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('act:' || %s::text, 0))", (msp_id,))
    cursor = await connection.execute("SELECT clock_timestamp()")
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - a clock always answers
    now: datetime = row[0]
    return now


async def plan(connection: Connection) -> Plan:
    """What is declared for the msp of the transaction."""
    cursor = await connection.execute("SELECT id, scope, target_id, declaration FROM workflow ORDER BY name")
    found = tuple(Applied(row[0], row[1], row[2], workflow(row[3])) for row in await cursor.fetchall())
    modes = await connection.execute("SELECT kind, mode FROM action_mode")
    members = await connection.execute("SELECT client_id, group_id FROM client_group_member")
    return Plan(found, dict(await modes.fetchall()), dict(await members.fetchall()))


async def facts(connection: Connection, finding_ids: Collection[UUID]) -> dict[UUID, Facts]:
    """These findings as they stand, with what they are about, in the order of their ids."""
    cursor = await connection.execute(
        """
        WITH asked AS (
            SELECT f.*, c.name AS client_name, c.account_id AS psa_account, c.company_id, c.id AS known_client
            FROM finding f LEFT JOIN client c ON c.id = f.client_id WHERE f.id = ANY(%(ids)s)
        ), same AS (
            SELECT a.id, e.kind, min(e.external_id) AS external_id
            FROM asked a
            JOIN entity e ON e.account_id = a.psa_account AND e.kind IN ('contact', 'device') AND e.deleted_at IS NULL
                 AND e.normalized_data ->> 'company_id' = a.company_id
                 AND (e.id = a.subject_id OR e.id IN (
                     SELECT other.entity_id FROM cluster_member mine
                     JOIN cluster_member other ON other.cluster_id = mine.cluster_id AND other.relation = mine.relation
                          AND other.valid_to IS NULL
                     WHERE mine.entity_id = a.subject_id AND mine.valid_to IS NULL))
            GROUP BY a.id, e.kind HAVING count(*) = 1
        )
        SELECT a.id, v.id, a.check_name, a.subject_id, a.client_id, a.state, a.severity, a.title,
               a.evidence, a.opened_at, v.at, coalesce(d.title, a.title), coalesce(d.why, ''), coalesce(d.remedy, ''),
               a.subject_kind, coalesce(n.name, s.external_id, t.name, t.external_id, a.subject_id::text), a.client_name,
               (SELECT o.external_id FROM entity o WHERE o.account_id = a.psa_account AND o.kind = 'company'
                AND o.external_id = a.company_id AND o.deleted_at IS NULL),
               coalesce(a.psa_account, (SELECT r.id FROM account r WHERE r.vendor = 'autotask' AND r.is_root
                                        ORDER BY r.id LIMIT 1)),
               (SELECT external_id FROM same WHERE same.id = a.id AND same.kind = 'contact'),
               (SELECT external_id FROM same WHERE same.id = a.id AND same.kind = 'device')
        FROM asked a
        JOIN LATERAL (SELECT e.id, e.at FROM finding_event e WHERE e.finding_id = a.id ORDER BY e.id DESC LIMIT 1) v ON true
        LEFT JOIN check_declared d ON d.name = a.check_name
        LEFT JOIN entity s ON s.id = a.subject_id LEFT JOIN account t ON t.id = a.subject_id
        LEFT JOIN LATERAL (SELECT s.normalized_data ->> key AS name
                           FROM unnest(%(names)s::text[]) WITH ORDINALITY AS k (key, n)
                           WHERE s.normalized_data ->> key <> '' ORDER BY k.n LIMIT 1) n ON true
        ORDER BY a.id
        """,
        {"ids": list(finding_ids), "names": list(TEXT_NAMES)},
    )
    return {row[0]: Facts(Occurrence(*row[:8]), *row[8:]) for row in await cursor.fetchall()}


async def standing(
    connection: Connection, groups: Collection[tuple[UUID, str, str]]
) -> dict[tuple[UUID, str, str], Standing]:
    """The latest ticket of each (workflow, action, group) that has one, held until the transaction ends."""
    keys = sorted(groups, key=str)
    cursor = await connection.execute(
        """
        SELECT a.workflow_id, a.name, a.group_key, a.id, a.episode, a.state, a.told, a.ended_at IS NOT NULL,
               (SELECT coalesce(max(p.number), 0) FROM action p WHERE p.about_id = a.id)
        FROM action a JOIN unnest(%s::uuid[], %s::text[], %s::text[]) AS k (workflow_id, name, group_key)
             ON (a.workflow_id, a.name, a.group_key) = (k.workflow_id, k.name, k.group_key)
        WHERE a.kind = 'ticket_create' AND NOT EXISTS (
              SELECT FROM action l WHERE (l.workflow_id, l.name, l.group_key) = (a.workflow_id, a.name, a.group_key)
              AND l.kind = 'ticket_create' AND l.episode > a.episode)
        FOR UPDATE OF a
        """,
        ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]),
    )
    return {
        (row[0], row[1], row[2]): Standing(row[3], row[4], row[5], read_told(row[6]), row[7], row[8])
        for row in await cursor.fetchall()
    }


async def told_by(connection: Connection, finding_ids: Collection[UUID]) -> set[tuple[UUID, str, UUID]]:
    """(workflow, action, finding) of which a message was told."""
    cursor = await connection.execute(
        """
        SELECT DISTINCT a.workflow_id, a.name, f.id FROM action a, unnest(a.findings) AS f (id)
        WHERE a.findings && %(ids)s AND a.kind IN ('webhook', 'mail') AND f.id = ANY(%(ids)s)
        """,
        {"ids": list(finding_ids)},
    )
    return {(row[0], row[1], row[2]) for row in await cursor.fetchall()}


async def write_new(connection: Connection, msp_id: UUID, new: New, traceparent: str) -> bool:
    """Writes an action; False when it is there already."""
    cursor = await connection.execute(
        """
        INSERT INTO action (id, msp_id, workflow_id, name, kind, state, group_key, episode, about_id, number, client_id,
                            account_id, findings, told, summary, request, due_at, error, traceparent)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s::jsonb, %s, %s, %s)
        ON CONFLICT (id) DO NOTHING
        """,
        (
            new.id, msp_id, new.workflow_id, new.name, new.kind, new.state, new.group, new.episode, new.about_id, new.number,
            new.client_id, new.account_id, sorted(new.findings), _json(as_json(new.told)), new.summary, _json(new.request),
            new.due_at, new.error, traceparent,
        ),
    )  # fmt: skip
    if cursor.rowcount:
        reach("actions.action.inserted")
        await write_step(connection, msp_id, new.id, new.state, AUTHOR, new.error)
    return cursor.rowcount > 0


async def rewrite(connection: Connection, msp_id: UUID, one: Rewritten) -> None:
    """What was not begun tells of something else."""
    await connection.execute(
        """
        UPDATE action SET told = %s::jsonb, findings = %s, request = %s::jsonb, summary = %s, changed_at = clock_timestamp()
        WHERE id = %s
        """,
        (_json(as_json(one.told)), sorted(one.told), _json(one.request), one.summary, one.id),
    )
    await write_step(connection, msp_id, one.id, "rewritten", AUTHOR, None)


async def take_in(connection: Connection, one: TakenIn) -> None:
    """Notes what a ticket tells of now."""
    await connection.execute(
        """
        UPDATE action SET told = %(told)s::jsonb, changed_at = clock_timestamp(),
               findings = ARRAY(SELECT unnest(findings) UNION SELECT unnest(%(ids)s::uuid[]) ORDER BY 1)
        WHERE id = %(id)s
        """,
        {"told": _json(as_json(one.told)), "ids": sorted(one.told), "id": one.id},
    )


async def end(connection: Connection, msp_id: UUID, one: Ended) -> None:
    """The findings of a ticket have cleared."""
    await connection.execute(
        """
        UPDATE action SET ended_at = clock_timestamp(), told = '{}', changed_at = clock_timestamp(),
               state = CASE WHEN %(cancel)s THEN 'cancelled' ELSE state END,
               due_at = CASE WHEN %(cancel)s THEN NULL ELSE due_at END
        WHERE id = %(id)s
        """,
        {"cancel": one.cancel, "id": one.id},
    )
    reach("actions.ticket.ended")
    said = "it was not made yet: its findings cleared" if one.cancel else "its findings cleared"
    await write_step(connection, msp_id, one.id, "cancelled" if one.cancel else "ended", AUTHOR, said)


async def digest(connection: Connection, action_id: UUID) -> dict[str, Any] | None:
    """The request of a digest that is being collected, held until the transaction ends."""
    cursor = await connection.execute("SELECT request FROM action WHERE id = %s FOR UPDATE", (action_id,))
    row = await cursor.fetchone()
    return dict(row[0]) if row else None


async def add_to_digest(connection: Connection, one: Digested) -> None:
    """A digest tells of more findings."""
    await connection.execute(
        """
        UPDATE action SET request = %s::jsonb, summary = %s, changed_at = clock_timestamp(),
               findings = ARRAY(SELECT unnest(findings) UNION SELECT unnest(%s::uuid[]) ORDER BY 1)
        WHERE id = %s
        """,
        (_json(one.request), one.summary, sorted(one.findings), one.id),
    )


@dataclass(frozen=True)
class Trial:
    """A dry run that is asked for."""

    id: UUID
    name: str
    scope: str
    target_id: UUID | None
    declaration: dict[str, Any]


async def trials(connection: Connection, ids: Sequence[UUID]) -> list[Trial]:
    """Those that are still asked for, locked."""
    cursor = await connection.execute(
        """
        SELECT id, name, scope, target_id, declaration FROM workflow_trial
        WHERE id = ANY(%s) AND state = 'requested' FOR UPDATE
        """,
        (list(ids),),
    )
    return [Trial(*row) for row in await cursor.fetchall()]


async def trial_ready(connection: Connection, trial_id: UUID, result: Mapping[str, Any]) -> None:
    """What would follow."""
    await connection.execute(
        "UPDATE workflow_trial SET state = 'ready', result = %s::jsonb WHERE id = %s", (_json(result), trial_id)
    )


async def trial_failed(connection: Connection, trial_id: UUID, error: str) -> None:
    """Why nothing is known."""
    await connection.execute("UPDATE workflow_trial SET state = 'failed', error = %s WHERE id = %s", (error, trial_id))


async def standing_findings(connection: Connection) -> list[UUID]:
    """Every finding that stands."""
    cursor = await connection.execute("SELECT id FROM finding WHERE state <> 'resolved' ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]


async def existing(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Those of these actions that are there."""
    cursor = await connection.execute("SELECT id FROM action WHERE id = ANY(%s)", (list(ids),))
    return {row[0] for row in await cursor.fetchall()}


def as_json(told: Told) -> dict[str, list[str]]:
    """What a ticket tells, as its row holds it."""
    return {str(finding): [severity, title] for finding, (severity, title) in told.items()}


def read_told(document: Mapping[str, Sequence[Any]]) -> dict[UUID, tuple[Severity, str]]:
    """The other way round."""
    return {UUID(finding): (severity, title) for finding, (severity, title) in document.items()}


def _json(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document).decode()
