"""Microsoft's part numbers: what they are called, and which cost nothing."""

from __future__ import annotations

from importlib.resources import files

import orjson

from mspbyte_common.hashing import digest

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


class Names:
    """Product names by part number: the shipped ones, and over them those of a refreshed list."""

    def __init__(self) -> None:
        self._shipped = _read(files("svc_processors").joinpath("data/microsoft_skus.json").read_bytes())
        self.use(None)

    def use(self, refreshed: bytes | None) -> None:
        """Takes over a list of `mspctl sku refresh`, a JSON object of names by part number; None: the shipped one alone.

        ValueError for anything else; the names are then as they were.
        """
        self._names = self._shipped | (_read(refreshed) if refreshed is not None else {})
        self.digest = digest(self._names).hex()[:8]

    def of(self, part_number: str) -> str | None:
        """The product's name; None for a part number the list does not have."""
        return self._names.get(part_number.upper())


def _read(text: bytes) -> dict[str, str]:
    names = orjson.loads(text)
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        message = "a JSON object of names by part number was expected"
        raise ValueError(message)
    return {part_number.upper(): name for part_number, name in names.items()}


NAMES = Names()


def product_name(part_number: str) -> str | None:
    """The product's name; None for a part number the list does not have."""
    return NAMES.of(part_number)


def is_free(part_number: str) -> bool:
    """Whether Microsoft hands it out for nothing (viral, trial-only and system SKUs)."""
    return part_number.upper() in _FREE
