"""Rotates keys while adapters read: each step is one short transaction, and what was killed goes on where it stopped.

An adapter reads a credential and its data key in one statement, so it sees both as they were before a step or after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mspbyte_common import secrets
from mspbyte_common.key_ring import KeyRing, new_key
from mspctl.keys import store
from mspctl.store import Connection, Database, Row
from mspctl.tenants.store import msps


@dataclass(frozen=True)
class Use:
    """How many data keys each key-encryption key wraps; None: a release that did not note which."""

    data_keys: Counter[str | None]

    def may_go(self, kek_id: str) -> bool:
        """Whether nothing in the database needs the key any more."""
        return not self.data_keys[kek_id] and not self.data_keys[None]


def use_of_keys(database: Database) -> Use:
    """Over all msps."""
    found: Counter[str | None] = Counter()
    for _ in _each_msp(database):
        with database.transaction() as connection:
            found.update(row["kek_id"] for row in store.data_keys(connection))
    return Use(found)


def rewrap(database: Database, ring: KeyRing) -> int:
    """Wraps every data key with the ring's current key; returns how many were not yet. No credential is touched."""
    rewrapped = 0
    for _ in _each_msp(database):
        with _keys(database) as connection:
            for row in store.data_keys(connection):
                if row["kek_id"] != ring.current:
                    key = _opened(database, ring, row)
                    wrapped = secrets.wrap(ring, key, database.msp, row["version"])
                    store.rewrap(connection, row["version"], wrapped, ring.current)
                    rewrapped += 1
    return rewrapped


def renew_data_keys(database: Database, ring: KeyRing) -> int:
    """Encrypts every credential with a new data key of its msp, and destroys the old ones; returns how many credentials.

    An msp with two data keys was being rotated when it was interrupted: that rotation is finished, no other begun.
    """
    resealed = 0
    for _ in _each_msp(database):
        with _keys(database) as connection:
            known = store.data_keys(connection)
            if not known:
                continue
            newest = known[0]["version"]
            if len(known) == 1:
                newest += 1
                wrapped = secrets.wrap(ring, new_key(), database.msp, newest)
                store.add_data_key(connection, database.msp, newest, wrapped, ring.current)
        while _reseal_one(database, ring, newest):
            resealed += 1
    return resealed


def _reseal_one(database: Database, ring: KeyRing, newest: int) -> bool:
    """Moves one connection to the newest data key; False when all are there, and the older keys are destroyed."""
    with _keys(database) as connection:
        row = store.oldest_sealed(connection, newest)
        if row is None:
            store.drop_unused(connection, newest)
            return False
        keys = {one["version"]: _opened(database, ring, one) for one in store.data_keys(connection)}
        about = (database.msp, row["vendor"], row["id"])
        secret = secrets.decrypt(keys[row["key_version"]], bytes(row["secret"]), *about, row["key_version"])
        store.reseal(connection, row["id"], secrets.encrypt(keys[newest], secret, *about, newest), newest)
    return True


def _opened(database: Database, ring: KeyRing, row: Row) -> bytes:
    return secrets.unwrap(ring, row["kek_id"], bytes(row["wrapped"]), database.msp, row["version"])


@contextmanager
def _keys(database: Database) -> Iterator[Connection]:
    """A transaction in which nobody else changes the msp's keys."""
    with database.transaction() as connection:
        store.lock_keys(connection, database.msp)
        yield connection


def _each_msp(database: Database) -> Iterator[None]:
    """Makes each msp the database's in turn."""
    with database.transaction() as connection:
        rows = msps(connection)
    for row in rows:
        database.msp_id = row["id"]
        yield
