"""What PostgreSQL refuses each role, tried for every table and column of its catalog: all that `roles.py` does not grant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, Boolean, CheckConstraint, Column, DateTime, LargeBinary, Numeric, Table, Text
from sqlalchemy.dialects import postgresql

from mspbyte_common.db.bootstrap import REVISION_TABLE
from mspbyte_common.db.roles import ROLES, Role
from mspbyte_common.db.schema import metadata

COLUMN_STATEMENTS = {
    "SELECT": "SELECT {column} FROM {table}",
    "INSERT": "INSERT INTO {table} ({column}) VALUES (DEFAULT)",
    "UPDATE": "UPDATE {table} SET {column} = DEFAULT",
}
TRY = """
DO $$
DECLARE statement text; refused int[] := '{}'; number int := 0;
BEGIN
    FOR statement IN SELECT * FROM jsonb_array_elements_text(current_setting('test.statements')::jsonb) LOOP
        BEGIN
            EXECUTE 'EXPLAIN ' || statement;
        EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state OR feature_not_supported
        THEN refused := refused || number;
        END;
        number := number + 1;
    END LOOP;
    PERFORM set_config('test.refused', to_json(refused)::text, false);
END $$
"""
"""Tries each statement with EXPLAIN, which asks for the privileges and does nothing; a view that takes no rows refuses too."""

EVERYONES = [
    "CREATE TABLE public.mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE entity DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE entity NO FORCE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON entity USING (true)",
    "CREATE INDEX mine ON entity (id)",
    "DROP TABLE entity",
    "ALTER TABLE connection OWNER TO CURRENT_USER",
    "SELECT passwd FROM pg_shadow",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/hostname')",
    "ALTER SYSTEM SET log_statement = 'all'",
]


def catalog(database) -> dict[str, list[str]]:
    """Table or view → its columns, as the database has them."""
    rows = database.execute(
        "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns "
        "WHERE table_schema = 'public' GROUP BY table_name"
    )
    return {str(name): list(columns) for name, columns in rows}


def declared(role: Role, columns: dict[str, list[str]]) -> set[tuple[str, str, str]]:
    """(privilege, table, column) the role is granted; the column of DELETE is empty."""
    found = {("SELECT", REVISION_TABLE, column) for column in columns[REVISION_TABLE]}
    for table, privileges in role.tables.items():
        for privilege in privileges:
            verb, _, some = privilege.partition(" (")
            named = [one.strip() for one in some.removesuffix(")").split(",")] if some else columns[table]
            found |= {(verb, table, column) for column in ([""] if verb == "DELETE" else named)}
    return found


def statements(columns: dict[str, list[str]]) -> Iterator[tuple[tuple[str, str, str], str]]:
    for table, names in columns.items():
        yield ("DELETE", table, ""), f'DELETE FROM "{table}"'
        for column in names:
            for verb, form in COLUMN_STATEMENTS.items():
                yield (verb, table, column), form.format(table=f'"{table}"', column=f'"{column}"')


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
async def test_what_is_not_granted_is_refused_for_every_column_of_the_catalog(database, role: Role) -> None:
    columns = catalog(database)
    tried = list(statements(columns))
    with psycopg.connect(database.url(role.name), autocommit=True) as connection:
        connection.execute(
            "SELECT set_config('test.statements', %s, false)", [orjson.dumps([text for _, text in tried]).decode()]
        )
        connection.execute(TRY)
        refused = orjson.loads(connection.execute("SELECT current_setting('test.refused')").fetchone()[0])
        allowed = {what for number, (what, _) in enumerate(tried) if number not in set(refused)}
        assert allowed == declared(role, columns)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
async def test_no_role_empties_a_table_at_once_changes_the_schema_or_leaves_the_database(database, role: Role) -> None:
    others = [f"SET ROLE {other.name}" for other in ROLES if other.name != role.name]
    emptied = [f'TRUNCATE "{table.name}"' for table in metadata.sorted_tables]
    with psycopg.connect(database.url(role.name), autocommit=True) as connection:
        for statement in (*EVERYONES, *others, *emptied):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


async def test_every_table_of_the_catalog_is_granted_to_somebody_and_no_grant_is_of_a_table_that_is_not_there(
    database,
) -> None:
    granted = {table for role in ROLES for table in role.tables}
    tables = {name for name in catalog(database) if name != REVISION_TABLE}
    assert tables == granted


def _row(table: Table, msp: UUID) -> dict[str, Any]:
    """A row with what the table must have; a column with a list of words gets the first."""
    words = {}
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            found = re.match(r"(\w+) IN \('(\w+)'", str(constraint.sqltext))
            if found:
                words[found[1]] = found[2]
    ids = iter(sorted(uuid4() for _ in table.columns))
    return {
        column.name: msp if column.name == "msp_id" else _value(column, next(ids), words)
        for column in table.columns
        if column.name == "msp_id" or not (column.nullable or column.server_default is not None or column.identity)
    }


def _value(column: Column[Any], fresh: UUID, words: dict[str, str]) -> Any:
    if isinstance(column.type, ARRAY):
        return [fresh] if isinstance(column.type.item_type, postgresql.UUID) else ["x"]
    for kind, value in (
        (postgresql.UUID, fresh),
        (Text, words.get(column.name, "x")),
        (postgresql.JSONB, Jsonb({})),
        (DateTime, "2030-01-01T00:00:00Z"),
        (LargeBinary, b"x"),
        (Numeric, 1),
        (Boolean, False),
    ):
        if isinstance(column.type, kind):
            return value
    return 1


def _insert(table: Table, row: dict[str, Any]) -> sql.Composed:
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )


TENANT_TABLES = [table for table in metadata.sorted_tables if "msp_id" in table.c]


@pytest.fixture
def others(database) -> UUID:
    """An msp with one row in every table."""
    msp = uuid4()
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")  # its rows need not fit together
        connection.execute("INSERT INTO msp (id, name) VALUES (%s, 'theirs')", [msp])
        for table in TENANT_TABLES:
            row = _row(table, msp)
            connection.execute(_insert(table, row), list(row.values()))
    return msp


def _verbs(role: Role, table: str) -> dict[str, str]:
    """Verb → a column it is granted on, or nothing when on all."""
    found = {}
    for privilege in role.tables.get(table, ()):
        verb, _, some = privilege.partition(" (")
        found[verb] = some.removesuffix(")").split(",")[0].strip()
    return found


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
async def test_a_role_neither_reads_nor_changes_nor_adds_a_row_of_another_msp_in_any_table(
    database, others: UUID, role: Role
) -> None:
    with psycopg.connect(database.url(role.name)) as connection:
        for mine in ("", str(uuid4())):
            for table in TENANT_TABLES:
                verbs = _verbs(role, table.name)
                seen = 1 if table.name in role.every_msp else 0
                name = sql.Identifier(table.name)
                connection.execute("SELECT set_config('app.msp_id', %s, true)", [mine])
                if "SELECT" in verbs:
                    count = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
                    assert count == (seen,), f"reads {table.name}"
                if seen:
                    continue
                if "UPDATE" in verbs:
                    column = sql.Identifier(verbs["UPDATE"] or table.columns[0].name)
                    done = connection.execute(sql.SQL("UPDATE {} SET {} = DEFAULT").format(name, column))
                    assert done.rowcount == 0, f"changes {table.name}"
                if "DELETE" in verbs:
                    done = connection.execute(sql.SQL("DELETE FROM {}").format(name))
                    assert done.rowcount == 0, f"deletes from {table.name}"
                if "INSERT" in verbs:
                    row = _row(table, others)
                    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                        connection.execute(_insert(table, row), list(row.values()))
                    connection.rollback()
