"""Microsoft 365 secureScores → score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Score, ScorePart
from svc_processors.normalizer import Normalizer
from svc_processors.reading import decimal_of, entries, required_text, text
from svc_processors.times import instant


def normalize(raw: Mapping[str, Any]) -> Score:
    """The tenant's score of one day. What a control could reach at most, another list tells."""
    parts = (
        ScorePart(
            name=required_text(control["controlName"]),
            category=text(control.get("controlCategory")),
            value=decimal_of(control.get("score")),
            maximum=None,
        )
        for control in entries(raw.get("controlScores"))
    )
    return Score(
        source="Microsoft Secure Score",
        value=decimal_of(raw["currentScore"]),
        maximum=decimal_of(raw.get("maxScore")),
        scored_at=instant(raw.get("createdDateTime")),
        parts=tuple(sorted(parts, key=lambda one: (one.category or "", one.name))),
    )


NORMALIZER = Normalizer(vendor="m365", resource="secureScores", kind=Score, version=1, normalize=normalize)
