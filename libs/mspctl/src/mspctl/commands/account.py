"""`mspctl account`: vendor-side tenants, and whose they are."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.trace import new_traceparent
from mspctl.choose import choose
from mspctl.options import UP, Dir, Json, Msp
from mspctl.output import console, emit_json, show_rows
from mspctl.store import Row, open_database
from mspctl.target import find
from mspctl.tenants import store
from mspctl.tenants.suggest import Named, suggest

app = typer.Typer(name="account", help="Vendor-side tenants, and whose they are.", no_args_is_help=True)

LOOK = "mspctl account list"
Account = Annotated[str, typer.Argument(help="The account's id or its beginning, external id or name.")]


@app.command("list")
def list_(
    *,
    state: Annotated[str | None, typer.Option(help="unmapped, mapped or excluded.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Lists accounts with their client and what stops them."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.accounts(connection)
    rows = [row for row in rows if state in {None, row["state"]} and vendor in {None, row["vendor"]}]
    for row in rows:
        row["stopped"] = row["parked_class"] or row["unreachable_reason"]
    columns = ("vendor", "name", "state", "client", "stopped", "external_id", "id")
    show_rows(rows, columns, as_json=as_json, none="No such account: mspctl connection add brings them.")


@app.command("map")
def map_(
    account: Account,
    client: Annotated[str, typer.Argument(help="The client's id, company id or name.")],
    *,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Says that an account is a client's; everything in it is worked out anew."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _tenant(choose("account", account, store.accounts(connection), "external_id", "name", look=LOOK))
        found = choose("client", client, store.clients(connection), "company_id", "name", look="mspctl account clients")
        work = store.assign_account(connection, row["id"], "mapped", found["id"], new_traceparent())
    _said(
        row,
        "mapped",
        found["id"],
        work,
        f"{row['name'] or row['external_id']} is {found['name'] or found['company_id']}'s",
        as_json=as_json,
    )


@app.command()
def exclude(account: Account, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Says that an account is nobody's and is not to be read."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = _tenant(choose("account", account, store.accounts(connection), "external_id", "name", look=LOOK))
        work = store.assign_account(connection, row["id"], "excluded", None, new_traceparent())
    _said(row, "excluded", None, work, f"{row['name'] or row['external_id']} is excluded", as_json=as_json)


@app.command()
def resume(account: Account, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lets an account go on that was stopped (wrong secret, missing consent, gone), and asks again for lists it lacks."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = dict(choose("account", account, store.accounts(connection), "external_id", "name", look=LOOK))
        resumed = store.resume_account(connection, row["id"])
    if as_json:
        emit_json({"id": row["id"], "resumed": resumed})
    else:
        said = "goes on" if resumed else "was not stopped"
        console.print(f"{row['name'] or row['external_id']} {said}.")


@app.command()
def resources(account: Account, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Shows which of its vendor's lists an account has, and why it lacks the others."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        row = choose("account", account, store.accounts(connection), "external_id", "name", look=LOOK)
        rows = store.resources(connection, row["id"])
    columns = ("resource", "kind", "state", "why", "complete_at", "records")
    show_rows(rows, columns, as_json=as_json, none="No adapter of this vendor has started yet.")


def _tenant(row: object) -> Row:
    found: Row = dict(row)  # type: ignore[call-overload]
    if not found["is_tenant"]:
        message = f"{found['name'] or found['external_id']} only lists other accounts and is nobody's: map those."
        raise UsageError(message)
    return found


def _said(row: Row, state: str, client_id: UUID | None, work: int, text: str, *, as_json: bool) -> None:
    if as_json:
        emit_json({"id": row["id"], "state": state, "client_id": client_id, "work": work})
    else:
        console.print(f"{text}; {work} piece{'s' if work != 1 else ''} of work follow.")


@app.command()
def clients(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists the clients an account can be mapped to."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        rows = store.clients(connection)
    columns = ("company_id", "name", "active", "is_msp", "id")
    show_rows(rows, columns, as_json=as_json, none="No client yet: they come from the PSA's companies.")


@app.command("suggest")
def suggest_(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Suggests whose unmapped accounts are, by domain, name and parent; mapping them is yours to do."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        accounts, known = store.unmapped_names(connection), store.client_names(connection)
    by_id = {row["id"]: _named(row) for row in known}
    rows = [
        {
            "account_id": row["id"],
            "vendor": row["vendor"],
            "account": row["name"] or row["external_id"],
            "client": by_id[one.client_id].name,
            "client_id": one.client_id,
            "score": one.score,
            "reason": one.reason,
        }
        for row in accounts
        for one in suggest(_named(row), by_id.values())
    ]
    columns = ("vendor", "account", "client", "score", "reason", "account_id", "client_id")
    show_rows(rows, columns, as_json=as_json, none="Nothing to suggest: mspctl account list --state unmapped.")


def _named(row: Row) -> Named:
    return Named(row["id"], row["name"], frozenset(row["domains"]), frozenset(row["names"]), row.get("parent"))
