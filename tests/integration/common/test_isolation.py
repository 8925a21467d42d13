"""What a role may see and do, proved from the catalog: a new table without a rule fails here."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from tests.conftest import PASSWORD

from mspbyte_common.db.bootstrap import apply_roles
from mspbyte_common.db.roles import ROLES, Role
from mspbyte_common.db.schema import metadata

TENANT_TABLES = sorted(table.name for table in metadata.sorted_tables if "msp_id" in table.c)
COMMON_TABLES = {"check_declared", "report_declared", "derivation", "resource"}


def test_every_table_is_the_msps_or_named_as_common_to_all() -> None:
    assert {table.name for table in metadata.sorted_tables} == {*TENANT_TABLES, "msp", *COMMON_TABLES}


def test_row_level_security_is_forced_on_every_table_of_an_msp(database) -> None:
    rows = database.execute(
        """
        SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
        """
    )
    assert {name for name, enabled, forced in rows if not (enabled and forced)} == COMMON_TABLES


def test_policies_that_show_every_msp_are_exactly_those_declared(database) -> None:
    rows = database.execute("SELECT tablename, roles::text[] FROM pg_policies WHERE policyname LIKE 'every_msp%'")
    assert {(role, table) for table, roles in rows for role in roles} == {
        (role.name, table) for role in ROLES for table in role.every_msp
    }


def test_no_role_may_bypass_row_level_security_or_rise_above_its_grants(database) -> None:
    rows = database.execute(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = ANY(%s)",
        [role.name for role in ROLES],
    )
    assert sorted(row[0] for row in rows) == sorted(role.name for role in ROLES)
    assert not [row for row in rows if any(row[1:])]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
async def test_a_role_sees_only_the_msp_its_transaction_names(database, role: Role) -> None:
    mine, other = uuid4(), uuid4()
    for msp in (mine, other):
        database.execute("INSERT INTO msp (id, name) VALUES (%s, %s)", msp, str(msp))
        database.execute(
            """
            INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                                volatile_hash) VALUES (%s, %s, %s, 'v', 'r', 'k', 'x', '{}', '', '')
            """,
            uuid4(),
            msp,
            uuid4(),
        )
    with psycopg.connect(database.url(role.name)) as connection:
        for table in ("msp", "entity"):
            if "SELECT" not in role.tables.get(table, ()):
                continue
            column = "id" if table == "msp" else "msp_id"
            connection.execute("SELECT set_config('app.msp_id', %s, true)", (str(mine),))
            seen = {row[0] for row in connection.execute(f"SELECT {column} FROM {table}")}
            assert seen == ({mine, other} if table in role.every_msp else {mine})
            connection.execute("SELECT set_config('app.msp_id', '', true)")
            seen = {row[0] for row in connection.execute(f"SELECT {column} FROM {table}")}
            assert seen == ({mine, other} if table in role.every_msp else set())


def test_what_was_granted_by_hand_is_taken_away_of_tables_and_columns(database) -> None:
    database.execute("GRANT DELETE, UPDATE (name) ON msp TO svc_resolvers")
    apply_roles(database.admin_url, {role.name: PASSWORD for role in ROLES})
    [held] = database.execute(
        """
        SELECT has_table_privilege('svc_resolvers', 'msp', 'DELETE'),
               has_any_column_privilege('svc_resolvers', 'msp', 'UPDATE')
        """
    )
    assert held == (False, False)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
async def test_a_role_writes_only_tables_it_was_granted(database, role: Role) -> None:
    granted = {
        (row[0], row[1])
        for row in database.execute(
            """
            SELECT table_name, privilege_type FROM information_schema.role_table_grants
            WHERE grantee = %s AND table_schema = 'public'
            """,
            role.name,
        )
    }
    declared = {
        (table, privilege)
        for table, privileges in role.tables.items()
        for privilege in privileges
        if "(" not in privilege
    }
    assert granted == declared | {("alembic_version", "SELECT")}  # every service waits for its schema
    columns = {
        (row[0], row[1])
        for row in database.execute(
            """
            SELECT c.table_name, c.column_name FROM information_schema.column_privileges c
            WHERE c.grantee = %s AND c.privilege_type = 'UPDATE'
            """,
            role.name,
        )
    }
    limited = {
        (table, column.strip())
        for table, privileges in role.tables.items()
        for privilege in privileges
        if privilege.startswith("UPDATE (")
        for column in privilege.removeprefix("UPDATE (").removesuffix(")").split(",")
    }
    whole = {table for table, privileges in role.tables.items() if "UPDATE" in privileges}
    assert {pair for pair in columns if pair[0] not in whole} == limited
