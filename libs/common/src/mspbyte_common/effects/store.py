"""SQL of an action in hand: claimed, carried out, put off, given up. Each step is a row of action_step."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.effects.effect import SWITCHES, Effect, Kind, Manner, Result, work_for
from mspbyte_common.errors import Unclassified, VendorError
from mspbyte_common.fault_points import reach
from mspbyte_common.ledger.item import Next

SWITCHED_OFF_SECONDS = 300.0
"""How long an action of unknown outcome rests while its kind is switched off."""


@dataclass(frozen=True)
class Claim:
    """What there is to do about an action: carry it out, or go on with what follows from its end."""

    effect: Effect | None
    following: list[Next]


NOTHING = Claim(None, [])


async def claim(connection: Connection, action_id: UUID, manner: Manner, author: str) -> Claim:
    """Takes an action in hand, if it is its turn, and notes that before anything is sent.

    A ticket's effects are claimed and ended one after the other, under the lock of its first row.
    """
    await _lock_ticket(connection, action_id)
    cursor = await connection.execute(
        """
        SELECT a.msp_id, a.kind, a.state, a.account_id, a.request, a.attempts, a.tried, a.uncertain, a.about_id,
               a.traceparent, root.state, root.external_id,
               EXISTS (SELECT 1 FROM action s WHERE (s.about_id = a.about_id OR s.id = a.about_id) AND s.number < a.number
                       AND s.state IN ('proposed', 'queued', 'doing')),
               (SELECT count(*) FROM action_mode m
                WHERE m.kind = ANY(ARRAY['all', split_part(a.kind, '_', 1)]) AND m.mode <> 'off')
        FROM action a LEFT JOIN action root ON root.id = a.about_id
        WHERE a.id = %s AND a.state IN ('queued', 'doing') AND (a.due_at IS NULL OR a.due_at <= clock_timestamp())
        FOR UPDATE OF a
        """,
        (action_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return NOTHING
    msp, kind, state, account, request, attempts, tried, uncertain, about, trace, root, ticket, waits, switches = row
    if waits:
        return NOTHING
    if about is not None and root != "done":
        await _write(connection, action_id, "cancelled")
        await write_step(connection, msp, action_id, "cancelled", author, "the ticket was not made")
        return Claim(None, await _next_of(connection, action_id))
    if switches < len({"all", SWITCHES[kind]}):
        return await _rest(connection, msp, action_id, kind, state, author)
    taken = Effect(action_id, msp, kind, account, request, attempts + 1, tried + 1, uncertain, ticket, trace)
    await connection.execute(
        """
        UPDATE action SET state = 'doing', attempts = attempts + 1, tried = tried + 1, uncertain = true,
               changed_at = clock_timestamp(), due_at = clock_timestamp() + make_interval(secs => %s)
        WHERE id = %s
        """,
        (manner.settled, action_id),
    )
    reach("effects.action.claimed")
    if tried >= manner.tries:
        lost = Unclassified(f"{tried} attempts ended without a word")
        return Claim(None, await failed(connection, taken, lost, author) or [])
    await write_step(connection, msp, action_id, "sending", author, f"attempt {attempts + 1}")
    return Claim(taken, [])


async def done(connection: Connection, effect: Effect, result: Result, author: str) -> list[Next] | None:
    """Notes what was achieved; returns what follows, None when the action is in other hands by now."""
    await _lock_ticket(connection, effect.id)
    cursor = await connection.execute(
        """
        UPDATE action SET state = 'done', uncertain = false, due_at = NULL, external_id = %s, error_class = NULL,
               error = NULL, advice = NULL, changed_at = clock_timestamp()
        WHERE id = %s AND state = 'doing' AND attempts = %s
        """,
        (result.external_id, effect.id, effect.attempts),
    )
    if cursor.rowcount == 0:
        return None
    reach("effects.end.marked")
    await write_step(connection, effect.msp_id, effect.id, "done", author, result.detail)
    return await _next_of(connection, effect.id)


async def put_off(
    connection: Connection, effect: Effect, error: VendorError, seconds: float, author: str, *, sent: bool
) -> None:
    """Leaves the action for later. An attempt that certainly had no effect (`sent`) is none."""
    uncertain = sent or effect.uncertain
    cursor = await connection.execute(
        """
        UPDATE action SET state = CASE WHEN %(uncertain)s THEN 'doing' ELSE 'queued' END, uncertain = %(uncertain)s,
               tried = tried - %(harmless)s,
               due_at = clock_timestamp() + make_interval(secs => %(seconds)s), error_class = %(class)s, error = %(error)s,
               advice = %(advice)s, changed_at = clock_timestamp()
        WHERE id = %(id)s AND state = 'doing' AND attempts = %(attempts)s
        """,
        {"uncertain": uncertain, "harmless": int(not sent), "seconds": seconds, **_told(effect, error)},
    )
    if cursor.rowcount:
        reach("effects.failure.marked")
        said = f"{error.error_class}; again in {seconds:.0f} s"
        await write_step(connection, effect.msp_id, effect.id, "put off", author, said)


async def failed(connection: Connection, effect: Effect, error: VendorError, author: str) -> list[Next] | None:
    """Gives the action up until a person asks again; returns what follows, None when it is in other hands by now."""
    await _lock_ticket(connection, effect.id)
    cursor = await connection.execute(
        """
        UPDATE action SET state = 'failed', due_at = NULL, error_class = %(class)s, error = %(error)s,
               advice = %(advice)s, changed_at = clock_timestamp()
        WHERE id = %(id)s AND state = 'doing' AND attempts = %(attempts)s
        """,
        _told(effect, error),
    )
    if cursor.rowcount == 0:
        return None
    await write_step(connection, effect.msp_id, effect.id, "failed", author, error.error_class)
    return await _next_of(connection, effect.id)


async def write_step(
    connection: Connection, msp_id: UUID, action_id: UUID, step: str, author: str, detail: str | None
) -> None:
    """Adds to an action's audit."""
    await connection.execute(
        "INSERT INTO action_step (msp_id, action_id, step, author, detail) VALUES (%s, %s, %s, %s, %s)",
        (msp_id, action_id, step, author, detail),
    )


