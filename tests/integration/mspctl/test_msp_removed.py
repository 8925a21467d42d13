"""An msp that is removed leaves no row in any table, and nobody else notices."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql
from tests.integration.mspctl.conftest import blocked

from mspbyte_common.db.schema import metadata
from mspctl.removal.store import TABLES

WORDS = re.compile(r"^(\w+) IN \('(\w+)'")
CHOSEN = {
    (table.name, found[1]): found[2]
    for table in metadata.sorted_tables
    for constraint in table.constraints
    if isinstance(constraint, CheckConstraint) and (found := WORDS.match(str(constraint.sqltext)))
} | {("link_decision", "one_id"): UUID(int=1), ("work", "entity_ids"): [uuid4()], ("budget", "factor"): 1}
"""Where a constraint allows only some values: the first of its words."""
SAMPLES = (
    (postgresql.UUID, uuid4),
    (ARRAY, list),
    (postgresql.JSONB, lambda: Jsonb({})),
    (Boolean, lambda: True),
    (LargeBinary, lambda: b"x"),
    ((BigInteger, Integer), itertools.count(1).__next__),
    ((Numeric, Double), lambda: 1),
    (DateTime, lambda: "2026-11-23T00:00Z"),
    (Text, lambda: uuid4().hex),
)


def _value(table: Table, column: Column[Any], msp: UUID, known: dict[tuple[str, str], Any]) -> Any:
    """What the column must have: a foreign key the parent's value, else anything of its type."""
    if column.name == "msp_id":
        return msp
    for key in column.foreign_keys:
        return known[key.column.table.name, key.column.name]
    if (table.name, column.name) in CHOSEN:
        return CHOSEN[table.name, column.name]
    return next(make() for kinds, make in SAMPLES if isinstance(column.type, kinds))


@pytest.fixture
def fill(rows):
    """Gives an msp a row in every table there is, whatever it is for."""

    def run(name: str) -> UUID:
        msp = uuid4()
        rows("INSERT INTO msp (id, name) VALUES (%s, %s)", msp, name)
        known: dict[tuple[str, str], Any] = {("msp", "id"): msp}
        for table in metadata.sorted_tables:
            if "msp_id" not in table.c:
                continue
            needed = [
                column
                for column in table.c
                if column.identity is None
                and ((not column.nullable and column.server_default is None) or (table.name, column.name) in CHOSEN)
            ]
            values = {column.name: _value(table, column, msp, known) for column in needed}
            places = ", ".join(["%s"] * len(values))
            rows(f"INSERT INTO {table.name} ({', '.join(values)}) VALUES ({places})", *values.values())
            known |= {(table.name, column): value for column, value in values.items()}
        return msp

    return run


@pytest.fixture
def owned(rows):
    """How many rows an msp has in each table that the catalog knows, and that has a column for it."""

    def run(msp: UUID) -> dict[str, int]:
        tables = rows(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'msp_id' "
            "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        )
        found = {name: rows(f"SELECT count(*) FROM {name} WHERE msp_id = %s", msp)[0][0] for (name,) in tables}
        return found | {"msp": rows("SELECT count(*) FROM msp WHERE id = %s", msp)[0][0]}

    return run


def test_no_table_of_the_catalog_has_a_row_of_a_removed_msp_and_the_others_keep_theirs(ctl, fill, owned):
    gone, stays = fill("Gone"), fill("Stays")
    assert set(TABLES) | {"msp"} == set(owned(gone))
    assert set(owned(gone).values()) == {1}, "else a table is not tried"
    said = ctl("msp", "remove", "Gone", "--yes-delete", "Gone")
    assert said["rows"] == {table: 1 for table in TABLES if table != "data_key"}
    assert set(owned(gone).values()) == {0}
    assert set(owned(stays).values()) == {1}


def test_an_msp_is_removed_only_by_who_says_its_name_twice(ctl, fill, owned):
    msp = fill("Gone")
    assert "--yes-delete" in ctl("msp", "remove", "Gone", code=2)
    assert "--yes-delete" in ctl("msp", "remove", "Gone", "--yes-delete", "gone", code=2)
    assert "there is no msp" in ctl("msp", "remove", "Other", "--yes-delete", "Other", code=2)
    assert set(owned(msp).values()) == {1}


def test_more_rows_than_one_stretch_holds_are_all_deleted(ctl, fill, owned, rows):
    gone, stays = fill("Gone"), fill("Stays")
    rows(
        """
        INSERT INTO finding_event (msp_id, finding_id, state, severity, author, evidence)
        SELECT f.msp_id, f.id, 'open', 'high', 'x',
               (SELECT jsonb_agg(md5(n::text || i)) FROM generate_series(1, 50) i)
        FROM finding f, generate_series(1, 2000) n ORDER BY n
        """
    )
    assert rows("SELECT pg_relation_size('finding_event') / 8192 > 400") == [(True,)]
    ctl("msp", "remove", "Gone", "--yes-delete", "Gone")
    assert (owned(gone)["finding_event"], owned(stays)["finding_event"]) == (0, 2_001)


async def test_what_a_service_was_writing_meanwhile_is_removed_too(ctl, fill, owned, rows, database):
    msp = fill("Gone")
    with psycopg.connect(database.admin_url) as stage:
        stage.execute("DELETE FROM work WHERE msp_id = %s", (msp,))
        stage.execute(
            "INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent) VALUES (%s, 'link', 'device', %s, '')",
            (msp, [uuid4()]),
        )
        stage.execute(
            "INSERT INTO budget_place (holder, msp_id, scope, held_until) VALUES ('late', %s, 'scope', now())", (msp,)
        )
        removing = asyncio.create_task(asyncio.to_thread(ctl, "msp", "remove", "Gone", "--yes-delete", "Gone"))
        await blocked(rows)
        stage.commit()
    said = await removing
    assert (said["rows"]["work"], said["rows"]["budget_place"]) == (1, 2)
    assert set(owned(msp).values()) == {0}


async def test_a_removal_that_was_interrupted_has_destroyed_the_keys_and_is_finished_by_the_next(
    ctl, fill, owned, rows, database, cut_off
):
    msp = fill("Gone")
    with psycopg.connect(database.admin_url) as stage:
        stage.execute("SELECT 1 FROM work WHERE msp_id = %s FOR UPDATE", (msp,))
        await cut_off("msp", "remove", "Gone", "--yes-delete", "Gone")
    assert (owned(msp)["data_key"], owned(msp)["work"], owned(msp)["msp"]) == (0, 1, 1)
    assert "is being removed" in ctl("job", "list", code=2)
    ctl("msp", "remove", "Gone", "--yes-delete", "Gone")
    assert set(owned(msp).values()) == {0}
