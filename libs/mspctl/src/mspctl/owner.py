"""The address of the schema's owner: who migrates, backs up and restores."""

from __future__ import annotations

import os
from pathlib import Path

from mspbyte_common.errors import UsageError
from mspbyte_common.settings import with_password
from mspctl.embedded.postgres import OWNER
from mspctl.target import of_fleet


def owner_url(directory: Path | None = None) -> str:
    """MSPBYTE_DATABASE_URL with MSPBYTE_DATABASE_PASSWORD_FILE, else the fleet in the directory; with the password."""
    if directory is not None and not os.environ.get("MSPBYTE_DATABASE_URL"):
        return of_fleet(directory, OWNER).database_url
    return with_password(needed("MSPBYTE_DATABASE_URL"), optional_file("MSPBYTE_DATABASE_PASSWORD_FILE"))


def needed(name: str) -> str:
    """An environment variable's value; UsageError when it has none."""
    value = os.environ.get(name)
    if not value:
        message = f"{name} is not set."
        raise UsageError(message)
    return value


def optional_file(name: str) -> Path | None:
    """The file an environment variable names, None when it is not set; UsageError when there is no such file."""
    value = os.environ.get(name)
    if value and not Path(value).is_file():
        message = f"{name} names {value}, which is not a file."
        raise UsageError(message)
    return Path(value) if value else None
