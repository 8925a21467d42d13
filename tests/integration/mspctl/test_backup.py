"""A backup, brought back, is the database it was; and it replaces nothing."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from tests.conftest import PASSWORD

from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.db.roles import ROLES
from mspbyte_common.db.schema import metadata
from mspctl.cli import invoke

COUNTED = sorted(table.name for table in metadata.sorted_tables)


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    name = f"mspbyte_restored_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    parts = psycopg.conninfo.conninfo_to_dict(server_url)
    yield f"postgresql://{parts['user']}:{parts.get('password', '')}@{parts['host']}:{parts.get('port', 5432)}/{name}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def backed_up(database, monkeypatch, tmp_path):
    """A database with an msp, and its backup."""
    database.execute("INSERT INTO msp (id, name) VALUES (gen_random_uuid(), 'Nordlicht')")
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", database.admin_url)
    monkeypatch.delenv("MSPBYTE_DATABASE_PASSWORD_FILE", raising=False)
    assert invoke(["backup", str(tmp_path / "mspbyte.dump")]) == 0
    return tmp_path / "mspbyte.dump"


def described(url: str) -> dict[str, object]:
    """Rows, grants and policies: what a restore must bring back."""
    with psycopg.connect(url) as connection:
        rows = {
            table: connection.execute(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1").fetchall()
            for table in COUNTED
        }
        grants = connection.execute(
            "SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants "
            "WHERE table_schema = 'public' AND grantee NOT IN ('postgres', 'test') ORDER BY 1, 2, 3"
        ).fetchall()
        policies = connection.execute(
            "SELECT tablename, policyname, roles::text, qual, with_check FROM pg_policies ORDER BY 1, 2"
        ).fetchall()
        forced = connection.execute(
            "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
        schema = connection.execute(
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'"
        ).fetchall()
    return {"rows": rows, "grants": grants, "policies": policies, "forced": forced, "schema": schema}


@pytest.mark.parametrize("bootstrapped", [False, True])
def test_a_restored_database_is_the_one_that_was_backed_up(
    database, backed_up, empty_url, monkeypatch, bootstrapped
) -> None:
    if bootstrapped:
        migrate(empty_url)
        apply_roles(empty_url, {role.name: PASSWORD for role in ROLES})  # roles are the whole server's
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", empty_url)
    assert invoke(["restore", str(backed_up)]) == 0
    migrate(empty_url)
    assert described(empty_url) == described(database.admin_url)
    assert described(empty_url)["rows"]["msp"]


def test_a_database_with_an_msp_is_never_replaced(database, backed_up, capsys) -> None:
    before = described(database.admin_url)
    assert invoke(["restore", str(backed_up)]) == 1
    assert capsys.readouterr().err.endswith("mspctl: the database has 1 msp: restore into an empty one.\n")
    assert described(database.admin_url) == before


def test_what_is_no_backup_leaves_nothing_half_restored(backed_up, empty_url, monkeypatch, tmp_path, capsys) -> None:
    damaged = tmp_path / "damaged.dump"
    damaged.write_bytes(backed_up.read_bytes()[:-400])
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", empty_url)
    assert invoke(["restore", str(damaged)]) == 1
    assert "pg_restore" in capsys.readouterr().err
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT to_regclass('public.msp')").fetchone() == (None,)
    assert invoke(["restore", str(backed_up)]) == 0


def test_a_backup_that_fails_leaves_no_file(monkeypatch, tmp_path, empty_url, capsys) -> None:
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", empty_url + "_not_there")
    assert invoke(["backup", str(tmp_path / "mspbyte.dump")]) == 1
    assert "does not exist" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
