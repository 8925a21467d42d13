"""`mspctl restore`: a backup, into a database that has nothing to lose."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mspctl.backups import archive, store
from mspctl.failure import Failure
from mspctl.options import UP, Dir, Json
from mspctl.output import emit_json
from mspctl.owner import owner_url


def restore(
    file: Annotated[Path, typer.Argument(help="What `mspctl backup` wrote; - is standard input.")],
    *,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Brings a backup back into a database without an msp, whether bootstrapped or not. The fleet goes on from there.

    Reads what `mspctl backup` reads. Run `mspctl bootstrap` afterwards: it gives the roles their passwords, migrates
    what is older, and declares the streams.
    """
    url = owner_url(directory)
    found = store.msps(url)
    if found:
        message = f"the database has {found} msp{'s' if found > 1 else ''}: restore into an empty one."
        raise Failure(message)
    store.make_empty(url)
    archive.restore(url, file)
    if as_json:
        emit_json({"file": str(file), "msps": store.msps(url)})
    sys.stderr.write("Restored. Now: mspctl bootstrap.\n")
