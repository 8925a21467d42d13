"""The operator's connection: one msp per transaction, like everybody's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

import mspbyte_common.db.engine  # noqa: F401 - its import makes psycopg read and write JSON with orjson
from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.errors import UsageError
from mspctl.failure import Failure
from mspctl.target import Target

Row = dict[str, Any]
Connection = psycopg.Connection[Row]


class Database:
    """The database of a target, and the msp whose rows commands see. It connects anew when the server came back."""

    def __init__(self, target: Target, msp_id: UUID | None = None) -> None:
        self.target = target
        self.msp_id = msp_id
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that sees the msp's rows, and no other's. Failure when the database does not answer."""
        with _failures(self.target):
            if self._connection is None or self._connection.closed:
                self._connection = _connect(self.target)
            with self._connection.transaction():
                self._connection.execute(
                    "SELECT set_config('app.msp_id', %s, true)", (str(self.msp_id) if self.msp_id else "",)
                )
                yield self._connection

    @property
    def msp(self) -> UUID:
        """The msp's id."""
        if self.msp_id is None:
            message = "there is no msp yet: mspctl msp add NAME."
            raise UsageError(message)
        return self.msp_id

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._connection.close()


@contextmanager
def open_database(target: Target, msp: str | None, *, needs_msp: bool = True) -> Iterator[Database]:
    """Connects as the target's role. `msp`: its name; None where there is only one."""
    database = Database(target)
    try:
        if needs_msp:
            with database.transaction() as connection:
                chosen = _msp(connection, msp)
            database.msp_id = chosen
        yield database
    finally:
        database.close()


def set_up(url: str, passwords: Mapping[str, str]) -> None:
    """Brings schema, roles and grants up to date; `url` is that of the schema's owner. Failure when that cannot be done."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute("SELECT has_schema_privilege('public', 'CREATE')").fetchone()
    except psycopg.OperationalError as error:
        message = f"the database does not answer: {str(error).strip().splitlines()[0]} (check MSPBYTE_DATABASE_URL)"
        raise Failure(message) from None
    if row is None or not row[0]:
        message = "MSPBYTE_DATABASE_URL must be the address of the schema's owner: its role may not create tables."
        raise Failure(message)
    migrate(url)
    apply_roles(url, passwords)


def _connect(target: Target) -> Connection:
    return psycopg.connect(
        target.database_url,
        autocommit=True,
        connect_timeout=5,
        application_name="mspctl",
        options="-c timezone=UTC -c jit=off",
        row_factory=dict_row,
    )


@contextmanager
def _failures(target: Target) -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        message = f"the database at {target.place} does not answer: {first} (is the fleet running? mspctl up)"
        raise Failure(message) from None
    except psycopg.errors.UndefinedTable:
        message = f"the database at {target.place} has no schema yet: mspctl bootstrap."
        raise Failure(message) from None
    except psycopg.errors.InsufficientPrivilege as error:
        message = f"the database refuses: {str(error).strip()} (mspctl bootstrap applies the roles)"
        raise Failure(message) from None


def _msp(connection: Connection, name: str | None) -> UUID | None:
    rows = connection.execute("SELECT id, name, removed_at FROM msp ORDER BY name").fetchall()
    if name is not None:
        rows = [row for row in rows if row["name"].casefold() == name.casefold()]
        if not rows:
            message = f"there is no msp {name!r}: mspctl msp list."
            raise UsageError(message)
    being_removed = [row for row in rows if row["removed_at"] is not None]
    rows = [row for row in rows if row["removed_at"] is None]
    if being_removed and not rows:
        message = f"msp {being_removed[0]['name']!r} is being removed: mspctl msp remove finishes it."
        raise UsageError(message)
    if len(rows) > 1:
        message = (
            f"there are {len(rows)} msps: say which with --msp NAME ({', '.join(row['name'] for row in rows[:5])})."
        )
        raise UsageError(message)
    return rows[0]["id"] if rows else None
