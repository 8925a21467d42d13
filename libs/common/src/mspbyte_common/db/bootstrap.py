"""What must stand before a service starts: migrations, roles with their grants. Safe to repeat at any time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql

from mspbyte_common.db.roles import ROLES, Role
from mspbyte_common.db.views import apply_views, drop_views

LOCK = 4_711_001
"""The advisory lock under which only one bootstrap runs at a time."""

DEADLOCK_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between the tries of one role's grants."""

REVISION_TABLE = "alembic_version"
"""Alembic's own table. Every role reads it: a service waits for the schema it was written for (`revision.py`)."""


def alembic_config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration: the migrations beside this file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def migrate(url: str) -> None:
    """Brings the schema to the newest revision, and the views to the declarations. `url` is the schema owner's.

    A migration may change what a view reads: while there is one to run, the views are away.
    """
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        try:
            config = alembic_config(connection)
            here = MigrationContext.configure(connection).get_current_revision()
            connection.rollback()
            if here != ScriptDirectory.from_config(config).get_current_head():
                with connection.begin():
                    drop_views(_driver(connection))
                command.upgrade(config, "head")
                connection.commit()
            with connection.begin():
                apply_views(_driver(connection))
        finally:
            connection.rollback()
            connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    engine.dispose()


def _driver(connection: sa.Connection) -> psycopg.Connection[Any]:
    """The driver's connection below SQLAlchemy's, in the same transaction."""
    found = connection.connection.driver_connection
    if not isinstance(found, psycopg.Connection):
        message = f"psycopg was expected, not {type(found).__name__}"
        raise TypeError(message)
    return found


def apply_roles(url: str, passwords: Mapping[str, str]) -> None:
    """Creates each role of `roles.ROLES` and makes its grants exactly those declared, no more.

    `passwords` has one per role; a role without one may not log in. Policies are changed under the eyes of services that
    work: a role's turn that meets one of their transactions crosswise is taken again.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for role in ROLES:
            _apply(connection, role, passwords.get(role.name))


def _apply(connection: psycopg.Connection, role: Role, password: str | None) -> None:
    for pause in DEADLOCK_PAUSES:
        try:
            with connection.transaction():
                _create(connection, role, password)
                _grant(connection, role)
        except psycopg.errors.DeadlockDetected:
            time.sleep(pause)
        else:
            return
    with connection.transaction():
        _create(connection, role, password)
        _grant(connection, role)


def _create(connection: psycopg.Connection, role: Role, password: str | None) -> None:
    name = sql.Identifier(role.name)
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role.name,)).fetchone()
    if not exists:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    login = sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password)) if password else sql.SQL("NOLOGIN")
    connection.execute(
        sql.SQL("ALTER ROLE {} WITH NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS {}").format(name, login)
    )


def _grant(connection: psycopg.Connection, role: Role) -> None:
    """Revoking all of a table revokes what is granted on its columns too."""
    name = sql.Identifier(role.name)
    connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(REVISION_TABLE), name))
    for table, privileges in role.tables.items():
        granted = sql.SQL(", ").join(sql.SQL(privilege) for privilege in privileges)
        connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(granted, sql.Identifier(table), name))
    stale = connection.execute(
        "SELECT tablename FROM pg_policies WHERE policyname = %s", (f"every_msp_{role.name}",)
    ).fetchall()
    for (table,) in stale:
        connection.execute(
            sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(f"every_msp_{role.name}"), sql.Identifier(table))
        )
    for table in sorted(role.every_msp):
        connection.execute(
            sql.SQL("CREATE POLICY {} ON {} TO {} USING (true) WITH CHECK (true)").format(
                sql.Identifier(f"every_msp_{role.name}"), sql.Identifier(table), name
            )
        )
