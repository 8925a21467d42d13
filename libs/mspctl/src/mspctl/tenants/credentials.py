"""Encrypts a connection's secret with its msp's newest data key; the first is made when first needed."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from mspbyte_common import secrets
from mspbyte_common.key_ring import new_key, read_key_ring
from mspctl.keys import store
from mspctl.store import Connection

FIRST = 1


def seal(
    connection: Connection,
    kek_file: Path | None,
    msp_id: UUID,
    vendor: str,
    connection_id: UUID,
    secret: dict[str, str],
) -> tuple[bytes, int]:
    """(ciphertext, key version) for the connection's row. UsageError when the key-encryption key is missing or another."""
    ring = read_key_ring(kek_file)
    store.lock_keys(connection, msp_id)
    known = store.data_keys(connection)
    if known:
        version = known[0]["version"]
        key = secrets.unwrap(ring, known[0]["kek_id"], bytes(known[0]["wrapped"]), msp_id, version)
    else:
        version, key = FIRST, new_key()
        store.add_data_key(connection, msp_id, version, secrets.wrap(ring, key, msp_id, version), ring.current)
    return secrets.encrypt(key, secret, msp_id, vendor, connection_id, version), version
