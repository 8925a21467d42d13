"""The release before must run on the next schema: a migration takes nothing away from it and demands nothing new."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from mspbyte_common.db.bootstrap import alembic_config

Column = tuple[str, str]
EXPLAINED: dict[tuple[str, str], str] = {
    (
        "0008",
        "ck_derivation_stage rules over what was there",
    ): "it takes the place of one by another name, and allows more"
}
"""(revision, what it breaks) → why no release can meet it."""


@pytest.fixture
def empty(server_url: str) -> Iterator[str]:
    """A database without a schema."""
    name = f"mspbyte_steps_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    parts = psycopg.conninfo.conninfo_to_dict(server_url)
    yield f"postgresql://{parts['user']}:{parts.get('password', '')}@{parts['host']}:{parts.get('port', 5432)}/{name}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _upgrade(engine: sa.Engine, revision: str) -> None:
    with engine.connect() as connection:
        command.upgrade(alembic_config(connection), revision)
        connection.commit()


def _columns(url: str) -> dict[Column, tuple[str, bool]]:
    """(table, column) → its type, and whether a row must be given a value."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            SELECT table_name, column_name, udt_name,
                   is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'
            FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
            """
        ).fetchall()
    return {(table, column): (kind, demanded) for table, column, kind, demanded in rows}


def _rules(url: str) -> dict[str, tuple[str, set[str]]]:
    """Name of each check and uniqueness → its table and columns."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            SELECT c.conname, c.conrelid::regclass::text, array_agg(a.attname::text)
            FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
            WHERE c.contype IN ('c', 'u') AND c.connamespace = 'public'::regnamespace GROUP BY 1, 2
            """
        ).fetchall()
    return {name: (table, set(columns)) for name, table, columns in rows}


def _broken(
    before: dict[Column, tuple[str, bool]],
    after: dict[Column, tuple[str, bool]],
    rules: dict[str, tuple[str, set[str]]],
) -> Iterator[str]:
    """What a release that knows only the schema before would trip over."""
    tables = {table for table, _ in before}
    for place, (kind, demanded) in before.items():
        if place not in after:
            yield f"{'.'.join(place)} is gone"
        elif after[place][0] != kind:
            yield f"{'.'.join(place)} is of another type"
        elif after[place][1] and not demanded:
            yield f"{'.'.join(place)} must be given now"
    for (table, column), (_, demanded) in after.items():
        if table in tables and (table, column) not in before and demanded:
            yield f"{table}.{column} is new and must be given"
    for name, (table, columns) in rules.items():
        if columns and all((table, column) in before for column in columns):
            yield f"{name} rules over what was there"


def test_no_migration_breaks_the_release_before_it(empty: str) -> None:
    engine = sa.create_engine(empty.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    revisions = [one.revision for one in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))]
    broken = set()
    _upgrade(engine, revisions[0])
    for _, revision in pairwise(revisions):
        before, rules = _columns(empty), _rules(empty)
        _upgrade(engine, revision)
        added = {name: rule for name, rule in _rules(empty).items() if name not in rules}
        broken |= {(revision, what) for what in _broken(before, _columns(empty), added)}
    assert broken == EXPLAINED.keys()
