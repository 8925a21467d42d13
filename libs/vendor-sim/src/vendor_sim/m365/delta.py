"""Graph's delta queries over users and groups: a full round first, then what changed since its deltaLink.

Everything a round needs is in its tokens: the selection, where it stands and up to which change it reads. What
changes while a round is read is told again in the next one, so nothing is lost and some things come twice.
"""

import base64
import secrets
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import orjson

from vendor_sim.answers import Answer
from vendor_sim.changes import Change
from vendor_sim.estate import Estate, M365Tenant, Record
from vendor_sim.m365 import properties
from vendor_sim.m365.errors import refuse
from vendor_sim.m365.listing import picked, selection
from vendor_sim.users import DEFAULT_PROPERTIES

PAGE = {"users": 100, "groups": 20}
"""Records on a page; the server decides, the client cannot."""
MEMBERS_AT_ONCE = 100
"""A group with more members comes in several parts, each with its own id and `members@delta`."""
TOKEN_DAYS = 7
_KNOWN = {
    "users": [*(name for name in properties.USER if name != "signInActivity"), "manager"],
    "groups": [*properties.GROUP, "members"],
}
_DEFAULTS = {"users": list(DEFAULT_PROPERTIES), "groups": [*properties.GROUP, "members"]}
_REFUSED = ("$expand", "$top", "$orderby", "$search", "$filter", "$count", "$skip")
Query = Mapping[str, str]
Token = dict[str, Any]


def page(url: str, estate: Estate, tenant: M365Tenant, collection: str, query: Query) -> Answer:
    """One page of `/users/delta` or `/groups/delta`; a token that is too old is refused and begins anew elsewhere."""
    for name in _REFUSED:
        if name in query:
            raise refuse(400, "Request_UnsupportedQuery", f"The query option '{name}' is not supported here.")
    log = estate.changes.of("m365", tenant.id, collection)
    given = query.get("$skiptoken") or query.get("$deltatoken") or ""
    if given in {"", "latest"}:
        names = selection(query, _KNOWN[collection]) or _DEFAULTS[collection]
        token: Token = {"names": ["id", *(name for name in names if name != "id")], "upto": len(log)}
        if given:
            return _answer(url, estate, tenant, [], token, done=True)
        return _full_round(url, estate, tenant, collection, token | {"after": ["", ""]})
    token = _read(given)
    _check_age(url, estate, tenant, token)
    if "after" in token:
        return _full_round(url, estate, tenant, collection, token)
    if "from" not in token:  # a deltaLink: from where its round ended to what is known now
        token |= {"from": token["upto"], "upto": len(log)}
    return _changed_round(url, estate, tenant, collection, token)


def _full_round(url: str, estate: Estate, tenant: M365Tenant, collection: str, token: Token) -> Answer:
    """Everything there is, by id, after it what is known to be gone: a client must expect `@removed` at any time."""
    if token.pop("gap", False):
        return _answer(url, estate, tenant, [], token, done=False)
    size, start = PAGE[collection], (token["after"][0], token["after"][1])
    found = list(islice(_everything(estate, tenant, collection, token["names"], start), size + 1))
    rows = [row for _, row in found[:size]]
    if len(found) <= size:
        return _answer(url, estate, tenant, rows, token, done=True)
    gap = tenant.empty_page and token["after"] == ["", ""]
    following = token | {"after": list(found[size - 1][0])} | ({"gap": True} if gap else {})
    return _answer(url, estate, tenant, rows, following, done=False)


def _everything(
    estate: Estate, tenant: M365Tenant, collection: str, names: list[str], start: tuple[str, str]
) -> Iterator[tuple[tuple[str, str], Record]]:
    """((id, last member told), record) after the given place; "~" sorts behind every id."""
    rows = _rows(tenant, collection)
    for key in sorted(key for key in rows if key >= start[0]):
        told = start[1] if key == start[0] else ""
        if told == "~":
            continue
        if "members" not in names:
            yield (key, "~"), picked(names)(rows[key])
            continue
        members = sorted((entry for entry in tenant.members.get(key, []) if entry["id"] > told), key=_identifier)
        record = {"id": key} if told else picked(names)(rows[key])
        while True:
            part, members = members[:MEMBERS_AT_ONCE], members[MEMBERS_AT_ONCE:]
            last = part[-1]["id"] if members else "~"
            yield (key, last), record | ({"members@delta": part} if part else {})
            if not members:
                break
            record = {"id": key}
    gone = {
        change.key: change for change in estate.changes.of("m365", tenant.id, collection) if change.kind == "removed"
    }
    for key in sorted(key for key in gone if key not in rows and f"~{key}" > start[0]):
        yield (f"~{key}", "~"), _removed(key, gone[key].reason)


