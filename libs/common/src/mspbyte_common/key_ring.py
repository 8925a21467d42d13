"""The key-encryption keys a process knows: a file with one key a line, the first of which wraps."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mspbyte_common.errors import UsageError

KEY_BYTES = 32
ID_DIGITS = 12


def new_key() -> bytes:
    """A random key."""
    return AESGCM.generate_key(bit_length=8 * KEY_BYTES)


def key_id(key: bytes) -> str:
    """The key's name: computed from it, so that no key is filed under another's. It tells nothing of 32 random bytes."""
    return hashlib.sha256(b"mspbyte key-encryption key\x00" + key).hexdigest()[:ID_DIGITS]


@dataclass(frozen=True)
class KeyRing:
    """Key-encryption keys by id, in the file's order: the first wraps, each of them unwraps."""

    keys: dict[str, bytes] = field(repr=False)
    place: str = "MSPBYTE_KEK_FILE"

    @classmethod
    def of(cls, keys: Iterable[bytes], place: str = "MSPBYTE_KEK_FILE") -> KeyRing:
        """A ring of these keys; there is at least one."""
        return cls({key_id(key): key for key in keys}, place)

    @property
    def current(self) -> str:
        """The id of the key that wraps."""
        return next(iter(self.keys))


def read_key_ring(file: Path | None) -> KeyRing:
    """The keys of a file: 32 bytes in base64 a line, then perhaps `#` and a remark. UsageError for a file without any.

    It is read whenever keys are needed, never remembered: a file that was rotated needs no restart.
    """
    if file is None:
        message = "MSPBYTE_KEK_FILE is not set: it names the file with the key-encryption key."
        raise UsageError(message)
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"the key-encryption key cannot be read from {file}: {type(error).__name__} (MSPBYTE_KEK_FILE)."
        raise UsageError(message) from None
    keys = [
        _key(file, number, text) for number, line in enumerate(lines, 1) if (text := line.partition("#")[0].strip())
    ]
    if not keys:
        message = f"{file} holds no key: it must have {KEY_BYTES} bytes in base64 a line (openssl rand -base64 32)."
        raise UsageError(message)
    return KeyRing.of(keys, str(file))


def _key(file: Path, number: int, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        message = f"line {number} of {file} must hold {KEY_BYTES} bytes in base64 (openssl rand -base64 32)."
        raise UsageError(message)
    return key
