"""Credentials at rest: key-encryption key → data key per msp → AES-GCM.

The associated data names the msp, the vendor, the connection and the key's version, so that a ciphertext moved to
another row does not open.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mspbyte_common.errors import UsageError

KEY_BYTES = 32
NONCE_BYTES = 12


def read_kek(file: Path | None) -> bytes:
    """The key-encryption key from its file: 32 bytes in base64."""
    if file is None:
        message = "MSPBYTE_KEK_FILE is not set: it names the file with the key-encryption key."
        raise UsageError(message)
    key = base64.b64decode(file.read_text().strip())
    if len(key) != KEY_BYTES:
        message = f"{file} must hold {KEY_BYTES} bytes in base64, it holds {len(key)}."
        raise UsageError(message)
    return key


def new_key() -> bytes:
    """A random key."""
    return AESGCM.generate_key(bit_length=8 * KEY_BYTES)


def wrap(kek: bytes, data_key: bytes, msp_id: UUID, version: int) -> bytes:
    """A data key, encrypted for its row in `data_key`."""
    return _seal(kek, data_key, _about("data_key", msp_id, version))


def unwrap(kek: bytes, wrapped: bytes, msp_id: UUID, version: int) -> bytes:
    """The data key of a row of `data_key`; UsageError when the key-encryption key is another."""
    return _open(kek, wrapped, _about("data_key", msp_id, version))


def encrypt(
    data_key: bytes, secret: dict[str, Any], msp_id: UUID, vendor: str, connection: UUID, version: int
) -> bytes:
    """A connection's secret, encrypted for its row."""
    return _seal(data_key, orjson.dumps(secret), _about("connection", msp_id, vendor, connection, version))


def decrypt(
    data_key: bytes, sealed: bytes, msp_id: UUID, vendor: str, connection: UUID, version: int
) -> dict[str, Any]:
    """The secret of a connection's row."""
    secret: dict[str, Any] = orjson.loads(
        _open(data_key, sealed, _about("connection", msp_id, vendor, connection, version))
    )
    return secret


def _about(*parts: object) -> bytes:
    return "\x1f".join(str(part) for part in parts).encode()


def _seal(key: bytes, plain: bytes, about: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def _open(key: bytes, sealed: bytes, about: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except InvalidTag:
        message = "A credential does not open with this key: is MSPBYTE_KEK_FILE the file it was stored with?"
        raise UsageError(message) from None
