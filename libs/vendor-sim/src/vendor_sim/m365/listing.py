"""OData listing: `$top`, `$select` and pages linked by an opaque `$skiptoken`."""

import base64
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from vendor_sim.answers import Answer
from vendor_sim.estate import Record
from vendor_sim.m365.errors import refuse

Project = Callable[[Record], Record]
Query = Mapping[str, str]


def selection(query: Mapping[str, str], known: Sequence[str]) -> list[str] | None:
    """The selected properties in the vendor's spelling, None if nothing is selected; an unknown one is refused."""
    asked = [name.strip() for name in query.get("$select", "").split(",") if name.strip()]
    if not asked:
        return None
    spelling = {name.lower(): name for name in known}
    for name in asked:
        if name.lower() not in spelling:
            raise refuse(400, "BadRequest", f"Could not find a property named '{name}' on the requested type.")
    return [spelling[name.lower()] for name in asked]


def page_size(query: Mapping[str, str], default: int, most: int) -> int:
    """`$top`, refused outside 1 to `most`."""
    text = query.get("$top", "")
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= most:
        message = f"Invalid page size specified: '{text}'. Must be between 1 and {most} inclusive."
        raise refuse(400, "Request_BadRequest", message)
    return int(text)


def keyed_page(
    url: str,
    query: Mapping[str, str],
    rows: Mapping[str, Record],
    size: int,
    project: Project,
    *,
    gap: bool = False,
) -> Answer:
    """One page of rows in id order. With `gap` the second page is empty and links on, as Graph may do."""
    token = _read(query)
    after, keys = token.get("after", ""), sorted(rows)
    if token.get("gap"):
        return _answer(url, query, [], {"after": after})
    start = bisect_right(keys, after)
    chosen = keys[start : start + size + 1]
    following = None
    if len(chosen) > size:
        following = {"after": chosen[size - 1]} | ({"gap": 1} if gap and not after else {})
    return _answer(url, query, [project(rows[key]) for key in chosen[:size]], following)


def numbered_page(url: str, query: Mapping[str, str], rows: Sequence[Record], size: int, project: Project) -> Answer:
    """One page of rows in the given order."""
    start = int(_read(query).get("from", 0))
    following = {"from": start + size} if start + size < len(rows) else None
    return _answer(url, query, [project(row) for row in rows[start : start + size]], following)


def skipped_page(url: str, query: Query, rows: Sequence[Record], size: int) -> Answer:
    """One page of rows in the given order, linked by `$skip`: what comes or goes before it shifts it."""
    text = query.get("$skip", "0")
    if not text.isdecimal():
        raise refuse(400, "BadRequest", f"Invalid value '{text}' for $skip.")
    start = int(text)
    answer = _answer(url, {}, list(rows[start : start + size]), None)
    if start + size < len(rows):
        link = f"{url}?{urlencode({**query, '$top': str(size), '$skip': str(start + size)}, safe='$,')}"
        answer.body = {"@odata.context": answer.body["@odata.context"], "@odata.nextLink": link, **answer.body}
    return answer


def whole(url: str, rows: Sequence[Record], project: Project) -> Answer:
    """Everything at once, for listings the vendor does not page."""
    return _answer(url, {}, [project(row) for row in rows], None)


ABSENT = frozenset({"signInActivity", "manager", "members"})
"""What Graph leaves out where there is none; any other property that is selected comes, as null if need be."""


def picked(names: Sequence[str] | None) -> Project:
    """Keep the named properties. None keeps all."""
    if names is None:
        return lambda row: row
    return lambda row: {name: row.get(name) for name in names if name in row or name not in ABSENT}


def _answer(url: str, query: Mapping[str, str], rows: list[Record], following: dict[str, Any] | None) -> Answer:
    base, _, resource = url.partition("/v1.0/")
    body: dict[str, Any] = {"@odata.context": f"{base}/v1.0/$metadata#{resource.partition('/')[0]}"}
    if following is not None:
        kept = {name: value for name, value in query.items() if name != "$skiptoken"}
        token = base64.urlsafe_b64encode(orjson.dumps(following)).decode().rstrip("=")
        body["@odata.nextLink"] = f"{url}?{urlencode({**kept, '$skiptoken': token}, safe='$,')}"
    body["value"] = rows
    return Answer(200, body)


def _read(query: Mapping[str, str]) -> dict[str, Any]:
    token = query.get("$skiptoken")
    if token is None:
        return {}
    try:
        content: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(token + "=="))
    except ValueError:
        raise refuse(400, "Directory_ExpiredPageToken", "The specified page token value has expired.") from None
    return content
