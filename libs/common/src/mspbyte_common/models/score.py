"""How a vendor itself rates an account."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from mspbyte_common.models.kind import Kind, Part


class ScorePart(Part):
    """One of the things a score is made of."""

    name: str
    category: str | None
    value: Decimal | None
    maximum: Decimal | None


class Score(Kind):
    """A rating, with its parts. `value` and `maximum` are None where the vendor rates the parts alone."""

    NAME: ClassVar[str] = "score"

    source: str
    value: Decimal | None
    maximum: Decimal | None
    scored_at: datetime | None
    """None: as it stands at the moment of reading."""
    parts: tuple[ScorePart, ...]
    """Sorted by category and name."""
