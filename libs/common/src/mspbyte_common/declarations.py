"""How pieces are found: a frozen dataclass at the top of a module is a registration."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K")


def discover(package: ModuleType, wanted: type[T]) -> list[T]:
    """Every instance of `wanted` that stands at the top of a module of the package, in order of module and name.

    A tuple of them counts as its members, so that a module may declare a table.
    """
    found: list[T] = []
    names = sorted(info.name for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."))
    for name in [package.__name__, *names]:
        module = importlib.import_module(name)
        for _, value in sorted(vars(module).items()):
            if isinstance(value, wanted):
                found.append(value)
            elif isinstance(value, tuple):
                found.extend(item for item in value if isinstance(item, wanted))
    return list({id(item): item for item in found}.values())


def index(items: Iterable[T], key: Callable[[T], K]) -> dict[K, T]:
    """Items by key. Two with one key is an error at start-up, never a silent choice."""
    table: dict[K, T] = {}
    for item in items:
        name = key(item)
        if name in table:
            message = f"{name!r} is declared twice: {table[name]!r} and {item!r}"
            raise ValueError(message)
        table[name] = item
    return table
