"""`mspctl reconcile`: billed against actual, the rules it goes by, and which source knows what."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from mspbyte_common.errors import UsageError
from mspbyte_common.reconciliation.book import RuleBook, ScopedRule
from mspbyte_common.reconciliation.files import document, parse, shipped, write
from mspbyte_common.reconciliation.rules import Rule, RuleSet
from mspbyte_common.trace import new_traceparent
from mspctl.author import who
from mspctl.checks.scope import scope_of
from mspctl.checks.store import BY_RULES, ask_again
from mspctl.choose import choose
from mspctl.options import UP, Dir, Json, Msp, moment
from mspctl.output import console, emit_json, facts, show_rows, table
from mspctl.reconciliation import store
from mspctl.reconciliation.asking import COLUMNS, as_csv, ask
from mspctl.store import Connection, Row, open_database
from mspctl.target import find
from mspctl.tenants.store import clients

app = typer.Typer(name="reconcile", help="Billed against actual, and which source knows what.", no_args_is_help=True)
rule = typer.Typer(name="rule", help="Billing rules: which services are proved by counting what.", no_args_is_help=True)
app.add_typer(rule)

Client = Annotated[str | None, typer.Option(help="Only this client: its id, company id or name.")]
Group = Annotated[str | None, typer.Option(help="Only the clients of this group.")]
File = Annotated[Path, typer.Argument(help="A YAML file of rules; - for standard input.")]
STATES = ("missing_line", "under", "over", "no_data", "missing_rule", "excluded", "matched")
TOOLS = ("entra", "intune", "sophos", "psa")
SOURCES = ("m365", "psa", "sophos")


@app.command()
def show(
    *,
    client: Client = None,
    at: Annotated[str | None, typer.Option(help="As of this time, such as 2026-11-01, in place of now.")] = None,
    state: Annotated[str | None, typer.Option(help=f"Only positions in this state: {', '.join(STATES)}.")] = None,
    line: Annotated[
        str | None, typer.Option(help="One position, or contract line, by the beginning of its id: all of it.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to wait for svc-workers.")] = 120.0,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output.")] = False,
) -> None:
    """Shows what is billed beside what is counted, with the money between them."""
    if state is not None and state not in STATES:
        message = f"there is no state {state!r}: give one of {', '.join(STATES)}."
        raise UsageError(message)
    with open_database(find(directory), msp) as database:
        with database.transaction() as connection:
            client_id = _client_id(connection, client)
        made = ask(database, client_id, moment(at) if at else None, seconds)
    found = [one for one in made["positions"] if state is None or one["state"] == state]
    if line is not None:
        found = [one for one in found if one["id"].startswith(line) or _has_line(one, line)]
        if not found:
            message = (
                f"no position and no contract line begins with {line!r}: mspctl reconcile show --json has the ids."
            )
            raise UsageError(message)
    if as_json:
        emit_json({**made, "positions": found})
    elif csv:
        sys.stdout.write(as_csv(found))
    elif line is not None:
        for one in found:
            _draw(one)
    else:
        show_rows([{**one, "id": one["id"][:8]} for one in found], ("id", *COLUMNS), as_json=False, none="No position.")
        _draw_rest(made)


def _draw(position: dict[str, Any]) -> None:
    told = {name: position[name] for name in ("id", *COLUMNS)}
    console.print(facts({**told, "counted": position["counted_as"], "rules": ", ".join(position["rules"]) or None}))
    lines = (
        "line_id",
        "contract",
        "units",
        "unit_price",
        "amount",
        "starts_on",
        "ends_on",
        "difference",
        "money_difference",
        "entity_id",
    )
    for title, rows, columns in (
        ("Billed by", position["lines"], lines),
        ("Counted", position["counted"], ("name", "quantity", "rule", "entity_id")),
    ):
        if rows:
            console.print()
            console.print(table(rows, columns, title))


def _draw_rest(made: dict[str, Any]) -> None:
    if made["totals"]:
        console.print()
        console.print(table(made["totals"], ("currency", "under", "over", "net", "without_price"), "Totals"))
    for one in made["no_data"]:
        console.print(f"{one['client']}: no data, {one['why']}", style="dim")


def _has_line(position: dict[str, Any], line: str) -> bool:
    return any(one["entity_id"].startswith(line) for one in position["lines"])


@app.command()
def coverage(
    *,
    client: Client = None,
    missing: Annotated[
        str | None, typer.Option(help=f"Only devices this tool does not know: {', '.join(TOOLS)}.")
    ] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows which tool knows which device of a client; without one, how many of each client's."""
    _matrix(
        "v_coverage",
        TOOLS,
        ("name", "device_class", "last_seen_at"),
        "devices",
        client,
        missing,
        msp,
        directory,
        as_json=as_json,
    )


