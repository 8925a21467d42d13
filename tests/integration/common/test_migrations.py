"""The migrations build what the schema declares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.conftest import PASSWORD

from mspbyte_common.db import bootstrap
from mspbyte_common.db.bootstrap import alembic_config, migrate
from mspbyte_common.db.revision import known_revisions
from mspbyte_common.db.schema import metadata


def _differences(url: str) -> list[object]:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_services_know_the_revisions_that_alembic_walks() -> None:
    walked = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    assert known_revisions() == tuple(one.revision for one in walked)


async def test_the_migrated_database_is_the_declared_schema(database) -> None:
    assert _differences(database.admin_url) == []


async def test_migrating_again_changes_nothing(database) -> None:
    migrate(database.admin_url)
    assert _differences(database.admin_url) == []


def test_grants_that_meet_a_services_transaction_crosswise_are_made_in_the_end(database, monkeypatch) -> None:
    grant, met = bootstrap._grant, []

    def crosswise(connection, role):
        if len(met) < 3:
            met.append(role.name)
            connection.execute("DO $$ BEGIN RAISE EXCEPTION 'crosswise' USING ERRCODE = '40P01'; END $$")
        grant(connection, role)

    monkeypatch.setattr(bootstrap, "_grant", crosswise)
    monkeypatch.setattr(bootstrap, "DEADLOCK_PAUSES", (0.0, 0.0, 0.0))
    database.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM svc_linkers")
    bootstrap.apply_roles(database.admin_url, {role.name: PASSWORD for role in bootstrap.ROLES})
    assert len(met) == 3
    assert database.execute("SELECT has_table_privilege('svc_linkers', 'work', 'DELETE')") == [(True,)]
