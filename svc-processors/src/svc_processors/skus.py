"""Microsoft's part numbers: what they are called, and which cost nothing."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import orjson

_FREE = frozenset(
    {
        "CCIBOTS_PRIVPREV_VIRAL",
        "FLOW_FREE",
        "FORMS_PRO",
        "MICROSOFT_BUSINESS_CENTER",
        "MICROSOFT_TEAMS_ROOMS_BASIC",
        "PHONESYSTEM_VIRTUALUSER",
        "POWERAPPS_DEV",
        "POWERAPPS_VIRAL",
        "POWER_BI_STANDARD",
        "RIGHTSMANAGEMENT_ADHOC",
        "STREAM",
        "TEAMS_COMMERCIAL_TRIAL",
        "TEAMS_EXPLORATORY",
        "WINDOWS_STORE",
    },
)


@cache
def _names() -> dict[str, str]:
    shipped = orjson.loads(files("svc_processors").joinpath("data/microsoft_skus.json").read_bytes())
    return {part_number.upper(): name for part_number, name in shipped.items()}


def product_name(part_number: str) -> str | None:
    """The product's name; None for a part number the shipped list does not have."""
    return _names().get(part_number.upper())


def is_free(part_number: str) -> bool:
    """Whether Microsoft hands it out for nothing (viral, trial-only and system SKUs)."""
    return part_number.upper() in _FREE
