"""The file of key-encryption keys, as mspctl changes it: one key a line, the first one wraps."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from pathlib import Path

from mspbyte_common.key_ring import key_id, new_key, read_key_ring
from mspctl.failure import Failure


def prepend_key(file: Path) -> str:
    """Adds a new key as the one that wraps; returns its id."""
    read_key_ring(file)
    key = new_key()
    line = f"{base64.b64encode(key).decode()} # {key_id(key)} made {datetime.now(UTC).date()}\n"
    _replace(file, line + file.read_text(encoding="ascii"))
    return key_id(key)


def remove_key(file: Path, kek_id: str) -> None:
    """Takes the key of this id out of the file."""
    kept = []
    for line in file.read_text(encoding="ascii").splitlines():
        text = line.partition("#")[0].strip()
        if not text or key_id(base64.b64decode(text)) != kek_id:
            kept.append(f"{line}\n")
    _replace(file, "".join(kept))


def _replace(file: Path, text: str) -> None:
    """At once: a reader sees the old keys or the new ones, and only its owner and group read either."""
    new = file.with_name(f"{file.name}.new")
    try:
        mode = file.stat().st_mode & 0o777
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        new.chmod(mode)
        new.rename(file)
    except OSError as error:
        message = (
            f"{file} cannot be written here ({type(error).__name__}): change it where your secrets are kept. "
            "One key a line, the newest first; `openssl rand -base64 32` makes one."
        )
        raise Failure(message) from None
