"""Where and why a record did not fit: found by running its normalizer once more over a record that notes every read."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from dataclasses import dataclass
from typing import Any, SupportsIndex, overload

from pydantic import ValidationError
from typing_extensions import override

from mspbyte_common.models import Kind
from svc_processors.reading import ValueClass, value_class

_LONGEST_MESSAGE = 80
_MISSING = object()


@dataclass(frozen=True)
class Misfit:
    """What a person needs to mend a record or a normalizer; it is shown, so it holds a glimpse of data at most.

    `path` is where in the raw record: `$.health.overall`, `$.assignedLicenses[2].skuId`. Where no single raw value can
    be named it is the field of our model, as `→ starts_at`.
    """

    path: str
    value_class: ValueClass
    message: str


def describe(raw: Mapping[str, Any], normalize: Callable[[Mapping[str, Any]], Kind], error: Exception) -> Misfit:
    """The misfit behind an error that `normalize(raw)` raised. Never raises itself."""
    trail = _Trail()
    seen = error
    try:
        normalize(_Record(raw, "$", trail))
        trail.note("$", raw)
    except Exception as again:  # noqa: BLE001  (whatever it is, it is what is to be described)
        seen = again
    if isinstance(seen, ValidationError):
        return _of_model(raw, seen)
    message = f"{seen.args[0]} is required" if isinstance(seen, KeyError) and seen.args else f"{seen}"
    return Misfit(
        trail.path,
        "missing" if trail.value is _MISSING else value_class(trail.value),
        (message or type(seen).__name__)[:_LONGEST_MESSAGE],
    )


def _of_model(raw: Mapping[str, Any], error: ValidationError) -> Misfit:
    """The raw value a model refused, where exactly one is equal to it; else the model's field."""
    first = error.errors(include_url=False, include_context=False)[0]
    refused = first["input"]
    paths = [path for path, value in walk(raw) if _same(value, refused)]
    field = ".".join(str(step) for step in first["loc"]) or error.title
    return Misfit(
        paths[0] if len(paths) == 1 else f"→ {field}",
        "missing" if first["type"] == "missing" else value_class(refused),
        f"{field}: {first['msg']}"[:_LONGEST_MESSAGE],
    )


def _same(value: object, refused: object) -> bool:
    return value is refused or (type(value) is type(refused) and value == refused)


def walk(raw: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Every value below a record with its path."""
    waiting: list[tuple[str, object]] = [("$", raw)]
    while waiting:
        path, value = waiting.pop()
        if path != "$":
            yield path, value
        if isinstance(value, Mapping):
            waiting.extend((step(path, key), item) for key, item in value.items())
        elif isinstance(value, list | tuple):
            waiting.extend((f"{path}[{place}]", item) for place, item in enumerate(value))


def step(path: str, key: object) -> str:
    """The path of a key below a path."""
    name = str(key)
    return f"{path}.{name}" if name.isidentifier() else f"{path}['{name}']"


class _Trail:
    """The last value read."""

    def __init__(self) -> None:
        self.path = "$"
        self.value: object = None

    def note(self, path: str, value: object) -> Any:
        """Remember the read and hand the value on, itself noting what is read of it."""
        self.path, self.value = path, value
        if isinstance(value, dict):
            return _Record(value, path, self)
        if isinstance(value, list):
            return _Array(value, path, self)
        return value


class _Record(dict[str, Any]):
    """A JSON object that notes reads. A real dict, so that a normalizer cannot tell the difference."""

    def __init__(self, value: Mapping[str, Any], path: str, trail: _Trail) -> None:
        super().__init__(value)
        self._path, self._trail = path, trail

    @override
    def __getitem__(self, key: str) -> Any:
        found = super().get(key, _MISSING)
        noted = self._trail.note(step(self._path, key), found)
        if found is _MISSING:
            raise KeyError(key)
        return noted

    @override
    def get(self, key: str, default: Any = None) -> Any:
        found = super().get(key, _MISSING)
        noted = self._trail.note(step(self._path, key), found)
        return default if found is _MISSING else noted

    @override
    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # dict_items is only made by dict
        return ItemsView(self)

    @override
    def values(self) -> ValuesView[Any]:  # type: ignore[override]  # as items
        return ValuesView(self)


class _Array(list[Any]):
    """A JSON array that notes reads."""

    def __init__(self, value: list[Any], path: str, trail: _Trail) -> None:
        super().__init__(value)
        self._path, self._trail = path, trail

    @override
    def __iter__(self) -> Iterator[Any]:
        for place, item in enumerate(super().__iter__()):
            yield self._trail.note(f"{self._path}[{place}]", item)

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> Any: ...
    @overload
    def __getitem__(self, place: slice, /) -> list[Any]: ...
    @override
    def __getitem__(self, place: SupportsIndex | slice, /) -> Any:
        found = super().__getitem__(place)
        return found if isinstance(place, slice) else self._trail.note(f"{self._path}[{place}]", found)
