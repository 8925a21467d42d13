"""What a normalizer is: one pure function per (vendor, resource), from the vendor's record to a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mspbyte_common.models import Kind


@dataclass(frozen=True)
class Normalizer:
    """A vendor list said in our vocabulary.

    `normalize` takes required fields by index and optional ones by `get`; it raises KeyError, ValueError, TypeError or
    pydantic's ValidationError for a record that does not fit, and never returns half of one. Raise `version` when the
    same raw record gives another result: each record says by which version it was mapped.
    """

    vendor: str
    resource: str
    kind: type[Kind]
    version: int
    normalize: Callable[[Mapping[str, Any]], Kind]
    data: Callable[[], str] | None = None
    """Stands for the data the result depends on besides the record; None where there is none."""

    @property
    def derivation(self) -> str:
        """By what it derives: its version, and the data. Another one has every record mapped anew."""
        return f"{self.version} {self.data()}" if self.data else str(self.version)
