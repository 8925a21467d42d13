"""What makes several records of one account one thing, and whose word counts for which field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from mspbyte_common.models import Kind

MOST: Final = 3
"""A value that one resource has more often is no key: linkers think the same of serials."""


@dataclass(frozen=True)
class Fragments:
    """Records of one kind, vendor and account that are known by one value of `key_type` are one thing.

    `resources` stand in order of priority; of one resource the record seen last comes first. `fields` has another order
    for a field. Fields of `current` tell how things are now: of each resource only the record seen last is asked.
    There is one declaration for a vendor's kind, so no record is part of two things.
    """

    kind: type[Kind]
    vendor: str
    key_type: str
    version: int
    resources: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    current: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fragment:
    """One record of a thing."""

    id: UUID
    resource: str
    external_id: str
    model: Kind

    @property
    def seen_at(self) -> datetime | None:
        """When the vendor last saw it; None where the record does not tell."""
        seen: datetime | None = getattr(self.model, "last_seen_at", None)
        return seen
