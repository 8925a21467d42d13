"""`mspctl bootstrap`: what must stand before services start, where servers are not ours to start."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import nats.errors
import typer

from mspbyte_common.db.roles import ROLES
from mspbyte_common.errors import UsageError
from mspbyte_common.jetstream.connect import open_nats
from mspctl.embedded import broker
from mspctl.failure import Failure
from mspctl.options import Json
from mspctl.output import console, emit_json
from mspctl.owner import needed, optional_file, owner_url
from mspctl.store import set_up

WAIT_SECONDS = 1.0


def bootstrap(
    secrets: Annotated[Path, typer.Option("--secrets", help="A directory with a password file per database role.")],
    *,
    streams: Annotated[bool, typer.Option("--streams/--no-streams", help="Also declare streams and consumers.")] = True,
    replicas: Annotated[int, typer.Option(min=1, max=5, help="Copies of each stream in a NATS cluster.")] = 1,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait for servers that do not answer yet.")
    ] = 0.0,
    as_json: Json = False,
) -> None:
    """Migrates the schema, applies roles and grants, declares streams. Safe to repeat.

    Reads MSPBYTE_DATABASE_URL (of the schema's owner), MSPBYTE_DATABASE_PASSWORD_FILE, MSPBYTE_NATS_URL,
    MSPBYTE_NATS_USER and MSPBYTE_NATS_PASSWORD_FILE.
    """
    url = owner_url()
    passwords = _passwords(secrets)
    deadline = time.monotonic() + wait
    _until(deadline, lambda: set_up(url, passwords))
    if streams:
        address = needed("MSPBYTE_NATS_URL")
        _until(deadline, lambda: asyncio.run(_declare(address, replicas)))
    if as_json:
        emit_json({"roles": sorted(passwords), "streams": streams})
    else:
        console.print(f"Schema migrated, {len(passwords)} roles applied{', streams declared' if streams else ''}.")


def _until(deadline: float, step: Callable[[], None]) -> None:
    """Repeats a step while its server does not answer; the Failure itself once the deadline has passed."""
    while True:
        try:
            step()
        except Failure:
            if time.monotonic() > deadline:
                raise
            time.sleep(WAIT_SECONDS)
        else:
            return


async def _declare(url: str, replicas: int) -> None:
    user, file = os.environ.get("MSPBYTE_NATS_USER"), optional_file("MSPBYTE_NATS_PASSWORD_FILE")
    credentials = (user, file.read_text().strip()) if user and file else None
    authority = optional_file("MSPBYTE_NATS_CA_FILE")
    try:
        async with (
            asyncio.timeout(30),
            open_nats(url, "bootstrap", credentials=credentials, ca_file=authority) as client,
        ):
            await broker.declare(client, replicas=replicas)
    except (*broker.Errors, nats.errors.Error) as error:
        message = f"NATS at {url} cannot be set up: {str(error) or type(error).__name__} (check MSPBYTE_NATS_*)"
        raise Failure(message) from None


def _passwords(folder: Path) -> dict[str, str]:
    missing = [role.name for role in ROLES if not (folder / role.name).is_file()]
    if missing:
        message = f"{folder} has no file {missing[0]} with that role's password (--secrets)."
        raise UsageError(message)
    return {role.name: (folder / role.name).read_text().strip() for role in ROLES}
