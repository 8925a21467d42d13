"""Graph's delta queries over users and groups.

A full listing is the ordinary one; the cursor that starts with it is asked for just before (`$deltatoken=latest`), so what
changes while it is read is told again. A change has the object's id and at least what changed of the selection: what is
absent is as it was, null is cleared. An object may come several times in a round. https://learn.microsoft.com/graph/delta-query-overview
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from mspbyte_common.errors import SchemaDrift
from mspbyte_common.vendors.addresses import origin
from mspbyte_common.vendors.endpoint import Body, Cursor, Endpoint, Incremental, Record, Reply, Request

OLDEST = timedelta(days=6)
"""Graph keeps the tokens of directory objects for seven days."""
LATEST = {"$deltatoken": "latest"}


def delta(path: str, fields: Sequence[str], members: str | None = None) -> Incremental:
    """Hourly: what changed of these fields (and of the group's `members`) since the last deltaLink."""
    selected = ",".join([*fields, members] if members else fields)
    blank = dict.fromkeys(fields)

    def merge(stored: Record | None, told: Record) -> Record | None:
        if "@removed" in told:
            return None
        base = blank if stored is None else stored
        now = base | {name: value for name, value in told.items() if "@" not in name}
        return now | {members: _members(base, told.get(f"{members}@delta"))} if members else now

    return Incremental(
        interval=timedelta(hours=1),
        oldest=OLDEST,
        cursor=_cursor,
        first=lambda _endpoint, cursor: Request("GET", cursor["link"]),
        following=_following,
        merge=merge,
        mark=Request("GET", path, {"$select": selected, **LATEST}),
    )


def _cursor(reply: Reply) -> Cursor | None:
    link = reply.body.get("@odata.deltaLink")
    return {"link": link} if isinstance(link, str) and link else None


def _following(_endpoint: Endpoint, _request: Request, body: Body) -> Request | None:
    """A page has either a link to the next or, at the end of the round, the link for the next round."""
    link = body.get("@odata.nextLink")
    if link is None and _cursor(Reply(body, None)) is not None:
        return None
    if not isinstance(link, str) or not link:
        message = "the page has neither @odata.nextLink nor @odata.deltaLink"
        raise SchemaDrift(message)
    if ":" in link.partition("/")[0] or link.startswith("//"):
        origin(link)
    return Request("GET", link)


def _members(base: Record, told: Any) -> list[Record]:
    """The members after what came and went; a group with many is told in parts."""
    now: dict[str, Record] = {str(one["id"]): one for one in base.get("members") or []}
    for one in told or []:
        if not isinstance(one, Mapping) or not one.get("id"):
            message = "a change of members has no id"
            raise SchemaDrift(message)
        if "@removed" in one:
            now.pop(str(one["id"]), None)
        else:
            now[str(one["id"])] = {name: one.get(name) for name in ("@odata.type", "id")}
    return in_order(now.values())


def in_order(members: Any) -> list[Record]:
    """Members by id: they have no order of their own, and the same members must look the same."""
    return sorted(members, key=lambda one: str(one["id"]))
