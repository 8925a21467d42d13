"""What the linkers say at an edge, in words that whoever shows edges needs as well."""

from __future__ import annotations

from typing import Final

PERSON: Final = "person"
"""The rule of an edge that a person confirmed or pinned."""

SHARED_BY: Final = 30
"""A value that more records than this are known by, within its scope, tells none of them from the others."""

CONFLICT: Final = "conflict"

HELD_BACK: Final[dict[str, str]] = {
    "suggested": "the rule only ever suggests",
    "ambiguous": "several records of one source have the value: it is not clear which one is meant",
    "unconfirmed": "nothing else the two are known by agrees",
    "contradicted": "something else both are known by differs",
    "other_client": "they are confirmed as one, but now belong to different clients",
    CONFLICT: "it would put two things into one cluster: their source, their serials or a person tells them apart",
}
"""Why a candidate is not active, by entity_relationship.held_back."""

RELATION_OF: Final[dict[frozenset[str], str]] = {
    frozenset({"contact", "identity"}): "same_person",
    frozenset({"identity"}): "same_person",
    frozenset({"contact"}): "same_person",
    frozenset({"device"}): "same_device",
}
"""What two records of these kinds may be together, as far as a person decides it here; companies are mapped instead."""