async def _rest(connection: Connection, msp_id: UUID, action_id: UUID, kind: Kind, state: str, author: str) -> Claim:
    """Its kind is switched off: what was not begun waits for a person, what may have been sent for the switch."""
    await connection.execute(
        """
        UPDATE action SET state = CASE WHEN %(begun)s THEN state ELSE 'proposed' END, changed_at = clock_timestamp(),
               due_at = CASE WHEN %(begun)s THEN clock_timestamp() + make_interval(secs => %(seconds)s) END
        WHERE id = %(id)s
        """,
        {"begun": state == "doing", "seconds": SWITCHED_OFF_SECONDS, "id": action_id},
    )
    await write_step(connection, msp_id, action_id, "held", author, f"{SWITCHES[kind]} is switched off")
    return NOTHING


async def _lock_ticket(connection: Connection, action_id: UUID) -> None:
    await connection.execute(
        "SELECT FROM action WHERE id = (SELECT coalesce(about_id, id) FROM action WHERE id = %s) FOR UPDATE",
        (action_id,),
    )


async def _next_of(connection: Connection, action_id: UUID) -> list[Next]:
    """The next effect of the same ticket."""
    cursor = await connection.execute(
        """
        SELECT s.kind, s.account_id, s.id FROM action s JOIN action a ON a.id = %s
        WHERE s.about_id = coalesce(a.about_id, a.id) AND s.state = 'queued' ORDER BY s.number LIMIT 1
        """,
        (action_id,),
    )
    return [work_for(kind, account, found) for kind, account, found in await cursor.fetchall()]


async def _write(connection: Connection, action_id: UUID, state: str) -> None:
    await connection.execute(
        "UPDATE action SET state = %s, due_at = NULL, changed_at = clock_timestamp() WHERE id = %s", (state, action_id)
    )


def _told(effect: Effect, error: VendorError) -> dict[str, object]:
    return {
        "id": effect.id,
        "attempts": effect.attempts,
        "class": error.error_class,
        "error": str(error)[:2_000],
        "advice": error.advice,
    }
