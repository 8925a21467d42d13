"""Encrypts a connection's secret with its msp's data key, which is made when first needed."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from mspbyte_common import secrets
from mspctl.store import Connection
from mspctl.tenants import store

VERSION = 1


def seal(
    connection: Connection,
    kek_file: Path | None,
    msp_id: UUID,
    vendor: str,
    connection_id: UUID,
    secret: dict[str, str],
) -> tuple[bytes, int]:
    """(ciphertext, key version) for the connection's row. UsageError when the key-encryption key is missing or another."""
    kek = secrets.read_kek(kek_file)
    wrapped = store.data_key(connection, msp_id, VERSION)
    if wrapped is None:
        store.add_data_key(connection, msp_id, VERSION, secrets.wrap(kek, secrets.new_key(), msp_id, VERSION))
        wrapped = store.data_key(connection, msp_id, VERSION) or b""
    key = secrets.unwrap(kek, wrapped, msp_id, VERSION)
    return secrets.encrypt(key, secret, msp_id, vendor, connection_id, VERSION), VERSION
