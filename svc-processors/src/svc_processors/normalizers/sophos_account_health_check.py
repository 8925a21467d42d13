"""Sophos account health check → score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from mspbyte_common.models import Score, ScorePart
from svc_processors.normalizer import Normalizer
from svc_processors.reading import decimal_of, part

_BEST: Final = Decimal(100)
_AREAS: Final = ("endpoint", "networkDevice")


def normalize(raw: Mapping[str, Any]) -> Score:
    """Each check that has a score, named by its place in the answer. Sophos gives none to the account as a whole.

    What a tenant has no product for is absent, null or empty: it has no part here.
    """
    part(raw["tenant"])
    parts = (one for area in _AREAS for one in _scores(area, raw.get(area), ()))
    return Score(
        source="Sophos account health check",
        value=None,
        maximum=None,
        scored_at=None,
        parts=tuple(sorted(parts, key=lambda one: (one.category or "", one.name))),
    )


def _scores(area: str, value: object, path: tuple[str, ...]) -> Iterator[ScorePart]:
    """The scores at this place and below it. A list is of single policies, whose scores stand in their sum's."""
    if not isinstance(value, Mapping):
        return
    if value.get("score") is not None:
        yield ScorePart(name=".".join(path), category=area, value=decimal_of(value["score"]), maximum=_BEST)
    for name, below in value.items():
        yield from _scores(area, below, (*path, name))


NORMALIZER = Normalizer(vendor="sophos", resource="accountHealthCheck", kind=Score, version=1, normalize=normalize)