@app.command()
def people(
    *,
    client: Client = None,
    missing: Annotated[
        str | None, typer.Option(help=f"Only people this source does not know: {', '.join(SOURCES)}.")
    ] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Shows which source knows which person of a client; without one, how many of each client's."""
    told = ("name", "email", "identity_type", "enabled", "active_contact")
    _matrix("v_people", SOURCES, told, "people", client, missing, msp, directory, as_json=as_json)


def _matrix(
    view: store.Matrix,
    sources: tuple[str, ...],
    told: tuple[str, ...],
    things: str,
    client: str | None,
    missing: str | None,
    msp: str | None,
    directory: Path,
    *,
    as_json: bool,
) -> None:
    if missing is not None and missing not in sources:
        message = f"{missing!r} is none of {', '.join(sources)}."
        raise UsageError(message)
    if missing is not None and client is None:
        message = f"name the client whose {things} to list: --client."
        raise UsageError(message)
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        client_id = _client_id(connection, client)
        if client_id is None:
            rows = store.matrix_of_all(connection, view, sources, things)
            show_rows(rows, ("client", things, *sources), as_json=as_json, none=f"No {things}.")
            return
        rows = store.matrix(connection, view, client_id)
    rows = [row for row in rows if missing is None or row[missing] is False]
    show_rows(rows, (*told, *sources), as_json=as_json, none=f"No {things}.")


@rule.command("list")
def list_(*, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Lists the rules, as shipped and as set, with the services of the PSA each is about."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        held, catalogue = store.rules(connection), store.services(connection)
    rows = [{"scope": "shipped", "target": None, "author": None, **_told(one, catalogue)} for one in shipped().rules]
    for row in held:
        told = _told(_rule(row["rule"]), catalogue)
        rows.append({"scope": row["scope"], "target": row["target"], "author": row["author"], **told})
    show_rows(rows, ("rule", "scope", "target", "what", "services", "author"), as_json=as_json, none="No rule.")


@rule.command("set")
def set_(
    file: File,
    *,
    client: Client = None,
    group: Group = None,
    author: Annotated[str | None, typer.Option(help="Who says so; the user of this computer when not given.")] = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Sets the rules of a file for everybody, a group or a client; a rule of the same id and scope is replaced."""
    given = parse(_read(file)).rules
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        scope, target = scope_of(connection, client, group, None)
        for one in given:
            [told] = document([one])["rules"]
            store.put_rule(connection, database.msp, one.id, told, scope, target, who(author))
        asked = _ask_again(connection, scope, target)
    _done({"set": [one.id for one in given], "scope": scope, "looked_at_again": asked}, as_json=as_json)


@rule.command()
def remove(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id.")],
    *,
    client: Client = None,
    group: Group = None,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Takes a rule of a scope back; that of the next wider scope holds again."""
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        scope, target = scope_of(connection, client, group, None)
        if not store.drop_rule(connection, rule_id, scope, target):
            message = f"no rule {rule_id!r} is set for this scope: mspctl reconcile rule list."
            raise UsageError(message)
        asked = _ask_again(connection, scope, target)
    _done({"removed": [rule_id], "scope": scope, "looked_at_again": asked}, as_json=as_json)


@rule.command()
def check(file: File, *, msp: Msp = None, directory: Dir = UP, as_json: Json = False) -> None:
    """Checks a file of rules without setting it, and says which services of the PSA each rule is about."""
    given = parse(_read(file)).rules
    with open_database(find(directory), msp) as database, database.transaction() as connection:
        catalogue = store.services(connection)
    rows = [_told(one, catalogue) for one in given]
    show_rows(rows, ("rule", "what", "services"), as_json=as_json, none="The file has no rule.")


@rule.command()
def export(
    *,
    client: Client = None,
    group: Group = None,
    as_shipped: Annotated[bool, typer.Option("--shipped", help="The shipped rules, to begin from.")] = False,
    msp: Msp = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Writes the rules of a scope as a YAML file that `set` reads; as JSON it reads them too."""
    rules = shipped().rules
    if not as_shipped:
        with open_database(find(directory), msp) as database, database.transaction() as connection:
            scope, target = scope_of(connection, client, group, None)
            held = store.rules(connection)
        rules = tuple(_rule(row["rule"]) for row in held if (row["scope"], row["target_id"]) == (scope, target))
    if as_json:
        emit_json(document(rules))
    else:
        sys.stdout.write(write(rules))


@rule.command()
def schema(*, as_json: Json = False) -> None:
    """Writes the JSON schema of a file of rules, for editors; it is JSON either way."""
    if as_json:
        emit_json(RuleSet.model_json_schema())
    else:
        console.print_json(data=RuleSet.model_json_schema())


def _client_id(connection: Connection, client: str | None) -> UUID | None:
    if client is None:
        return None
    found: UUID = choose("client", client, clients(connection), "company_id", "name", look="mspctl account clients")[
        "id"
    ]
    return found


def _ask_again(connection: Connection, scope: str, target: UUID | None) -> int:
    """Has every check that goes by rules look at the subjects of a scope again; returns how many those are."""
    return sum(ask_again(connection, name, scope, target, new_traceparent()) for name in BY_RULES)


def _rule(document: dict[str, Any]) -> Rule:
    [one] = RuleSet.model_validate({"version": 1, "rules": [document]}).rules
    return one


def _told(one: Rule, catalogue: list[Row]) -> dict[str, Any]:
    """A rule in a row: what it does, and the services of the PSA that it alone would be about."""
    alone = RuleBook((ScopedRule("client", UUID(int=0), one),)).of_client(UUID(int=0))
    about = [row["name"] for row in catalogue if _is_about(one, alone.of_service(row["service_id"], row["name"]))]
    [told] = document([one])["rules"]
    names = ("counts", "exclude", "currency", "bundle")
    what = next(f"{name}: {told[name]}" for name in names if name in told)
    return {"rule": one.id, "what": what, "services": ", ".join(about) or None, "document": told}


def _is_about(one: Rule, found: object) -> bool:
    return one == found or (isinstance(found, tuple) and one in found)


def _read(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text("utf-8")
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise UsageError(message) from None


def _done(said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit_json(said)
        return
    verb = "Set" if "set" in said else "Removed"
    rules = ", ".join(said.get("set") or said.get("removed") or ["nothing"])
    console.print(
        f"{verb} for {said['scope']}: {rules}. {said['looked_at_again']} subjects are looked at again in a moment."
    )
