"""SQL of derivation: by which versions a service derives, declared when it starts."""

from __future__ import annotations

from collections.abc import Mapping

from mspbyte_common.db.engine import Connection


async def declare_versions(connection: Connection, stage: str, versions: Mapping[str, str]) -> list[str]:
    """Declares versions by name; returns the names whose version is another than before.

    Of those the scheduler has every record derived anew, after a while, in the background. A name that was not known
    has no records an older version derived.
    """
    cursor = await connection.execute(
        """
        INSERT INTO derivation AS d (stage, name, version)
        SELECT %s, v.name, v.version FROM unnest(%s::text[], %s::text[]) AS v (name, version) ORDER BY v.name
        ON CONFLICT (stage, name) DO UPDATE SET version = EXCLUDED.version, since = now(), pending = true
        WHERE d.version <> EXCLUDED.version
        RETURNING d.name, d.pending
        """,
        (stage, list(versions), list(versions.values())),
    )
    return [row[0] for row in await cursor.fetchall() if row[1]]
