"""`mspctl nats-conf`: the configuration of a NATS server that is ours to configure and not ours to start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.embedded.nats_conf import USERS, Cluster, Tls, render
from mspctl.options import Json
from mspctl.output import console, emit_json

PORT, MONITOR_PORT = 4222, 8222


def nats_conf(
    passwords: Annotated[Path, typer.Option("--passwords", help="A directory with a password file per NATS user.")],
    out: Annotated[Path, typer.Option("--out", help="Where to write the file; readable by its owner alone.")],
    store: Annotated[Path, typer.Option("--store", help="JetStream's directory on the server.")] = Path("/data"),
    name: Annotated[str, typer.Option("--name", help="The server's name; unique in a cluster.")] = "nats",
    route: Annotated[
        list[str] | None, typer.Option("--route", help="nats://host:6222 of a server of the cluster; repeatable.")
    ] = None,
    tls: Annotated[Path | None, typer.Option("--tls", help="A directory with tls.crt, tls.key and ca.crt.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Writes nats.conf: one user per service, each with the subjects it needs and no others."""
    missing = [user for user in USERS if not (passwords / user).is_file()]
    if missing:
        message = f"{passwords} has no file {missing[0]} with that NATS user's password (--passwords)."
        raise UsageError(message)
    text = render(
        host="0.0.0.0",  # noqa: S104 - whoever may reach it is the network's to say
        port=PORT,
        monitor_port=MONITOR_PORT,
        store=store,
        name=name,
        password=lambda user: (passwords / user).read_text().strip(),
        cluster=Cluster("mspbyte", tuple(route)) if route else None,
        tls=_certificate(tls) if tls else None,
    )
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    if as_json:
        emit_json({"file": str(out), "users": list(USERS)})
    else:
        console.print(f"{out}: {len(USERS)} users.")


def _certificate(folder: Path) -> Tls:
    tls = Tls(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
    for file in (tls.certificate, tls.key, tls.authority):
        if not file.is_file():
            message = f"{folder} has no file {file.name} (--tls)."
            raise UsageError(message)
    return tls
