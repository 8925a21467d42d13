"""A database whose time can be moved: whatever asks it for the time is told another day.

Every service takes the time from the database. Functions of the same names in a schema that is looked into first, and the
columns' defaults made to call them, give all of it one clock. Connections opened before keep the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

FUNCTIONS = {"now": "STABLE", "clock_timestamp": "VOLATILE", "transaction_timestamp": "STABLE"}


@dataclass
class Clock:
    """The time of one database."""

    database: Any

    def ahead(self, days: int = 0, *, seconds: float = 0.0) -> None:
        """It is so much later than it really is."""
        self._differ(timedelta(days=days, seconds=seconds))

    def at(self, moment: datetime) -> None:
        """It is this moment, and goes on from there."""
        self._differ(moment - datetime.now(UTC))

    def _differ(self, offset: timedelta) -> None:
        for name, volatility in FUNCTIONS.items():
            self.database.execute(
                f"CREATE OR REPLACE FUNCTION simulated.{name}() RETURNS timestamptz LANGUAGE sql {volatility} AS"
                f" 'SELECT pg_catalog.{name}() + interval ''{offset.total_seconds()} seconds'''"
            )


@contextmanager
def simulated_clock(database: Any) -> Iterator[Clock]:
    """A clock for the database; the real one again when done."""
    [(name,)] = database.execute("SELECT current_database()")
    defaults = database.execute(
        r"""
        SELECT adrelid::regclass::text, attname, pg_get_expr(adbin, adrelid) FROM pg_attrdef
        JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        WHERE pg_get_expr(adbin, adrelid) ~ '^(now|clock_timestamp|transaction_timestamp)\(\)$'
        """
    )
    assert defaults, "no column has the time as its default: has something moved?"
    database.execute("CREATE SCHEMA simulated")
    database.execute("GRANT USAGE ON SCHEMA simulated TO PUBLIC")
    clock = Clock(database)
    clock.ahead()
    for table, column, default in defaults:
        database.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT simulated.{default}")
    database.execute(f'ALTER DATABASE "{name}" SET search_path = simulated, public, pg_catalog')
    try:
        yield clock
    finally:
        database.execute(f'ALTER DATABASE "{name}" RESET search_path')
        for table, column, default in defaults:
            database.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default}")
        database.execute("DROP SCHEMA simulated CASCADE")
