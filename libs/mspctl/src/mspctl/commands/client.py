"""`mspctl client group`: clients for whom parameters of checks are set together."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.trace import new_traceparent
from mspctl.checks import store
from mspctl.choose import choose
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, show_rows
from mspctl.store import Connection, Row, open_database
from mspctl.target import find
from mspctl.tenants.store import clients

app = typer.Typer(name="client", help="Groups of clients.", no_args_is_help=True)
group = typer.Typer(name="group", help="Clients for whom parameters of checks are set together.", no_args_is_help=True)
app.add_typer(group)

Group = Annotated[str, typer.Argument(help="The group's name.")]
Client = Annotated[str, typer.Argument(help="A client's id, company id or name.")]


@group.command("list")
def list_(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists the groups with their clients."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.groups(connection)
    show_rows(rows, ("name", "clients", "id"), as_json=as_json, none="No group: mspctl client group add NAME.")


@group.command()
def add(name: Group, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Makes a group."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        if not store.add_group(connection, database.msp, name):
            message = f"there is a group {name!r} already: mspctl client group list."
            raise UsageError(message)
    _said(f"The group {name} is there.", {"group": name}, as_json=as_json)


@group.command()
def join(name: Group, client: Client, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Puts a client into a group, out of any other."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        chosen = choose("group", name, store.groups(connection), "name", look="mspctl client group list")
        row = _client(connection, client)
        store.join_group(connection, database.msp, chosen["id"], row["id"])
        store.ask_client_again(connection, row["id"], new_traceparent())
    _said(f"{row['name']} is in {chosen['name']}.", {"group": chosen["name"], "client": row["name"]}, as_json=as_json)


@group.command()
def leave(client: Client, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Takes a client out of its group."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _client(connection, client)
        if not store.leave_group(connection, row["id"]):
            message = f"{row['name']} is in no group: mspctl client group list."
            raise UsageError(message)
        store.ask_client_again(connection, row["id"], new_traceparent())
    _said(f"{row['name']} is in no group.", {"group": None, "client": row["name"]}, as_json=as_json)


def _client(connection: Connection, text: str) -> Row:
    return dict(choose("client", text, clients(connection), "company_id", "name", look="mspctl account clients"))


def _said(sentence: str, document: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        emit_json(document)
    else:
        console.print(sentence)
