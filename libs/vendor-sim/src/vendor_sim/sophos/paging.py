"""Two of Sophos's paging styles: page numbers for the partner's tenants, keys for endpoints and alerts."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from vendor_sim.answers import Answer, Refused
from vendor_sim.estate import Record
from vendor_sim.moments import parse
from vendor_sim.sophos.errors import error

Query = Mapping[str, str]


def size_of(query: Query, default: int, most: int) -> int:
    """`pageSize`, refused with 400 outside 1 to `most`."""
    text = query.get("pageSize", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise Refused(error(400, f"pageSize must be between 1 and {most}"))
    return int(text)


def numbered(query: Query, rows: Sequence[Record], default: int, most: int) -> Answer:
    """A page by number; the totals only with `pageTotal=true`; a page past the end is empty, not an error."""
    size, page = size_of(query, default, most), query.get("page", "1")
    if not page.isdecimal() or page == "0":
        raise Refused(error(400, "page must be a positive number"))
    current = int(page)
    pages: dict[str, Any] = {"current": current, "size": size, "maxSize": most}
    if query.get("pageTotal", "").lower() == "true":
        pages |= {"total": -(-len(rows) // size), "items": len(rows)}
    return Answer(200, {"items": rows[(current - 1) * size : current * size], "pages": pages})


def keyed(query: Query, rows: Mapping[str, Record], size: int, most: int, *, decimal: bool) -> Answer:
    """A page by key. The last page has no `nextKey`; `page` means nothing here and is ignored.

    Keys are base64 JSON, or with `decimal` a position as decimal digits.
    """
    keys = sorted(rows)
    given = query.get("pageFromKey")
    start = 0 if given is None else _position(given, keys, decimal=decimal)
    chosen = keys[start : start + size]
    pages: dict[str, Any] = {"size": size, "maxSize": most}
    if given is not None:
        pages["fromKey"] = given
    if start + size < len(keys):
        pages["nextKey"] = str(2_000_432_000_000 + start + size) if decimal else _key(chosen[-1])
    if query.get("pageTotal", "").lower() == "true":
        pages |= {"total": -(-len(keys) // size), "items": len(keys)}
    return Answer(200, {"items": [rows[key] for key in chosen], "pages": pages})


def raised_between(query: Query, rows: Mapping[str, Record]) -> Mapping[str, Record]:
    """The alerts raised from `from` (inclusive) to `to` (exclusive), each as given."""
    try:
        least, most = (parse(query[name]) if name in query else None for name in ("from", "to"))
    except ValueError:
        raise Refused(error(400, "from and to must be ISO 8601 times")) from None
    return {
        key: row
        for key, row in rows.items()
        if (least is None or parse(row["raisedAt"]) >= least) and (most is None or parse(row["raisedAt"]) < most)
    }


def _key(last: str) -> str:
    return base64.b64encode(orjson.dumps([last])).decode()


def _position(given: str, keys: list[str], *, decimal: bool) -> int:
    """Where the key points to."""
    if decimal:
        if given.isdecimal() and int(given) >= 2_000_432_000_000:
            return int(given) - 2_000_432_000_000
        raise Refused(error(400, "pageFromKey is not valid"))
    try:
        (last,) = orjson.loads(base64.b64decode(given, validate=True))
    except (ValueError, TypeError, binascii.Error):
        raise Refused(error(400, "pageFromKey is not valid")) from None
    return sum(key <= last for key in keys)
