"""What all of Microsoft Graph's directory objects say in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svc_processors.reading import flag


def on_premises(raw: Mapping[str, Any]) -> bool | None:
    """Whether a directory on premises owns the object now: null says it never did, false that it no longer does."""
    if "onPremisesSyncEnabled" not in raw:
        return None
    return flag(raw["onPremisesSyncEnabled"]) is True
