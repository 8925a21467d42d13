"""What every kind has in common: strict, frozen, snake_case, unknown is None."""

from __future__ import annotations

from typing import ClassVar

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


class Part(BaseModel):
    """A structured value inside a kind."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
