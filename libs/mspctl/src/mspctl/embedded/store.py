"""SQL of the embedded server itself."""

from __future__ import annotations

import psycopg
from psycopg import sql


class NotAnswering(Exception):
    """The server does not answer, or not yet."""


def create_database(url: str, name: str) -> None:
    """Creates the database unless it is there. NotAnswering while the server starts."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.OperationalError as error:
        raise NotAnswering(str(error).strip()) from None
