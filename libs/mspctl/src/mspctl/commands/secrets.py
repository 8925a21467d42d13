"""`mspctl secrets`: the passwords and the key of a fleet that is not embedded."""

from __future__ import annotations

import base64
import os
import secrets as random_source
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from mspbyte_common.db.roles import ROLES
from mspbyte_common.key_ring import new_key
from mspctl.embedded.nats_conf import BOOTSTRAP, USERS
from mspctl.options import Json
from mspctl.output import console, emit_json

PRIVATE, READABLE = 0o600, 0o644


def secrets(
    directory: Annotated[Path, typer.Argument(help="Where to write them; what is there stays.")],
    *,
    readable: Annotated[
        bool, typer.Option("--readable", help="For every user: folders that are mounted only where they are needed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Draws a password for each database role and NATS user, and the key-encryption key. Safe to repeat.

    A folder for each who needs some: `roles` (for bootstrap), `nats` (for nats-conf), `postgres`, `kek`, and one per
    service. Keep a copy of `kek/kek`: without it no credential can be read again.
    """
    mode = READABLE if readable else PRIVATE
    for role in ROLES:
        password = _kept(directory / "roles" / role.name, _password, mode)
        _copy(directory / _folder(role.name) / "database-password", password, mode)
    for user in USERS:
        password = _kept(directory / "nats" / user, _password, mode)
        _copy(directory / _folder(user) / "nats-password", password, mode)
    _kept(directory / "postgres" / "password", _password, mode)
    _kept(directory / "kek" / "kek", lambda: base64.b64encode(new_key()).decode(), mode)
    if as_json:
        emit_json({"directory": str(directory), "roles": [role.name for role in ROLES], "users": list(USERS)})
        return
    console.print(f"{len(ROLES)} database passwords, {len(USERS)} NATS passwords and a key are in {directory}.")


def _folder(name: str) -> str:
    return "nats-bootstrap" if name == BOOTSTRAP else name.replace("_", "-")


def _password() -> str:
    return random_source.token_urlsafe(24)


def _kept(file: Path, draw: Callable[[], str], mode: int) -> str:
    """What the file holds; drawn and written when it is not there."""
    if not file.exists():
        _copy(file, draw(), mode)
    return file.read_text()


def _copy(file: Path, text: str, mode: int) -> None:
    """Replaces the file at once, and only when it says something else."""
    if file.exists() and file.read_text() == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    os.fchmod(descriptor, mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    new.rename(file)
