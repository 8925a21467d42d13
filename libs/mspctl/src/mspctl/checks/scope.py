"""What a person's options say: for whom, and with which values."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from mspbyte_common.errors import UsageError
from mspctl.checks import store
from mspctl.choose import choose, id_range, only
from mspctl.knowledge.store import entities_between
from mspctl.store import Connection, Row
from mspctl.tenants.store import clients

LOOK = "mspctl check list"


def check_named(connection: Connection, name: str) -> Row:
    """The check of that name; UsageError when the running release has none."""
    row = store.check(connection, name)
    if row is None:
        message = f"there is no check {name!r}: {LOOK} (it is empty until svc-workers has started once)."
        raise UsageError(message)
    return row


def scope_of(
    connection: Connection, client: str | None, group: str | None, entity: str | None
) -> tuple[str, UUID | None]:
    """(scope, target) of the one option that was given; the global scope when none was."""
    given = [option for option in (client, group, entity) if option is not None]
    if len(given) > 1:
        message = "give one of --client, --group and --entity, or none of them for everybody."
        raise UsageError(message)
    if client is not None:
        chosen = choose("client", client, clients(connection), "company_id", "name", look="mspctl account clients")
        return "client", chosen["id"]
    if group is not None:
        return "client_group", choose(
            "group", group, store.groups(connection), "name", look="mspctl client group list"
        )["id"]
    if entity is not None:
        first, last = id_range("record", entity, look="mspctl finding show names its subject")
        found = entities_between(connection, first, last)
        return "entity", only("record", entity, found, "name", look="mspctl finding show names its subject")["id"]
    return "global", None


def values(declared: dict[str, Any], assignments: list[str]) -> dict[str, Any]:
    """`param=value` pairs as the check's parameters are typed; UsageError for what does not fit."""
    found = {}
    for assignment in assignments:
        param, given, text = assignment.partition("=")
        if not given or param not in declared:
            message = (
                f"{assignment!r} sets no parameter: write PARAM=VALUE with one of {', '.join(declared) or 'none'}."
            )
            raise UsageError(message)
        found[param] = value(param, declared[param], text)
    return found


def value(param: str, shipped: Any, text: str) -> Any:
    """One value, of the type of the one that is shipped: a list is written with commas."""
    if isinstance(shipped, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = text
    fits = isinstance(read, bool) if isinstance(shipped, bool) else _is_number(shipped, read)
    if not fits:
        kind = (
            "true or false"
            if isinstance(shipped, bool)
            else "a whole number"
            if isinstance(shipped, int)
            else "a number"
        )
        message = f"{param} is {kind}, as {orjson.dumps(shipped).decode()}: {text!r} is not."
        raise UsageError(message)
    return read


def _is_number(shipped: Any, read: Any) -> bool:
    if isinstance(read, bool) or not isinstance(read, int | float) or read < 0:
        return False
    return isinstance(read, int) or isinstance(shipped, float)
