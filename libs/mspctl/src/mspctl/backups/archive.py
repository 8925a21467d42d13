"""PostgreSQL's own archive of a database: pg_dump writes it, pg_restore reads it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mspctl.embedded.postgres import binaries
from mspctl.failure import Failure

STANDARD = Path("-")
"""Standard output when writing, standard input when reading."""


def dump(url: str, file: Path) -> None:
    """Writes the database as it is at one moment; the file is there when it is whole, for its owner alone.

    What was used of vendors' limits is left out: it is old when it comes back, and PostgreSQL does not keep it in a crash.
    """
    options = ("--format=custom", "--no-owner", "--no-unlogged-table-data")
    if file == STANDARD:
        _run("pg_dump", url, *options)
        return
    new = file.with_name(f"{file.name}.new")
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        _run("pg_dump", url, *options, f"--file={new}")
        new.rename(file)
    finally:
        new.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Brings an archive into an empty database: all of it or nothing."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner")
    _run("pg_restore", url, *options, *(() if file == STANDARD else (str(file),)))


def _run(program: str, url: str, *options: str) -> None:
    """Runs a program of PostgreSQL's. The password goes by its environment, which other users do not see."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    address = parts._replace(netloc=f"{parts.username or ''}@{host}").geturl()
    password = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    done = subprocess.run(  # noqa: S603 - its arguments are ours
        [binaries() / program, *options, f"--dbname={address}"],
        env=os.environ | password,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        told = done.stderr.strip().splitlines()
        message = f"{told[0] if told else f'{program} gave no reason'} (nothing was kept)"
        raise Failure(message)
