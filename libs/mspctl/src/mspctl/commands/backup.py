"""`mspctl backup`: everything the database holds, in one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.backups import archive
from mspctl.options import UP, Dir, Json
from mspctl.output import emit_json
from mspctl.owner import owner_url


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; - is standard output.")],
    *,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Writes the database to a file, while everything runs. The key-encryption key is not in it: keep that elsewhere.

    Reads MSPBYTE_DATABASE_URL (of the schema's owner) and MSPBYTE_DATABASE_PASSWORD_FILE, else the fleet's directory.
    """
    if as_json and file == archive.STANDARD:
        raise UsageError("standard output is the backup: name a FILE where --json is wanted.")
    archive.dump(owner_url(directory), file)
    if as_json:
        emit_json({"file": str(file), "bytes": file.stat().st_size})
    sys.stderr.write("Backed up. Credentials in it open only with the key-encryption key: keep a copy of that too.\n")
