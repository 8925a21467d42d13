"""SQL of the shared budgets: one row per scope, locked in the order of their names, so that replicas cannot deadlock.

Moments are seconds of the epoch by the database's clock, the only one that all replicas have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mspbyte_common.db.engine import Connection
from mspbyte_common.vendors.budget.rate import Bucket, Rate, recovered
from mspbyte_common.vendors.limits import Limit, Owner

STRIKES_SECONDS = 600.0
"""Refusals further apart than this have nothing to do with each other."""


@dataclass(frozen=True)
class Rows:
    """What a slice is cut from: the moment, the locked `buckets` by scope, and until when which places are paused."""

    now: float
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    paused: Mapping[str, float] = field(default_factory=dict)


async def locked(
    connection: Connection, owner: Owner, bound: Sequence[tuple[str, Limit]], *, now: float | None = None
) -> Rows | None:
    """Locks the rows of these limits to the end of the transaction, in one round trip. `now`: a test's clock.

    None when rows are missing: `add` them, in a transaction of their own. Who holds some of the locks must not wait for
    others that stand before them.
    """
    rates = {name: Rate(limit.amount, limit.seconds, limit.burst) for name, limit in bound}
    async with connection.pipeline():
        rows = await connection.execute(
            """
            SELECT scope, extract(epoch FROM tat)::float8, factor, extract(epoch FROM lowered_at)::float8,
                   extract(epoch FROM window_at)::float8, spent, spent_before
            FROM budget WHERE msp_id = %s AND scope = ANY(%s) ORDER BY scope FOR UPDATE
            """,
            (owner.msp_id, list(rates)),
        )
        pauses = await connection.execute(
            """
            SELECT extract(epoch FROM clock_timestamp())::float8, scope, extract(epoch FROM not_before)::float8
            FROM (VALUES (1)) AS one LEFT JOIN budget
                 ON msp_id = %s AND connection_id = %s AND not_before > clock_timestamp()
            """,
            (owner.msp_id, owner.connection_id),
        )
    found = {row[0]: row[1:] for row in await rows.fetchall()}
    if len(found) < len(rates):
        return None
    paused = await pauses.fetchall()
    clock = float(paused[0][0]) if now is None else now
    buckets = {}
    for name, rate in rates.items():
        tat, factor, lowered_at, since, spent, before = found[name]
        buckets[name] = Bucket(rate, tat, recovered(factor, lowered_at, clock), since, spent, before)
    return Rows(clock, buckets, {scope: until for _, scope, until in paused if scope is not None})


async def add(connection: Connection, vendor: str, owner: Owner, bound: Sequence[tuple[str, Limit | None]]) -> None:
    """Adds rows of limits, or of places (which have none), that are not there.

    The first request makes them; a crash of the server empties the table.
    """
    rows = [
        (name, name.partition("/")[0], limit and str(limit), limit and limit.amount, limit and limit.window)
        for name, limit in sorted(bound, key=lambda one: one[0])
    ]
    scopes, levels, limits, amounts, seconds = (list(column) for column in zip(*rows, strict=True))
    await connection.execute(
        """
        INSERT INTO budget (msp_id, scope, vendor, level, connection_id, account_id, resource, limit_text, amount, seconds)
        SELECT %(msp)s, scope, %(vendor)s, level, %(connection)s, CASE WHEN level = 'account' THEN %(account)s::uuid END,
               CASE WHEN level = 'endpoint' THEN %(resource)s::text END, limit_text, amount, seconds
        FROM unnest(%(scopes)s::text[], %(levels)s::text[], %(limits)s::text[], %(amounts)s::float8[], %(seconds)s::float8[])
             AS a (scope, level, limit_text, amount, seconds)
        ON CONFLICT DO NOTHING
        """,
        {
            "msp": owner.msp_id,
            "vendor": vendor,
            "connection": owner.connection_id,
            "account": owner.account_id,
            "resource": owner.resource,
            "scopes": scopes,
            "levels": levels,
            "limits": limits,
            "amounts": amounts,
            "seconds": seconds,
        },
    )


async def charge(connection: Connection, owner: Owner, buckets: Mapping[str, Bucket]) -> None:
    """Writes locked buckets back."""
    await connection.execute(
        """
        UPDATE budget SET tat = to_timestamp(a.tat), window_at = to_timestamp(a.since), spent = a.spent,
                          spent_before = a.before
        FROM unnest(%s::text[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
             AS a (scope, tat, since, spent, before)
        WHERE budget.msp_id = %s AND budget.scope = a.scope
        """,
        (
            list(buckets),
            [bucket.tat for bucket in buckets.values()],
            [bucket.since for bucket in buckets.values()],
            [bucket.spent for bucket in buckets.values()],
            [bucket.before for bucket in buckets.values()],
            owner.msp_id,
        ),
    )


async def strike(connection: Connection, vendor: str, owner: Owner, place: str, reason: str) -> int:
    """Counts a refusal of the place, locked to the end of the transaction; returns which one it is in a row."""
    await add(connection, vendor, owner, [(place, None)])
    cursor = await connection.execute(
        """
        UPDATE budget SET refused = refused + 1, reason = %(reason)s, refused_at = clock_timestamp(),
               strikes = CASE WHEN refused_at > clock_timestamp() - make_interval(secs => %(forgotten)s)
                              THEN strikes + 1 ELSE 1 END
        WHERE msp_id = %(msp)s AND scope = %(place)s RETURNING strikes
        """,
        {"msp": owner.msp_id, "place": place, "reason": reason, "forgotten": STRIKES_SECONDS},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 1


async def pause(connection: Connection, owner: Owner, place: str, seconds: float) -> None:
    """Nothing is sent for the place before so many seconds from now; a longer pause stays."""
    await connection.execute(
        """
        UPDATE budget SET not_before = greatest(not_before, clock_timestamp() + make_interval(secs => %s))
        WHERE msp_id = %s AND scope = %s
        """,
        (seconds, owner.msp_id, place),
    )


async def lower(connection: Connection, owner: Owner, factors: Mapping[str, float]) -> None:
    """Sets the share of their rate that locked scopes have, from now on."""
    await connection.execute(
        """
        UPDATE budget SET factor = a.factor, lowered_at = clock_timestamp()
        FROM unnest(%s::text[], %s::float8[]) AS a (scope, factor)
        WHERE budget.msp_id = %s AND budget.scope = a.scope
        """,
        (list(factors), list(factors.values()), owner.msp_id),
    )


async def due(connection: Connection, vendor: str, owner: Owner, seconds: float) -> bool:
    """Whether the connection was last looked at that long ago; of all replicas that ask, one is told so."""
    place = owner.place("connection")
    await add(connection, vendor, owner, [(place, None)])
    cursor = await connection.execute(
        """
        UPDATE budget SET looked_at = clock_timestamp() WHERE msp_id = %s AND scope = %s
               AND coalesce(looked_at < clock_timestamp() - make_interval(secs => %s), true)
        """,
        (owner.msp_id, place, seconds),
    )
    return cursor.rowcount == 1


async def take_place(
    connection: Connection, vendor: str, owner: Owner, bound: tuple[str, Limit], holder: str, seconds: float
) -> bool:
    """Takes one of a limit's places for so long, where not all are held; else notes that somebody waits."""
    scope, limit = bound
    lock = "SELECT FROM budget WHERE msp_id = %s AND scope = %s FOR UPDATE"
    while (await connection.execute(lock, (owner.msp_id, scope))).rowcount == 0:
        await add(connection, vendor, owner, [bound])
    cursor = await connection.execute(
        """
        INSERT INTO budget_place (msp_id, scope, holder, held_until)
        SELECT %(msp)s, %(scope)s, %(holder)s, clock_timestamp() + make_interval(secs => %(seconds)s)
        WHERE (SELECT count(*) FROM budget_place
               WHERE msp_id = %(msp)s AND scope = %(scope)s AND held_until > clock_timestamp()) < %(most)s
        """,
        {"msp": owner.msp_id, "scope": scope, "holder": holder, "seconds": seconds, "most": limit.concurrent},
    )
    taken = cursor.rowcount == 1
    if taken:
        statement = "DELETE FROM budget_place WHERE msp_id = %s AND scope = %s AND held_until <= clock_timestamp()"
    else:
        statement = "UPDATE budget SET wanted_at = clock_timestamp() WHERE msp_id = %s AND scope = %s"
    await connection.execute(statement, (owner.msp_id, scope))
    return taken


async def hold_places(connection: Connection, holders: Sequence[str], seconds: float) -> dict[str, bool]:
    """Holds places on that have not run out, for so long from now: holder → whether somebody waits for such a place."""
    cursor = await connection.execute(
        """
        WITH mine AS (SELECT holder FROM budget_place WHERE holder = ANY(%(holders)s) ORDER BY holder FOR UPDATE)
        UPDATE budget_place p SET held_until = clock_timestamp() + make_interval(secs => %(seconds)s)
        FROM budget b, mine
        WHERE p.holder = mine.holder AND p.held_until > clock_timestamp() AND b.msp_id = p.msp_id AND b.scope = p.scope
        RETURNING p.holder, coalesce(b.wanted_at > clock_timestamp() - interval '2 seconds', false)
        """,
        {"holders": list(holders), "seconds": seconds},
    )
    return dict(await cursor.fetchall())


async def give_places(connection: Connection, holders: Sequence[str]) -> None:
    """Gives places back."""
    await connection.execute("DELETE FROM budget_place WHERE holder = ANY(%s)", (list(holders),))
