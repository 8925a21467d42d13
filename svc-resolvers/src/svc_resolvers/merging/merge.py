"""One thing of several records: for each field the word that counts, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mspbyte_common.hashing import digest
from svc_resolvers.fragment import Fragment, Fragments

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Merged:
    """A thing as its fragments tell it.

    `order`: its records, the leading one first. `contested`: those whose place only what was seen last decides.
    `document` has every field but the volatile ones, as JSON. `provenance` has per record, in order, the fields its word
    counts for and why; a field nobody tells has none.
    """

    order: tuple[UUID, ...]
    contested: frozenset[UUID]
    document: Mapping[str, Any]
    provenance: Sequence[Mapping[str, Any]]

    @property
    def hash(self) -> bytes:
        """Equal for what is stored equally."""
        order = [[str(one), one in self.contested] for one in self.order]
        return digest([order, self.document, self.provenance])


def merge(fragments: Collection[Fragment], declared: Fragments) -> Merged:
    """The thing these records tell of, whatever order they are given in.

    Of each field the first word counts, in order of resource, of freshness, and of the vendor's id as the last resort;
    saying nothing is no word.
    """
    ranked = _ranked(fragments, declared.resources)
    documents = {one.id: one.model.model_dump(mode="json") for one in ranked}
    leader = ranked[0]
    counts: dict[UUID, dict[str, str]] = {one.id: {} for one in ranked}
    values: dict[str, Any] = {}
    for name in sorted(set(declared.kind.model_fields) - declared.kind.VOLATILE):
        resources = declared.fields.get(name, declared.resources)
        telling = [one for one in _ranked(fragments, resources) if _tells(one, name)]
        if name in declared.current:
            telling = [one for one in telling if _is_latest(one, ranked)]
        values[name] = documents[telling[0].id if telling else leader.id][name]
        if telling:
            counts[telling[0].id][name] = _why(telling)
    per_resource = Counter(one.resource for one in ranked)
    return Merged(
        order=tuple(one.id for one in ranked),
        contested=frozenset(one.id for one in ranked if per_resource[one.resource] > 1),
        document=values,
        provenance=[{"entity_id": str(one.id), "resource": one.resource, "fields": counts[one.id]} for one in ranked],
    )


def _ranked(fragments: Collection[Fragment], resources: Sequence[str]) -> list[Fragment]:
    by_id = sorted(fragments, key=lambda one: one.external_id)
    fresh = sorted(by_id, key=lambda one: one.seen_at or _NEVER, reverse=True)
    return sorted(fresh, key=lambda one: resources.index(one.resource))


def _tells(fragment: Fragment, name: str) -> bool:
    """Whether a record says something of a field: `()` does where the field could have been None."""
    value = getattr(fragment.model, name)
    if value == ():
        return type(fragment.model).model_fields[name].default is None
    return value is not None and value != "unknown"


def _is_latest(fragment: Fragment, ranked: Sequence[Fragment]) -> bool:
    return fragment is next(one for one in ranked if one.resource == fragment.resource)


def _why(telling: Sequence[Fragment]) -> str:
    """Why the first of them counts."""
    if len(telling) == 1:
        return "no other tells"
    first, second = telling[:2]
    if first.resource != second.resource:
        return "priority"
    return "seen last" if first.seen_at != second.seen_at else "smallest id"
