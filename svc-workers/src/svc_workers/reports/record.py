"""A record as a report reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson

from mspbyte_common.models import Kind

K = TypeVar("K", bound=Kind)


@dataclass(frozen=True)
class Record:
    """A record at the moment of the report, with some fields of its normalized document."""

    id: UUID
    client_id: UUID
    account_id: UUID
    vendor: str
    resource: str
    kind: str
    data: Mapping[str, Any]

    @property
    def listing(self) -> str:
        """The list it is of."""
        return f"{self.vendor}/{self.resource}"

    def moment(self, field: str) -> datetime | None:
        """A time among its fields."""
        text = self.data.get(field)
        return None if text is None else datetime.fromisoformat(text)

    def read(self, kind: type[K]) -> K:
        """The record as its kind; only of kinds that are read whole."""
        return kind.model_validate_json(orjson.dumps(dict(self.data)))