def _changed_round(url: str, estate: Estate, tenant: M365Tenant, collection: str, token: Token) -> Answer:
    """The changes in the order they came, each with the values of now; one object may come several times."""
    start, end = token["from"], min(token["from"] + PAGE[collection], token["upto"])
    log = estate.changes.of("m365", tenant.id, collection)
    told = (_change(tenant, collection, change, token["names"]) for change in log[start:end])
    rows = [row for row in told if row is not None]
    if end == token["upto"]:
        return _answer(url, estate, tenant, rows, token, done=True)
    return _answer(url, estate, tenant, rows, token | {"from": end}, done=False)


def _change(tenant: M365Tenant, collection: str, change: Change, names: list[str]) -> Record | None:
    """The record of one change: its id and what changed of the selection; None if nothing of it was selected."""
    row = _rows(tenant, collection).get(change.key)
    if row is None or change.kind == "removed":  # what has come back since is told by a later change
        return _removed(change.key, change.reason or "deleted")
    if change.kind == "members":
        if "members" not in names:
            return None
        now = {entry["id"]: entry for entry in tenant.members.get(change.key, [])}
        return {
            "id": change.key,
            "members@delta": [now.get(key) or _removed(key, "deleted") for key in sorted(change.names)],
        }
    shown = names if change.kind != "changed" else [name for name in names if name in change.names]
    record: Record = {"id": change.key} | {name: row.get(name) for name in shown if name in row or name in change.names}
    if change.kind == "created" and "members" in names and tenant.members.get(change.key):
        record["members@delta"] = tenant.members[change.key]
    return record if len(record) > 1 or change.kind != "changed" else None


def _rows(tenant: M365Tenant, collection: str) -> dict[str, Record]:
    return tenant.users if collection == "users" else tenant.groups


def _removed(key: str, reason: str) -> Record:
    return {"id": key, "@removed": {"reason": reason}}


def _identifier(entry: Record) -> str:
    return str(entry["id"])


def _check_age(url: str, estate: Estate, tenant: M365Tenant, token: Token) -> None:
    """Refuse a token of an earlier generation or older than its days, with 410 and a new start or with 400."""
    generation = estate.changes.generations.get(tenant.id, 0)
    age = (time.time() - token["at"]) / 86_400 + estate.days_played - token["day"]
    if token["generation"] == generation and age <= TOKEN_DAYS:
        return
    if token["generation"] != generation and estate.changes.expiries.get(tenant.id) == "gone":
        names = urlencode({"$select": ",".join(token["names"]), "$deltatoken": ""}, safe="$,")
        text = f"The sync state generation is not found; generation={token['generation']};[highest={generation}]"
        raise refuse(410, "SyncStateNotFound", text, {"Location": f"{url}?{names}"})
    raise refuse(400, "syncStateNotFound", "The delta token is expired and data must be synchronized again.")


def _answer(url: str, estate: Estate, tenant: M365Tenant, rows: list[Record], token: Token, *, done: bool) -> Answer:
    base, _, resource = url.partition("/v1.0/")
    made: Token = {
        "generation": estate.changes.generations.get(tenant.id, 0),
        "at": time.time(),
        "day": estate.days_played,
        "nonce": secrets.token_hex(4),
    }
    made = (token if not done else {"names": token["names"], "upto": token["upto"]}) | made
    text = base64.urlsafe_b64encode(orjson.dumps(made)).decode().rstrip("=")
    link, name = ("@odata.deltaLink", "$deltatoken") if done else ("@odata.nextLink", "$skiptoken")
    body = {
        "@odata.context": f"{base}/v1.0/$metadata#{resource.partition('/')[0]}",
        link: f"{url}?{urlencode({name: text}, safe='$')}",
        "value": rows,
    }
    return Answer(200, body)


def _read(text: str) -> Token:
    try:
        content = orjson.loads(base64.urlsafe_b64decode(text + "=="))
    except ValueError:
        content = None
    if not isinstance(content, dict) or not content.keys() >= {"names", "upto", "generation", "at", "day"}:
        raise refuse(400, "BadRequest", "Badly formed token.")
    return content
