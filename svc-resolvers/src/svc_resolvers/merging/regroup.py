"""Keeps things of several records true to their records: what a batch touches is merged anew, the rest stays."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from pydantic import ValidationError

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection
from mspbyte_common.declarations import discover, index
from mspbyte_common.models import KINDS
from svc_resolvers import fragments
from svc_resolvers.fragment import MOST, Fragment, Fragments
from svc_resolvers.merging import store
from svc_resolvers.merging.merge import merge
from svc_resolvers.merging.store import Place, Row, Thing
from svc_resolvers.store import StoredKey

DECLARED: dict[tuple[str, str], Fragments] = index(
    discover(fragments, Fragments), key=lambda one: (one.kind.NAME, one.vendor)
)
MERGED_KINDS = frozenset(kind for kind, _ in DECLARED)
"""Kinds whose batches wait for each other, account by account: of two fragments the later sees the earlier."""


def versions(kind: str) -> list[str]:
    """By which declarations records of a kind are merged."""
    return [
        f"{vendor} {one.key_type} {one.version}" for (name, vendor), one in sorted(DECLARED.items()) if name == kind
    ]


async def regroup(
    connection: Connection,
    msp_id: UUID,
    kind: str,
    vendors: Mapping[UUID, str],
    records: Collection[UUID],
    keys: Iterable[StoredKey],
) -> set[UUID]:
    """Merges what these records are or were part of. `keys`: those they have now and had before; `vendors`: by account.

    Returns the records whose thing is another than before: those that joined, stayed and left.
    """
    held = await store.places_of(connection, records)
    wanted = {
        Place(one.account_id, one.key.key_type, one.key.key_value)
        for one in keys
        if not one.key.refers and _declared(kind, vendors, one.account_id, one.key.key_type, one.resource)
    }
    wanted |= {place for place in held.values() if _declared(kind, vendors, place.account_id, place.key_type)}
    things = await _things(connection, kind, vendors, wanted)
    stored = await store.hashes(connection, {*held, *(_id(kind, place) for place in wanted)})
    ended = {key for key, known in stored.items() if key not in things or things[key].merged.hash != known}
    begun = [thing for key, thing in sorted(things.items()) if stored.get(key) != thing.merged.hash]
    concerned = await store.take_apart(connection, ended) if ended else set()
    if begun:
        await store.put_together(connection, msp_id, begun)
    return concerned | {record for thing in begun for record in thing.merged.order}


def _declared(
    kind: str, vendors: Mapping[UUID, str], account: UUID, key_type: str, resource: str | None = None
) -> Fragments | None:
    declared = DECLARED.get((kind, vendors[account]))
    if declared is None or declared.key_type != key_type or (resource and resource not in declared.resources):
        return None
    return declared


async def _things(
    connection: Connection, kind: str, vendors: Mapping[UUID, str], places: Collection[Place]
) -> dict[UUID, Thing]:
    """What there is at these places: at least two records, and no resource that has the value too often."""
    if not places:
        return {}
    declared = {place: DECLARED[kind, vendors[place.account_id]] for place in places}
    resources = {resource for one in declared.values() for resource in one.resources}
    members: dict[Place, list[tuple[str, UUID]]] = defaultdict(list)
    for place, resource, record in await store.known_at(connection, list(places), kind, resources):
        members[place].append((resource, record))
    together = {place: found for place, found in members.items() if len(found) > 1 and _is_key(found)}
    rows = await store.lock_rows(connection, {record for found in together.values() for _, record in found})
    things: dict[UUID, Thing] = {}
    for place, found in together.items():
        parts = [part for _, record in found if (part := _fragment(kind, rows.get(record))) is not None]
        if len(parts) > 1:
            key, one = _id(kind, place), declared[place]
            things[key] = Thing(key, one.vendor, kind, place, merge(parts, one))
    return things


def _id(kind: str, place: Place) -> UUID:
    return ids.derive("merged", place.account_id, kind, place.key_type, place.key_value)


def _is_key(found: Collection[tuple[str, UUID]]) -> bool:
    return max(Counter(resource for resource, _ in found).values()) <= MOST


def _fragment(kind: str, row: Row | None) -> Fragment | None:
    """None for a record that is gone, or that an older version of its model was stored for: it comes back mapped anew."""
    if row is None:
        return None
    try:
        model = KINDS[kind].model_validate_json(row.data)
    except ValidationError:
        return None
    return Fragment(row.id, row.resource, row.external_id, model)
