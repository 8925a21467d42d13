"""A record whose keys are read whatever their case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import override


class Caseless(Mapping[str, Any]):
    """A view of a record. Autotask documents PascalCase and sends camelCase, with acronyms spelled either way.

    It reads through to the record, so that a misfit is found at the key the vendor sent.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self._names = {name.lower(): name for name in raw}

    @override
    def __getitem__(self, key: str) -> Any:
        return self._raw[self._names.get(key.lower(), key)]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    @override
    def __len__(self) -> int:
        return len(self._names)
