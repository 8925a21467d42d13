"""`mspctl connection`: credentials for a vendor."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from mspbyte_common.errors import UsageError
from mspctl.choose import choose
from mspctl.failure import Failure
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, show_rows, table
from mspctl.schedule.waiting import outcome_of
from mspctl.store import Database, Row, open_database
from mspctl.target import find
from mspctl.tenants import store
from mspctl.tenants.connect import add_connection
from mspctl.tenants.credentials import seal
from mspctl.tenants.expiry import expiry_of
from mspctl.tenants.vendors import complete_secret, secret_forms, vendor_named

app = typer.Typer(name="connection", help="Credentials for a vendor.", no_args_is_help=True)

LOOK = "mspctl connection list"
Name = Annotated[str, typer.Argument(help="The connection's name or id.")]
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", help="A file with the secret's parts as a JSON object; - is standard input."),
]
Expires = Annotated[
    datetime | None,
    typer.Option("--expires", formats=["%Y-%m-%d"], help="When the secret ends, in UTC; a certificate says so itself."),
]


@app.command()
def add(
    vendor: Annotated[str, typer.Argument(help="m365, autotask or sophos.")],
    name: Annotated[str, typer.Argument(help="What you call it.")],
    *,
    setting: Annotated[list[str] | None, typer.Option("--setting", help="NAME=VALUE; once per setting.")] = None,
    secret_file: SecretFile = None,
    expires: Expires = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Adds a connection; its jobs start by themselves."""
    settings = _settings(setting or [])
    secret = _secret(vendor, secret_file)
    with open_database(find(directory), msp) as database:
        connection_id = add_connection(database, vendor, name, settings, secret, expires)
    if as_json:
        emit_json({"id": connection_id, "vendor": vendor, "name": name})
    else:
        console.print(f"Added {vendor} connection {name}. Next: mspctl connection test '{name}'")


@app.command("list")
def list_(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists connections, without their secrets."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.connections(connection)
    columns = ("vendor", "name", "accounts", "parked", "expires_at", "id", "settings")
    show_rows(rows, columns, as_json=as_json, none="No connection yet: mspctl connection add VENDOR NAME")


@app.command("set-secret")
def set_secret(
    name: Name,
    *,
    secret_file: SecretFile = None,
    expires: Expires = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Replaces a connection's secret; accounts stopped because of the old one go on."""
    with open_database(find(directory), msp) as database:
        row = _chosen(database, name)
        parts = complete_secret(vendor_named(row["vendor"]), _secret(row["vendor"], secret_file))
        with database.transaction() as connection:
            sealed, version = seal(connection, database.target.kek_file, database.msp, row["vendor"], row["id"], parts)
            store.set_secret(connection, row["id"], sealed, version, expiry_of(parts, expires))
    if as_json:
        emit_json({"id": row["id"], "vendor": row["vendor"], "name": row["name"]})
    else:
        console.print(
            f"{row['vendor']} connection {row['name']} has a new secret. Next: mspctl connection test '{row['name']}'"
        )


@app.command("test")
def try_out(
    name: Name,
    *,
    seconds: Annotated[float, typer.Option("--timeout", help="How long to wait for the answer.")] = 60.0,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Has the adapter list the connection's accounts, and shows how that went."""
    with open_database(find(directory), msp) as database:
        row = _chosen(database, name)
        runs = outcome_of(database, row["id"], seconds)
    failed = [run for run in runs if run["state"] not in {"succeeded", "unavailable"}]
    if as_json:
        emit_json({"ok": not failed, "runs": runs})
    else:
        console.print(table(runs, ("resource", "state", "records", "error_class", "error", "advice")))
    if failed:
        first = failed[0]
        message = f"{row['name']} does not work: {first['error'] or first['error_class'] or first['state']}"
        raise Failure(message + (f" ({first['advice']})" if first["advice"] else ""))


def _chosen(database: Database, name: str) -> Row:
    with database.transaction() as connection:
        return dict(choose("connection", name, store.connections(connection), "name", look=LOOK))


def _settings(given: list[str]) -> dict[str, str]:
    settings = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            message = f"--setting {text!r} is not NAME=VALUE."
            raise UsageError(message)
        settings[name] = value
    return settings


def _secret(vendor: str, file: Path | None) -> dict[str, Any]:
    """The secret's parts: from the file, or asked for part by part."""
    if file is None:
        if not sys.stdin.isatty():
            message = "give the secret with --secret-file FILE (- is standard input)."
            raise UsageError(message)
        return {part: typer.prompt(part.replace("_", " "), hide_input=True) for part in vendor_named(vendor).secrets[0]}
    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise UsageError(message) from None
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError:
        parts = None
    if not isinstance(parts, dict):
        message = f"{file} must hold a JSON object with: {secret_forms(vendor_named(vendor))}."
        raise UsageError(message)
    return parts
