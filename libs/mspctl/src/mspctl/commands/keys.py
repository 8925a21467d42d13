"""`mspctl keys`: the keys that protect stored credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.key_ring import read_key_ring
from mspctl.keys.file import prepend_key, remove_key
from mspctl.keys.rotate import renew_data_keys, rewrap, use_of_keys
from mspctl.options import UP, Dir, Json
from mspctl.output import console, emit_json, show_rows
from mspctl.store import open_database
from mspctl.target import Target, find

app = typer.Typer(name="keys", help="The keys that protect stored credentials.", no_args_is_help=True)


@app.command("list")
def list_(*, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists key-encryption keys: those of the key file, and those the database needs; never a key itself."""
    target = find(directory)
    ring = read_key_ring(target.kek_file)
    with open_database(target, None, needs_msp=False) as database:
        use = use_of_keys(database)
    rows = [
        {
            "id": kek_id or "not noted",
            "state": "wraps" if kek_id == ring.current else "unwraps" if kek_id in ring.keys else "not in the file",
            "data_keys": use.data_keys[kek_id],
        }
        for kek_id in dict.fromkeys([*ring.keys, *use.data_keys])
    ]
    for row in rows:
        if row["id"] == "not noted":
            row["state"] = "mspctl keys rotate notes it"
    show_rows(rows, ("id", "state", "data_keys"), as_json=as_json, none="No key.")


@app.command()
def new(*, directory: Dir = UP, as_json: Json = False) -> None:
    """Adds a key to the key file, as the one that wraps from now on. Give adapters elsewhere the same file first."""
    kek_id = prepend_key(_file(find(directory)))
    if as_json:
        emit_json({"id": kek_id})
    else:
        console.print(f"{kek_id} wraps from now on. Next, when every adapter has the file: mspctl keys rotate")


@app.command()
def rotate(
    *,
    data_keys: Annotated[
        bool, typer.Option("--data-keys", help="New data keys as well: every credential is encrypted anew.")
    ] = False,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Wraps all data keys with the newest key-encryption key, while everything runs. Killed, it is simply run again."""
    target = find(directory)
    ring = read_key_ring(target.kek_file)
    with open_database(target, None, needs_msp=False) as database:
        rewrapped = rewrap(database, ring)
        credentials = renew_data_keys(database, ring) if data_keys else 0
        use = use_of_keys(database)
    unused = [kek_id for kek_id in ring.keys if kek_id != ring.current and use.may_go(kek_id)]
    if as_json:
        emit_json({"current": ring.current, "rewrapped": rewrapped, "credentials": credentials, "unused": unused})
        return
    console.print(f"{rewrapped} data keys wrapped anew with {ring.current}, {credentials} credentials encrypted anew.")
    for kek_id in unused:
        console.print(f"Nothing needs {kek_id} but backups made before: mspctl keys drop {kek_id}")


@app.command()
def drop(
    kek_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id: mspctl keys list.")],
    *,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Takes a key that nothing needs out of the key file. Credentials in backups made with it stay closed without it."""
    target = find(directory)
    file = _file(target)
    ring = read_key_ring(file)
    if kek_id not in ring.keys:
        message = f"there is no key {kek_id!r} in {file}: mspctl keys list."
        raise UsageError(message)
    if kek_id == ring.current:
        message = f"{kek_id} is the key that wraps: mspctl keys new makes another, mspctl keys rotate moves to it."
        raise UsageError(message)
    with open_database(target, None, needs_msp=False) as database:
        use = use_of_keys(database)
    if not use.may_go(kek_id):
        message = f"{kek_id} is still needed: mspctl keys rotate, then drop it."
        raise UsageError(message)
    remove_key(file, kek_id)
    if as_json:
        emit_json({"dropped": kek_id})
    else:
        console.print(f"{kek_id} is out of {file}. Keep a copy apart as long as you keep backups made with it.")


def _file(target: Target) -> Path:
    if target.kek_file is None:
        message = "MSPBYTE_KEK_FILE is not set: it names the file with the key-encryption key."
        raise UsageError(message)
    return target.kek_file
