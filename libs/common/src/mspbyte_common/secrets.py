"""Credentials at rest: key-encryption key → data key per msp → AES-GCM.

The associated data names the msp, the vendor, the connection and the key's version, so that a ciphertext moved to
another row does not open.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mspbyte_common.errors import UsageError
from mspbyte_common.key_ring import KeyRing

NONCE_BYTES = 12
OTHER_KEY = "A credential does not open with this key: is MSPBYTE_KEK_FILE the file it was stored with?"


def wrap(ring: KeyRing, data_key: bytes, msp_id: UUID, version: int) -> bytes:
    """A data key, encrypted for its row in `data_key` by the ring's current key, whose id belongs beside it."""
    return _seal(ring.keys[ring.current], data_key, _about("data_key", msp_id, version))


def unwrap(ring: KeyRing, kek_id: str | None, wrapped: bytes, msp_id: UUID, version: int) -> bytes:
    """The data key of a row of `data_key`; UsageError when the key-encryption key it needs is not in the ring.

    `kek_id` None: an earlier release wrapped it and did not note with which key; each is tried.
    """
    if kek_id is not None and kek_id not in ring.keys:
        message = (
            f"A data key is wrapped with the key-encryption key {kek_id}, which is not in {ring.place}"
            f" (it has {', '.join(ring.keys)}): put that key back as a further line, then mspctl keys rotate."
        )
        raise UsageError(message)
    about = _about("data_key", msp_id, version)
    for key in [ring.keys[kek_id]] if kek_id is not None else ring.keys.values():
        opened = _open(key, wrapped, about)
        if opened is not None:
            return opened
    raise UsageError(OTHER_KEY)


def encrypt(
    data_key: bytes, secret: dict[str, Any], msp_id: UUID, vendor: str, connection: UUID, version: int
) -> bytes:
    """A connection's secret, encrypted for its row."""
    return _seal(data_key, orjson.dumps(secret), _about("connection", msp_id, vendor, connection, version))


def decrypt(
    data_key: bytes, sealed: bytes, msp_id: UUID, vendor: str, connection: UUID, version: int
) -> dict[str, Any]:
    """The secret of a connection's row; UsageError when it was encrypted with another key, or for another row."""
    opened = _open(data_key, sealed, _about("connection", msp_id, vendor, connection, version))
    if opened is None:
        raise UsageError(OTHER_KEY)
    secret: dict[str, Any] = orjson.loads(opened)
    return secret


def _about(*parts: object) -> bytes:
    return "\x1f".join(str(part) for part in parts).encode()


def _seal(key: bytes, plain: bytes, about: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def _open(key: bytes, sealed: bytes, about: bytes) -> bytes | None:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except InvalidTag:
        return None
