"""What every kind has in common: strict, frozen, snake_case, unknown is None."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict


class Kind(BaseModel):
    """One record in our vocabulary.

    Times are UTC, ids are text, unknown is None. Where a value has a canonical form beside the one a person reads
    (`upn` and `upn_canonical`), normalizers fill the first and resolvers the second. Provenance (vendor, resource,
    external id, mapper version) stands in the entity's columns, not here.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    NAME: ClassVar[str]
    """The noun: the value of `entity.kind`."""
    VOLATILE: ClassVar[frozenset[str]] = frozenset()
    """Fields that move without meaning a change: they are stored, but wake no resolver and no linker."""

    @classmethod
    def canonical_fields(cls) -> frozenset[str]:
        """The fields that resolvers fill: a vendor's record says nothing about them."""
        return _canonical_fields(cls)

    def as_mapped(self) -> Self:
        """The record as its normalizer made it, before resolvers filled in the canonical forms."""
        empty = {name: type(self).model_fields[name].get_default() for name in self.canonical_fields()}
        return self.model_copy(update=empty) if empty else self


@cache
def _canonical_fields(kind: type[Kind]) -> frozenset[str]:
    return frozenset(name for name in kind.model_fields if name.endswith("_canonical"))


class Part(BaseModel):
    """A structured value inside a kind."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
