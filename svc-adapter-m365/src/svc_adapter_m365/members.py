"""Members of groups and roles, twenty of these to a request.

Graph expands at most twenty members into a group and none into a role, so each page is completed through `$batch`: the
record then has `members` as an unlimited `$expand=members($select=id)` would send it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson

from mspbyte_common.errors import RequestInvalid, SchemaDrift, Throttled, Transient, VendorError
from mspbyte_common.vendors.endpoint import Fetch, Record, Request
from mspbyte_common.vendors.transport import Answer
from mspbyte_common.vendors.waits import retry_after
from svc_adapter_m365.delta import in_order
from svc_adapter_m365.failures import classify

BATCH = 20
"""Graph's own bound on the requests in a batch."""
ROUNDS = 1_000
"""More rounds than this for one page of records is a list that does not end."""


async def add_group_members(groups: list[Record], fetch: Fetch) -> list[Record]:
    """The groups, each with its direct members (`id` and `@odata.type`), whatever their number."""
    return await _add_members(groups, fetch, "/groups/{}/members?$select=id&$top=999")


async def add_role_members(roles: list[Record], fetch: Fetch) -> list[Record]:
    """The roles, each with those it is assigned to. Graph does not page them, and takes no `$top`."""
    return await _add_members(roles, fetch, "/directoryRoles/{}/members?$select=id")


async def _add_members(records: list[Record], fetch: Fetch, url: str) -> list[Record]:
    members: dict[str, list[Record]] = {str(one["id"]): [] for one in records if one.get("id")}
    waiting = {key: url.format(key) for key in members}
    for _ in range(ROUNDS):
        if not waiting:
            return [one | {"members": in_order(members[str(one["id"])])} if one.get("id") else one for one in records]
        for some in _chunks(list(waiting.items())):
            body = {"requests": [{"id": key, "method": "GET", "url": url} for key, url in some]}
            answered = await fetch(Request("POST", "/v1.0/$batch", {}, body))
            for key, answer in _answers(answered, dict(some)):
                page = _page(answer)
                members[key].extend({name: one.get(name) for name in ("@odata.type", "id")} for one in page["value"])
                link = page.get("@odata.nextLink")
                if link is None:
                    del waiting[key]
                else:
                    waiting[key] = _relative(str(link))
    message = f"the members of {len(waiting)} records do not end"
    raise SchemaDrift(message)


def _chunks(pairs: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    for start in range(0, len(pairs), BATCH):
        yield pairs[start : start + BATCH]


def _answers(body: dict[str, Any], asked: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each inner answer once; one that is missing or was not asked for is drift."""
    responses = body.get("responses")
    if not isinstance(responses, list) or {str(one.get("id")) for one in responses} != set(asked):
        message = "the batch's answers are not those to its requests"
        raise SchemaDrift(message)
    for one in responses:
        yield str(one["id"]), one


def _page(answer: dict[str, Any]) -> dict[str, Any]:
    """The body of an inner answer, or its error: an error is never taken for an empty list."""
    status, body = answer.get("status"), answer.get("body")
    if status == 200 and isinstance(body, dict) and isinstance(body.get("value"), list):  # noqa: PLR2004
        return body
    raise _inner_error(
        int(status or 0), {str(k).lower(): str(v) for k, v in (answer.get("headers") or {}).items()}, body
    )


def _inner_error(status: int, headers: dict[str, str], body: object) -> VendorError:
    answer = Answer(status, headers, orjson.dumps(body))
    if status == 429:  # noqa: PLR2004
        return Throttled("members throttled", retry_after=retry_after(answer))
    if status in (0, 404, 424):
        return Transient(f"members answered {status}: what they belong to changed while it was read")
    return classify(answer)


def _relative(link: str) -> str:
    """A next link as a batch wants it: without host and version."""
    parts = urlsplit(link)
    if not parts.path.startswith("/v1.0/"):
        message = f"a members link leads to {parts.path}"
        raise RequestInvalid(message)
    return parts.path.removeprefix("/v1.0") + (f"?{parts.query}" if parts.query else "")
