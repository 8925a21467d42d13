"""SQL around a restore: whether the database may be replaced, and what must be there before."""

from __future__ import annotations

import psycopg
from psycopg import sql

from mspbyte_common.db.roles import ROLES
from mspctl.failure import Failure


def msps(url: str) -> int | None:
    """How many msps the database has; None without a schema. Failure when it does not answer."""
    with _connected(url) as connection:
        row = connection.execute("SELECT to_regclass('public.msp') IS NOT NULL").fetchone()
        if row is None or not row[0]:
            return None
        counted = connection.execute("SELECT count(*) FROM msp").fetchone()
        return int(counted[0]) if counted else 0


def make_empty(url: str) -> None:
    """Drops what a bootstrap made, and makes the roles that the backup's grants and policies name; they may not log in yet.

    The schema `public` is left as PostgreSQL makes it, so that the next backup does not contain it.
    """
    with _connected(url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role in ROLES:
            if role.name not in known:
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role.name)))


def _connected(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, connect_timeout=5)
    except psycopg.OperationalError as error:
        message = f"the database does not answer: {str(error).strip().splitlines()[0]} (check MSPBYTE_DATABASE_URL)"
        raise Failure(message) from None
