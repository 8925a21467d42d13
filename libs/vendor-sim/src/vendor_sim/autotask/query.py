"""Autotask's query language: filters over rows."""

from collections.abc import Callable
from typing import Any

from vendor_sim.autotask.errors import refuse
from vendor_sim.autotask.fields import FIELDS, NOT_QUERYABLE, SPELLING
from vendor_sim.estate import Record
from vendor_sim.moments import parse

LARGEST_PAGE = 500
MOST_CONDITIONS = 500
Predicate = Callable[[Record], bool]
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, want: bool(have == want),
    "noteq": lambda have, want: bool(have != want),
    "gt": lambda have, want: have is not None and have > want,
    "gte": lambda have, want: have is not None and have >= want,
    "lt": lambda have, want: have is not None and have < want,
    "lte": lambda have, want: have is not None and have <= want,
    "beginswith": lambda have, want: str(have or "").startswith(want),
    "endswith": lambda have, want: str(have or "").endswith(want),
    "contains": lambda have, want: want in str(have or ""),
    "in": lambda have, want: have in want,
    "notin": lambda have, want: have not in want,
}


def predicate(entity: str, asked: dict[str, Any]) -> Predicate:
    """Whether a row matches the request's filter; an empty filter and an unknown field are refused."""
    filters = _get(asked, "filter")
    if not isinstance(filters, list) or not filters:
        refuse("Query filter is required.")
    if _conditions(filters) > MOST_CONDITIONS:
        refuse("Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions.")
    return _all([_condition(entity, item) for item in filters])


def page_size(asked: dict[str, Any]) -> int:
    """MaxRecords, 1 to 500, 500 if not given."""
    size = _get(asked, "maxrecords")
    if size is None:
        return LARGEST_PAGE
    if not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
        refuse("MaxRecords must be between 1 and 500.")
    return size


def projection(entity: str, asked: dict[str, Any]) -> Callable[[Record], Record]:
    """Keep IncludeFields, in any letter case; names nobody knows are ignored and user-defined fields always stay."""
    wanted = _get(asked, "includefields")
    if not wanted:
        return lambda row: row
    names = [SPELLING[entity][str(name).lower()] for name in wanted if str(name).lower() in SPELLING[entity]]

    def keep(row: Record) -> Record:
        return {name: row.get(name) for name in names} | {"userDefinedFields": row.get("userDefinedFields", [])}

    return keep


def _condition(entity: str, item: dict[str, Any]) -> Predicate:
    op = str(_get(item, "op") or "").lower()
    if op in {"and", "or"}:
        parts = [_condition(entity, part) for part in _get(item, "items") or []]
        return _all(parts) if op == "and" else _any(parts)
    asked = str(_get(item, "field"))
    name = SPELLING[entity].get(asked.lower())
    if name is None or (entity, name) in NOT_QUERYABLE:
        refuse(f"Unable to find {asked} in the {entity} Entity.")
    if op in {"exist", "notexist"}:
        return _exists(name, wanted=op == "exist")
    if op not in _COMPARISONS:
        refuse(f"Invalid operator {op}.")
    kind, value = FIELDS[entity][name], _get(item, "value")
    want = {_plain(one, kind) for one in value or []} if op in {"in", "notin"} else _plain(value, kind)
    return _compares(name, kind, _COMPARISONS[op], want)


def _compares(name: str, kind: str, comparison: Callable[[Any, Any], bool], want: Any) -> Predicate:
    def matches(row: Record) -> bool:
        try:
            return comparison(_plain(row.get(name), kind), want)
        except TypeError:
            return False

    return matches


def _exists(name: str, *, wanted: bool) -> Predicate:
    return lambda row: (row.get(name) not in {None, ""}) is wanted


def _all(parts: list[Predicate]) -> Predicate:
    return lambda row: all(part(row) for part in parts)


def _any(parts: list[Predicate]) -> Predicate:
    return lambda row: any(part(row) for part in parts)


def _plain(value: Any, kind: str) -> Any:
    """A value made comparable: times as moments, texts without letter case."""
    if kind == "datetime" and isinstance(value, str):
        try:
            return parse(value)
        except ValueError:
            refuse("Invalid date in filter.")
    return value.lower() if isinstance(value, str) else value


def _conditions(items: list[dict[str, Any]]) -> int:
    total = 0
    for item in items:
        inner, value = _get(item, "items"), _get(item, "value")
        total += _conditions(inner) if inner else (len(value) if isinstance(value, list) else 1)
    return total


def _get(mapping: dict[str, Any], name: str) -> Any:
    """A value whose key is compared without letter case."""
    return next((value for key, value in mapping.items() if key.lower() == name), None)
