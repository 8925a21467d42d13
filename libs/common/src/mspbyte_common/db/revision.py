"""Which schema a process was written for, and whether the database has it: what orders services after the bootstrap."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mspbyte_common.db.engine import Connection


@cache
def known_revisions() -> tuple[str, ...]:
    """The revisions this version knows, newest first: what the files of migrations begin with.

    Alembic would say the same, but a service that never migrates would start in twice the time for it.
    """
    files = (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py")
    return tuple(sorted((file.name.partition("_")[0] for file in files), reverse=True))


async def behind(connection: Connection) -> str | None:
    """Why the schema is too old for this version, or None.

    A revision this version does not know is a newer one: migrations expand before they contract, so the release before
    runs on it.
    """
    wanted, *older = known_revisions()
    cursor = await connection.execute("SELECT to_regclass('public.alembic_version') IS NULL")
    if await cursor.fetchone() == (True,):
        return "there is no schema yet: run mspctl bootstrap"
    cursor = await connection.execute("SELECT version_num FROM alembic_version")
    found = [str(row[0]) for row in await cursor.fetchall()]
    stale = [revision for revision in found if revision in older]
    if found and not stale:
        return None
    return f"the schema is at {', '.join(found) or 'nothing'}, this version needs {wanted}: run mspctl bootstrap"
