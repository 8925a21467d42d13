"""The operator's connection: one msp per transaction, like everybody's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

import mspbyte_common.db.engine  # noqa: F401 - its import makes psycopg read and write JSON with orjson
from mspbyte_common.errors import UsageError
from mspctl.failure import Failure
from mspctl.target import Target

Row = dict[str, Any]
Connection = psycopg.Connection[Row]


@dataclass(frozen=True)
class Database:
    """An open database, and the msp whose rows commands see."""

    connection: Connection
    target: Target
    msp_id: UUID | None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that sees the msp's rows, and no other's."""
        with self.connection.transaction():
            self.connection.execute(
                "SELECT set_config('app.msp_id', %s, true)", (str(self.msp_id) if self.msp_id else "",)
            )
            yield self.connection

    @property
    def msp(self) -> UUID:
        """The msp's id."""
        if self.msp_id is None:
            message = "there is no msp yet: mspctl msp add NAME."
            raise UsageError(message)
        return self.msp_id


@contextmanager
def open_database(target: Target, msp: str | None, *, needs_msp: bool = True) -> Iterator[Database]:
    """Connects as the target's role. `msp`: its name; None where there is only one."""
    with _failures(target), _connect(target) as connection:
        yield Database(connection, target, _msp(connection, msp) if needs_msp else None)


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
    rows = connection.execute("SELECT id, name FROM msp ORDER BY name").fetchall()
    if name is not None:
        rows = [row for row in rows if row["name"].casefold() == name.casefold()]
        if not rows:
            message = f"there is no msp {name!r}: mspctl msp list."
            raise UsageError(message)
    if len(rows) > 1:
        message = (
            f"there are {len(rows)} msps: say which with --msp NAME ({', '.join(row['name'] for row in rows[:5])})."
        )
        raise UsageError(message)
    return rows[0]["id"] if rows else None
