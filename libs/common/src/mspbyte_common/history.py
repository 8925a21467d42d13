"""What changed between two documents, field by field, and the way back: the past is the present with its changes undone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from mspbyte_common.hashing import canonical

DELETED = "deleted"
"""Path of the vendor no longer having the record: True, or None while it has it."""
CLIENT = "client_id"
"""Path of the client the record belongs to."""
BESIDE = frozenset({DELETED, CLIENT})
"""Paths that are no fields of a document but stand beside it. No kind has a field of that name."""

LIST = "[]"

KEPT = timedelta(days=800)
"""How long changes are kept: two years, and the months until somebody asks about them."""


class Change(NamedTuple):
    """A field that became another.

    A path that ends in `[]` is a list whose common items kept their order: `before` and `after` map places (as text) to
    what left and what came there. Any other path is a field; None stands for null and for a field that is not there.
    """

    path: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any], without: Collection[str] = ()) -> list[Change]:
    """The changes from one JSON document to another, in order of path; the fields `without` are left out."""
    names = sorted({*before, *after}.difference(without))
    return [_change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def undo(document: Mapping[str, Any], latest_first: Iterable[Change]) -> dict[str, Any]:
    """The document as it was before these changes: `undo(after, changes(before, after))` has the values of `before`."""
    past = dict(document)
    for change in latest_first:
        if change.path.endswith(LIST):
            name = change.path.removesuffix(LIST)
            past[name] = _undo_list(past[name], change.before, change.after)
        else:
            past[change.path] = change.before
    return past


class Past(NamedTuple):
    """A record as it was. `document`: None where nothing was made of it; volatile fields are as they were last."""

    document: dict[str, Any] | None
    client_id: str | None
    deleted: bool


def as_of(document: Mapping[str, Any] | None, client_id: str | None, *, deleted: bool, later: Iterable[Change]) -> Past:
    """A record as it was before the changes since, the latest first."""
    present = {**(document or {}), CLIENT: client_id, DELETED: deleted or None}
    past = undo(present, later)
    fields = {name: value for name, value in past.items() if name not in BESIDE}
    return Past(fields or None, past[CLIENT], bool(past[DELETED]))


def _change(name: str, before: Any, after: Any) -> Change:
    if isinstance(before, list) and isinstance(after, list):
        left, came = _difference(before, after)
        if left is not None:
            return Change(name + LIST, left, came)
    return Change(name, before, after)


def _difference(before: list[Any], after: list[Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """(what left by its place before, what came by its place after); (None, {}) for a list that must be kept whole.

    That is one with an item twice, or whose common items stand in another order.
    """
    old, new = [canonical(item) for item in before], [canonical(item) for item in after]
    held, holds = set(old), set(new)
    if len(held) < len(old) or len(holds) < len(new):
        return None, {}
    if [item for item in old if item in holds] != [item for item in new if item in held]:
        return None, {}
    left = {str(place): before[place] for place, item in enumerate(old) if item not in holds}
    came = {str(place): after[place] for place, item in enumerate(new) if item not in held}
    return left, came


def _undo_list(after: list[Any], left: Mapping[str, Any], came: Mapping[str, Any]) -> list[Any]:
    past = [item for place, item in enumerate(after) if str(place) not in came]
    for place in sorted(left, key=int):
        past.insert(int(place), left[place])
    return past
