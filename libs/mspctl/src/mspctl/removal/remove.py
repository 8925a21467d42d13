"""Removes an msp while the others work: its data keys at once, then its rows, a stretch at a time.

It may be killed anywhere and run again: the msp's own row goes last.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from mspctl.removal import store
from mspctl.store import Database

LOOK_SECONDS = 0.5
QUIET_PASSES = 2
"""Passes that find nothing before the msp is gone. What was being written during the first of them is there, if it was
written, in the second; and as neither runs nor work are left, nothing begins anew."""


@dataclass(frozen=True)
class Removed:
    """What was there: rows by table, and the key-encryption keys that backups made before still need."""

    rows: Counter[str]
    wrapped_by: list[str | None]


def remove(database: Database, tell: Callable[[str], None]) -> Removed:
    """Takes the database's msp out of every table. `tell` hears of each table that had rows, and of the wait."""
    with database.transaction() as connection:
        wrapped_by = store.shred(connection, database.msp)
    tell("Its data keys are destroyed: nobody opens its credentials any more.")
    _wait_for_adapters(database, tell)
    rows: Counter[str] = Counter()
    quiet = 0
    while quiet < QUIET_PASSES:
        found = {table: _delete(database, table) for table in store.TABLES}
        rows.update(found)
        for table, number in found.items():
            if number:
                tell(f"{table}: {number} rows deleted")
        quiet = 0 if any(found.values()) else quiet + 1
    with database.transaction() as connection:
        store.drop_msp(connection, database.msp)
    return Removed(+rows, wrapped_by)


def _wait_for_adapters(database: Database, tell: Callable[[str], None]) -> None:
    """An adapter learns within its lease that a run is no longer its own."""
    told = False
    while True:
        with database.transaction() as connection:
            if not store.leased(connection):
                return
        if not told:
            tell("Waiting, at most 15 s, for adapters to let go of its runs.")
            told = True
        time.sleep(LOOK_SECONDS)


def _delete(database: Database, table: str) -> int:
    with database.transaction() as connection:
        stretches = store.stretches(connection, table)
    deleted = 0
    for start in stretches:
        with database.transaction() as connection:
            deleted += store.delete_stretch(connection, table, start)
    return deleted
