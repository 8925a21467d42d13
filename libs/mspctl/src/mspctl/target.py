"""Which fleet a command speaks to: the environment's, else the one that runs in a directory."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from mspbyte_common.errors import UsageError
from mspbyte_common.settings import with_password

ROLE = "mspctl"


@dataclass(frozen=True)
class Target:
    """`database_url` has the password in it: it is never shown, `place` is. `services`: name → http address."""

    database_url: str
    kek_file: Path | None
    services: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The database's host and port."""
        return urlsplit(self.database_url).netloc.rpartition("@")[2]


def find(directory: Path) -> Target:
    """MSPBYTE_DATABASE_URL (with _PASSWORD_FILE, MSPBYTE_KEK_FILE), else `<directory>/fleet.json`."""
    url = os.environ.get("MSPBYTE_DATABASE_URL")
    if url:
        password = os.environ.get("MSPBYTE_DATABASE_PASSWORD_FILE")
        kek = os.environ.get("MSPBYTE_KEK_FILE")
        return Target(with_password(url, _file(password)), _file(kek))
    return of_fleet(directory)


def of_fleet(directory: Path, role: str = ROLE) -> Target:
    """The fleet that runs in the directory, whatever the environment says, for a database role."""
    file = directory / "fleet.json"
    try:
        fleet: dict[str, Any] = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        message = (
            f"no fleet runs in {directory}: start one with `mspctl up`, or name its --dir or MSPBYTE_DATABASE_URL."
        )
        raise UsageError(message) from None
    parts = urlsplit(fleet["database"]["url"])
    url = parts._replace(netloc=f"{role}@{parts.netloc}").geturl()
    return Target(
        with_password(url, Path(fleet["database"]["secrets"]) / role),
        Path(fleet["kek_file"]),
        {name: service["http"] for name, service in fleet["services"].items()},
    )


def _file(name: str | None) -> Path | None:
    if not name:
        return None
    file = Path(name)
    if not file.is_file():
        message = f"there is no file {file}: an MSPBYTE_*_FILE variable names it."
        raise UsageError(message)
    return file
